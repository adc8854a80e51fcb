"""What the small tests are about: values that nobody shares, and things that are shared."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Money:
    cents: int

    def plus(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02}"


@dataclass
class Cart:
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, cents: int) -> None:
        self.lines[name] = self.lines.get(name, 0) + cents

    def total(self) -> Money:
        total = Money(0)
        for cents in self.lines.values():
            total = total.plus(Money(cents))
        return total


def slug(title: str) -> str:
    words = []
    for word in title.lower().split():
        words.append("".join(letter for letter in word if letter.isalnum()))
    return "-".join(words)


def parsed(line: str) -> dict[str, str]:
    found = {}
    for part in line.split(";"):
        key, _, value = part.partition("=")
        found[key.strip()] = value.strip()
    return found


class Stock:
    """Locked throughout."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces
        self.lock = threading.Lock()

    def take(self) -> bool:
        with self.lock:
            if self.pieces == 0:
                return False
            self.pieces -= 1
            return True


class Cache:
    """Locked throughout, with a count of what was found."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.hits = 0
        self.lock = threading.RLock()

    def get(self, title: str) -> str:
        with self.lock:
            if title in self.kept:
                self.hits += 1
            else:
                self.kept[title] = slug(title)
            return self.kept[title]


class Visits:
    """Not locked."""

    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        count = self.count
        self.count = count + 1


class Diary:
    """A line a day, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()

    def write(self, line: str) -> None:
        with self.lock, self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
