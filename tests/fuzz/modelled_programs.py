"""Writes small random programs twice: as Python, and as the statements that ``outcome_model`` runs.

A statement is a tuple: its name, then its arguments, some of which are blocks (tuples of
statements). Whatever a thread notices goes into a list of its own, so that two outcomes differ if
anybody could tell them apart.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

Statement = tuple[Any, ...]
Block = tuple[Statement, ...]
VARIABLES = ("x", "y")
LOCKS = ("lock", "other")
HELD = (*LOCKS, "rlock", "condition", "semaphore")
"""What a ``with`` statement may take."""
PLACES = 1
"""Size of the queue."""
MOMENT = 0.05
"""Seconds that a timed wait waits."""

_HEAD = f'''"""A random program whose outcomes are known."""

import queue
import threading


class State:
    def __init__(self):
        self.x = self.y = 0
        self.lock = threading.Lock()
        self.other = threading.Lock()
        self.rlock = threading.RLock()
        self.condition = threading.Condition()
        self.semaphore = threading.Semaphore(1)
        self.event = threading.Event()
        self.queue = queue.Queue(maxsize={PLACES})
        self.seen = [[] for _ in range(9)]
'''
_PLAIN = {
    "read": "seen.append(state.{})",
    "write": "state.{} = {}",
    "add": "state.{} += 1",
    "raise": "raise ValueError",
    "locked": "seen.append(state.{}.locked())",
    "set": "state.event.set()",
    "clear": "state.event.clear()",
    "is_set": "seen.append(state.event.is_set())",
    "wait": "state.event.wait()",
    "sem_acquire": "state.semaphore.acquire()",
    "sem_release": "state.semaphore.release()",
    "sem_try": "seen.append(state.semaphore.acquire(blocking=False))",
    "put": "state.queue.put({})",
    "get": "seen.append(state.queue.get())",
    "qsize": "seen.append(state.queue.qsize())",
    "join": "inner_{}.join()",
    "alive": "seen.append(inner_{}.is_alive())",
}
_FRAMES = {
    "with": "with state.{}:\n{}",
    "take": "state.{0}.acquire()\ntry:\n{1}\nfinally:\n    state.{0}.release()",
    "if": "if state.{} == {}:\n{}\nelse:\n{}",
    "loop": "for _ in range({}):\n{}",
    "except": "try:\n{}\nexcept ValueError:\n{}",
    "finally": "try:\n{}\nfinally:\n{}",
    "await": "with state.condition:\n    while state.{} != {}:\n        state.condition.wait()\n{}",
    "notify": "with state.condition:\n    state.{} = {}\n    state.condition.{}()\n{}",
    "try_put": "try:\n    state.queue.put_nowait({})\nexcept queue.Full:\n{}",
    "try_get": "try:\n    seen.append(state.queue.get_nowait())\nexcept queue.Empty:\n{}",
}
_TRY = (
    "if state.{0}.acquire({1}):\n    try:\n{2}\n    finally:\n        state.{0}.release()\n"
    "else:\n{3}"
)
_TRIES = {"try": "blocking=False", "timed": f"timeout={MOMENT}"}


class Program(NamedTuple):
    """What each thread does that is there from the beginning."""

    threads: tuple[Block, ...]

    @property
    def source(self) -> str:
        """The program as a module."""
        workers = [
            f"def worker_{number}(state):\n" + indented(_body(number, block))
            for number, block in enumerate(self.threads)
        ]
        names = ", ".join(f"worker_{number}" for number in range(len(self.threads)))
        return "\n\n".join([_HEAD, *workers, f"WORKERS = [{names}]\n"])


def _body(number: int, block: Block) -> str:
    inside = indented(_text(block))
    return (
        f"seen = state.seen[{number}]\ntry:\n{inside}\nexcept ValueError:\n    seen.append('died')"
    )


def _text(block: Block) -> str:
    return "\n".join(map(_statement, block)) or "pass"


def _statement(statement: Statement) -> str:
    name, *rest = statement
    if name in _PLAIN:
        return _PLAIN[name].format(*rest)
    if name == "spawn":
        number, block = rest
        return (
            f"def run_{number}():\n{indented(_body(number, block))}\n"
            f"inner_{number} = threading.Thread(target=run_{number})\ninner_{number}.start()"
        )
    parts = [indented(_text(each)) if isinstance(each, tuple) else each for each in rest]
    if name in _TRIES:
        lock, body, otherwise = parts
        return _TRY.format(lock, _TRIES[name], indented(body), otherwise)
    return _FRAMES[name].format(*parts)


def indented(text: str) -> str:
    """Return ``text`` one level deeper."""
    return "\n".join("    " + line for line in text.splitlines())


class _Writer:
    """Draws the statements of one program."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._inner = 0
        self._left = 0
        """Statements that the thread may still have."""

    def thread(self, most: int) -> Block:
        self._left = most
        return self.block(0)

    def block(self, depth: int) -> Block:
        statements: list[Statement] = []
        for _ in range(self._random.choice((1, 1, 2, 3) if depth else (1, 2, 3))):
            if self._left > 0:
                statements += self._statements(depth)
        return tuple(statements)

    def _statements(self, depth: int) -> list[Statement]:
        self._left -= 1
        chance = self._random.random()
        if depth < 2 and chance < 0.45:
            return [self._nested(depth)]
        if depth == 0 and chance < 0.52 and self._inner < 2:
            return self._with_thread()
        if chance < 0.75:
            return [self._access()]
        return [self._synchronisation()]

    def _access(self) -> Statement:
        kind = self._random.choice(("read", "read", "write", "write", "add", "raise"))
        if kind == "raise":
            return ("raise",)
        variable = self._random.choice(VARIABLES)
        return (kind, variable, self._random.randrange(3)) if kind == "write" else (kind, variable)

    def _synchronisation(self) -> Statement:
        pick = self._random.choice
        kind = pick(
            [
                "locked",
                "set",
                "clear",
                "is_set",
                "wait",
                "sem_acquire",
                "sem_release",
                "sem_try",
                "put",
                "get",
                "qsize",
            ]
        )
        if kind == "locked":
            return (kind, pick(LOCKS))
        return (kind, self._random.randrange(3)) if kind == "put" else (kind,)

    def _nested(self, depth: int) -> Statement:
        pick, below = self._random.choice, self._random.randrange
        kind = pick(
            [
                "with",
                "with",
                "with",
                "take",
                "try",
                "try",
                "timed",
                "if",
                "loop",
                "except",
                "finally",
                "await",
                "notify",
                "try_put",
                "try_get",
            ]
        )
        body = self.block(depth + 1)
        if kind == "with":
            return (kind, pick(HELD), body)
        if kind == "take":
            return (kind, pick((*LOCKS, "rlock")), body)
        if kind in _TRIES:
            return (kind, pick((*LOCKS, "rlock", "condition")), body, self.block(depth + 1))
        if kind == "if":
            return (kind, pick(VARIABLES), below(2), body, self.block(depth + 1))
        if kind == "loop":
            return (kind, 2, body)
        if kind == "await":
            return (kind, pick(VARIABLES), 1 + below(2), body)
        if kind == "notify":
            return (kind, pick(VARIABLES), 1 + below(2), pick(("notify", "notify_all")), body)
        if kind == "try_put":
            return (kind, below(3), body)
        if kind == "try_get":
            return (kind, body)
        return (kind, body, self.block(depth + 1))

    def _with_thread(self) -> list[Statement]:
        self._inner += 1
        number = 3 + self._inner
        inner, more = self.block(1), self.block(1)
        asks = (("alive", number),) if self._random.random() < 0.5 else ()
        return [("spawn", number, inner), ("finally", (*more, *asks), (("join", number),))]


def program_of(seed: int) -> Program:
    """Return the program that ``seed`` stands for."""
    random = Random(seed)
    writer = _Writer(random)
    count = random.choice((2, 2, 2, 3))
    return Program(tuple(writer.thread(6 - count) for _ in range(count)))


if __name__ == "__main__":
    import sys

    print(program_of(int(sys.argv[1])).source)
