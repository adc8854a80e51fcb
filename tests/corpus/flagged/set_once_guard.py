"""A set remembers what was sent, but looking and adding are two steps:
the mail may go out twice.
"""

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100


class Mailer:
    def __init__(self) -> None:
        self.done: set[str] = set()
        self.sent: list[str] = []

    def send_once(self, address: str) -> None:
        if address not in self.done:
            self.done.add(address)
            self.sent.append(address)


def setup() -> Mailer:
    return Mailer()


def send(mailer: Mailer) -> None:
    mailer.send_once("anna@example.org")


WORKERS = [send, send]


def check(mailer: Mailer) -> bool:
    return len(mailer.sent) == 1
