"""Two threads throw the same dice; who throws which number does not matter."""

import random


class Game:
    def __init__(self) -> None:
        self.dice = random.Random(7)
        self.thrown: list[float] = []

    def throw_twice(self) -> None:
        for _ in range(2):
            self.thrown.append(self.dice.random())


def setup() -> Game:
    return Game()


WORKERS = [Game.throw_twice, Game.throw_twice]


def check(game: Game) -> bool:
    dice = random.Random(7)
    return sorted(game.thrown) == sorted(dice.random() for _ in range(4))
