"""A barrier for many rounds that starts to count anew before all have seen that it was full."""

import threading

EXPECT = {"deadlock"}
MAX_SCHEDULES = 100
SEQUENTIAL = False


class Phaser:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.arrived = 0

    def arrive(self) -> None:
        with self.condition:
            self.arrived += 1
            if self.arrived == 2:
                self.condition.notify_all()
            while self.arrived < 2:
                self.condition.wait()

    def start_anew(self) -> None:
        with self.condition:
            self.arrived = 0


def setup() -> Phaser:
    return Phaser()


def lead(phaser: Phaser) -> None:
    phaser.arrive()
    phaser.start_anew()


WORKERS = [lead, Phaser.arrive]
