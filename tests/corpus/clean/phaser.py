"""A barrier for many rounds: each round has a number, and who waits sees it change."""

import threading

SEQUENTIAL = False


class Phaser:
    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.arrived = 0
        self.round = 0
        self.steps = [0, 0]

    def arrive(self) -> None:
        with self.condition:
            number = self.round
            self.arrived += 1
            if self.arrived == 2:
                self.arrived = 0
                self.round += 1
                self.condition.notify_all()
            while self.round == number:
                self.condition.wait()


def setup() -> Phaser:
    return Phaser()


def first(phaser: Phaser) -> None:
    for step in (1, 2):
        phaser.steps[0] = step
        phaser.arrive()
        assert phaser.steps[1] >= step


def second(phaser: Phaser) -> None:
    for step in (1, 2):
        phaser.steps[1] = step
        phaser.arrive()
        assert phaser.steps[0] >= step


WORKERS = [first, second]
