"""Programs as they are: mostly objects that one thread has for itself, a little that is shared,
under a lock or in one attribute. About 2,000 accesses an execution; nothing in them is a mistake.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Node:
    value: int
    children: list[Node]


@dataclass
class Sums:
    """What the threads add to."""

    total: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, value: int) -> None:
        with self.lock:
            self.total += value


def _tree(depth: int) -> Node:
    return Node(depth, [_tree(depth - 1) for _ in range(3)] if depth else [])


def _walk(node: Node) -> int:
    total = node.value
    for child in node.children:
        total += _walk(child)
    return total


def _walk_trees(sums: Sums) -> None:
    for _ in range(5):
        sums.add(_walk(_tree(3)))


class Link:
    __slots__ = ("after", "before", "key", "value")

    def __init__(self, key: object = None, value: object = None) -> None:
        self.key, self.value = key, value
        self.before = self.after = self


class LeastRecentlyUsed:
    """A cache with linked nodes, each step under one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.links: dict[int | None, Link] = {}
        self.ends = Link()
        self.hits = 0

    def get(self, key: int) -> object:
        with self.lock:
            link = self.links.get(key)
            if link is None:
                link = self.links[key] = Link(key, str(key))
            else:
                self.hits += 1
                self._take_out(link)
            link.before, link.after = self.ends.before, self.ends
            self.ends.before.after = link
            self.ends.before = link
            if len(self.links) > 16:
                oldest = self.ends.after
                self._take_out(oldest)
                del self.links[oldest.key]
            return link.value

    def _take_out(self, link: Link) -> None:
        link.before.after = link.after
        link.after.before = link.before


def _use_cache(cache: LeastRecentlyUsed) -> None:
    for number in range(50):
        cache.get(number * 7 % 24)


@dataclass
class Lexer:
    """Of one thread; the table of symbols is everybody's."""

    text: str
    symbols: dict[str, str]
    position: int = 0

    def peek(self) -> str:
        return self.text[self.position] if self.position < len(self.text) else ""

    def word(self) -> str:
        start = self.position
        while self.peek().isalpha():
            self.position += 1
        return self.text[start : self.position]

    def run(self) -> int:
        found = 0
        while self.position < len(self.text):
            word = self.word()
            if word:
                self.symbols.setdefault(word, word)
                found += 1
            self.position += 1
        return found


_TEXT = "total = price * ( 1 + rate ) ; if total > limit then report ( total , 42 ) ; " * 2


def _lex(symbols: dict[str, str]) -> None:
    Lexer(_TEXT, symbols).run()


_PROGRAM: list[tuple[str, Any]] = [
    ("push", 0),
    ("store", "i"),
    ("load", "i"),
    ("push", 24),
    ("less", None),
    ("unless", 15),
    ("load", "sum"),
    ("load", "i"),
    ("add", None),
    ("store", "sum"),
    ("load", "i"),
    ("push", 1),
    ("add", None),
    ("store", "i"),
    ("jump", 2),
]
"""Adds the numbers below 24."""


class Machine:
    """Interprets a program; of one thread."""

    def __init__(self) -> None:
        self.position = 0
        self.stack: list[int] = []
        self.variables: dict[str, int] = {}

    def run(self, program: list[tuple[str, Any]]) -> int:
        while self.position < len(program):
            operation, operand = program[self.position]
            self.position += 1
            self.step(operation, operand)
        return self.variables["sum"]

    def step(self, operation: str, operand: Any) -> None:
        if operation == "push":
            self.stack.append(operand)
        elif operation == "load":
            self.stack.append(self.variables.get(operand, 0))
        elif operation == "store":
            self.variables[operand] = self.stack.pop()
        elif operation == "add":
            self.stack.append(self.stack.pop() + self.stack.pop())
        elif operation == "less":
            self.stack.append(self.stack.pop() > self.stack.pop())
        elif operation == "jump" or not self.stack.pop():
            self.position = operand


def _interpret(sums: Sums) -> None:
    sums.add(Machine().run(_PROGRAM))


class Sorted:
    """A dictionary of another package, which knows nothing of threads, behind a lock."""

    def __init__(self) -> None:
        from sortedcontainers import SortedDict  # not needed by the other programs

        self.lock = threading.Lock()
        self.numbers = SortedDict()


def _use_sorted(shared: Sorted) -> None:
    for number in range(40):
        with shared.lock:
            shared.numbers[number * 37 % 101] = number
        with shared.lock:
            if len(shared.numbers) > 50:
                shared.numbers.popitem(0)
        with shared.lock:
            list(shared.numbers.irange(10, 20))


@dataclass(frozen=True)
class Realistic:
    """What is explored: two threads run ``worker`` on one fresh state, each time."""

    title: str
    setup: Callable[[], Any]
    worker: Callable[[Any], None]
    executions: int
    """How many are measured at a time."""
    source: tuple[str, ...] = ()
    """Packages that are instrumented, too."""


REALISTIC = {
    "tree": Realistic("walks over private trees", Sums, _walk_trees, 200),
    "lexer": Realistic("lexers with one table of symbols", dict, _lex, 200),
    "interpreter": Realistic("interpreters that add to a sum", Sums, _interpret, 200),
    "lru": Realistic("a cache under one lock", LeastRecentlyUsed, _use_cache, 200),
    "sorted": Realistic(
        "sortedcontainers under one lock", Sorted, _use_sorted, 200, ("sortedcontainers",)
    ),
}
