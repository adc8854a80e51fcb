"""What generated functions live in: objects that write down every operation on them, and from which
frames."""

from __future__ import annotations

import operator  # noqa: F401 - generated functions use what is imported here
import re
import sys
from functools import partial  # noqa: F401
from operator import attrgetter, itemgetter, methodcaller  # noqa: F401

LOG: list[object] = []
G = 1
H = [1, 2, 3]
_DRIVER = "run_case"


def shown(value: object, depth: int = 4) -> object:
    if depth == 0:
        return "..."
    if isinstance(value, (list, tuple)):
        return [shown(part, depth - 1) for part in value]
    if isinstance(value, dict):
        return {str(key): shown(part, depth - 1) for key, part in value.items()}
    if isinstance(value, slice):
        return ["slice", *[shown(part, 1) for part in (value.start, value.stop, value.step)]]
    if value is None or isinstance(value, (int, str, float)):
        return re.sub("0x[0-9a-f]+", "0x", repr(value))
    # What ``__iter__`` returns has steps, and another type, while schedules are explored.
    return type(value).__name__.replace("chain", "list_iterator")


def note(*what: object) -> None:
    frames = []
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_name != _DRIVER:
        frames.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    LOG.append((*[shown(part) for part in what], frames))


def t(value: object) -> object:
    note("t", value)
    return value


def traced(error: BaseException) -> list[object]:
    """The traceback: files, functions, lines and the columns that Python underlines."""
    steps: list[object] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        positions = list(code.co_positions())[trace.tb_lasti // 2]
        steps.append((code.co_filename, code.co_name, trace.tb_lineno, positions))
        trace = trace.tb_next
    return steps


def failed(error: BaseException) -> None:
    message = re.sub("0x[0-9a-f]+", "0x", str(error)).replace("itertools.chain", "list_iterator")
    LOG.append((type(error).__name__, message, traced(error), type(error.__context__).__name__))


class Awaited:
    def __repr__(self) -> str:
        return "Awaited"

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self):
        note("await", self.value)
        yield self.value
        return self.value


class Base:
    def __repr__(self) -> str:
        return type(self).__name__

    def method(self, *args: object, **kwargs: object) -> object:
        note("Base.method", args, kwargs)
        return 2


class Node(Base):
    __match_args__ = ("value", "part")
    total = 5

    def __init__(self) -> None:
        self.value = 1
        self.items = [3, 1, 2]
        self.table = {"a": 1, 2: 2, (1, 2): 3}
        self.seen = {1, 2}
        self.__secret = 4

    @property
    def part(self) -> object:
        note("part")
        return self

    @property
    def secret(self) -> object:
        return self.__secret

    @secret.setter
    def secret(self, value: object) -> None:
        note("secret", value)
        self.__secret = value

    def __getattr__(self, name: str) -> object:
        note("getattr", name)
        if name.startswith("lost"):
            raise AttributeError(name)
        return 6

    def method(self, *args: object, **kwargs: object) -> object:
        note("method", args, kwargs)
        return super().method(*args)

    def append(self, *args: object, **kwargs: object) -> object:
        note("append", args, kwargs)
        return 8

    def get(self, key: object, *others: object) -> object:
        note("get", key, others)
        return key

    def replace(self, *args: object) -> object:
        note("replace", args)
        return self

    def acquire(self, *args: object) -> object:
        note("acquire", args)
        return True

    @classmethod
    def made(cls, *args: object) -> object:
        note("made", cls.__name__, args)
        cls.total += 1
        return cls.total

    @staticmethod
    def still(*args: object) -> object:
        note("still", args)
        return len(args)

    def __getitem__(self, key: object) -> object:
        note("getitem", key)
        if key == 3:
            raise KeyError(key)
        return 9

    def __setitem__(self, key: object, value: object) -> None:
        note("setitem", key, value)

    def __delitem__(self, key: object) -> None:
        note("delitem", key)

    def __contains__(self, key: object) -> bool:
        note("contains", key)
        return key == 1

    def __len__(self) -> int:
        note("len")
        return 2

    def __iter__(self):
        note("iter")
        return iter([1, 2])

    def __enter__(self) -> object:
        note("enter")
        return self

    def __exit__(self, kind: object, *_: object) -> bool:
        note("exit", getattr(kind, "__name__", None))
        return kind is KeyError

    def __add__(self, other: object) -> object:
        note("add", other)
        return other

    def __mul__(self, other: object) -> object:
        note("mul", other)
        return self

    def __rmul__(self, other: object) -> object:
        note("rmul", other)
        return other

    def __iadd__(self, other: object) -> object:
        note("iadd", other)
        return self

    def __imul__(self, other: object) -> object:
        note("imul", other)
        return NotImplemented

    def __or__(self, other: object) -> object:
        note("or", other)
        return other

    def __rand__(self, other: object) -> object:
        note("rand", other)
        return self

    def __eq__(self, other: object) -> bool:
        note("eq", other)
        return self is other

    __hash__ = object.__hash__

    def __next__(self) -> object:
        note("next")
        raise StopIteration(3)

    def __lt__(self, other: object) -> bool:
        note("lt", other)
        return True

    def __call__(self, *args: object, **kwargs: object) -> object:
        note("call", args, kwargs)
        return 1


def reset() -> None:
    global G
    G = 1
    H[:] = [1, 2, 3]
    Node.total = 5
    LOG.clear()


def open(path: object, *rest: object) -> object:  # a name that the rewriter looks for
    note("open", path, rest)
    return Node()
