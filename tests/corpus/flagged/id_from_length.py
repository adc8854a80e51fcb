"""The next id is the number of entries so far: two new ones get the same."""

from __future__ import annotations

EXPECT = {"test-failure", "lost-update"}
MAX_SCHEDULES = 100


class Members:
    def __init__(self) -> None:
        self.names: dict[int, str] = {}

    def join(self, name: str) -> None:
        self.names[len(self.names)] = name


def setup() -> Members:
    return Members()


def anna(members: Members) -> None:
    members.join("anna")


def ben(members: Members) -> None:
    members.join("ben")


WORKERS = [anna, ben]


def check(members: Members) -> bool:
    return sorted(members.names.values()) == ["anna", "ben"]
