"""Whoever finds something throws it away: done twice, it is as empty as before."""

from __future__ import annotations


class Bin:
    def __init__(self) -> None:
        self.things = ["paper"]

    def empty(self) -> None:
        if self.things:
            self.things = []


def setup() -> Bin:
    return Bin()


WORKERS = [Bin.empty, Bin.empty]
