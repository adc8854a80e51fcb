"""Whoever finds that nothing has been warned of says so; that both do leaves the flag as it is."""


class Warned:
    def __init__(self) -> None:
        self.once = False

    def warn(self) -> None:
        if not self.once:
            self.once = True


setup = Warned
WORKERS = [Warned.warn, Warned.warn]
