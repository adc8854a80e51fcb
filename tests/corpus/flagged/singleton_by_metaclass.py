"""A metaclass keeps the one object of each class, and asks without a lock: two may be made."""

from __future__ import annotations

from typing import Any, ClassVar

EXPECT = {"atomicity-violation"}
MAX_SCHEDULES = 100


class Singleton(type):
    made: ClassVar[dict[type, Any]] = {}

    def __call__(cls, *args: object) -> Any:
        if cls not in cls.made:
            cls.made[cls] = super().__call__(*args)
        return cls.made[cls]


class Register(metaclass=Singleton):
    def __init__(self) -> None:
        self.names: list[str] = []


def setup() -> None:
    Singleton.made.clear()


def register_anna(_: None) -> None:
    Register().names.append("anna")


def register_ben(_: None) -> None:
    Register().names.append("ben")


WORKERS = [register_anna, register_ben]


def check(_: None) -> bool:
    return sorted(Register().names) == ["anna", "ben"]
