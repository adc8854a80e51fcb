"""A game notes the state of its dice to throw the same again; somebody else throws in between."""

import random

EXPECT = {"test-failure", "thread-exception", "lost-update"}
MAX_SCHEDULES = 100


class Game:
    def __init__(self) -> None:
        self.dice = random.Random(7)
        self.same = True

    def throw_and_replay(self) -> None:
        before = self.dice.getstate()
        thrown = self.dice.random()
        self.dice.setstate(before)
        self.same = self.dice.random() == thrown

    def throw(self) -> None:
        self.dice.random()


def setup() -> Game:
    return Game()


WORKERS = [Game.throw_and_replay, Game.throw]


def check(game: Game) -> bool:
    return game.same
