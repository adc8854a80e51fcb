"""A game notes the state of its dice to throw the same again, and nobody else throws meanwhile."""

import random
import threading


class Game:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.dice = random.Random(7)
        self.same = True

    def throw_and_replay(self) -> None:
        with self.lock:
            before = self.dice.getstate()
            thrown = self.dice.random()
            self.dice.setstate(before)
            self.same = self.dice.random() == thrown

    def throw(self) -> None:
        with self.lock:
            self.dice.random()


def setup() -> Game:
    return Game()


WORKERS = [Game.throw_and_replay, Game.throw]


def check(game: Game) -> bool:
    return game.same
