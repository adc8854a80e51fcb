"""How far a worker comes before it is told to stop depends on the schedule, as it should."""


class Pump:
    def __init__(self) -> None:
        self.stopped = False
        self.strokes = 0

    def run(self) -> int:
        for _ in range(3):
            if self.stopped:
                break
            self.strokes += 1
        return self.strokes

    def stop(self) -> None:
        self.stopped = True


def setup() -> Pump:
    return Pump()


WORKERS = [Pump.run, Pump.stop]
EACH_ONCE = True
