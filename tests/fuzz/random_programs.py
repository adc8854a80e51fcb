"""Writes random concurrent programs: a seed gives the text of a module like those of the corpus.

The programs mean nothing. They use whatever threads may share (attributes, items, globals, closure
cells) and whatever they may wait for, nested at random, and so they lose updates, die of exceptions
and get stuck in every way. Nothing in them depends on anything but the schedule.
"""

from __future__ import annotations

from random import Random

_DEEPEST = 2
"""Statements within statements."""
_HEAD = '''"""Random program {seed}."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

total = 0


class Node:
    def __init__(self, value: int) -> None:
        self.value = value


class State:
    kept = 0

    def __init__(self) -> None:
        self.x = 0
        self.y = 0
        self.node = Node(0)
        self.items = {{"a": 0, "b": 0}}
        self.values = [0, 0]
        self.line = deque([1])
        self.names = {{"anna"}}
        self.numbers = self.count()
        self.lock = threading.Lock()
        self.other_lock = threading.Lock()
        self.rlock = threading.RLock()
        self.condition = threading.Condition()
        self.event = threading.Event()
        self.semaphore = threading.Semaphore({permits})
        self.barrier = threading.Barrier(2)
        self.queue = queue.Queue(maxsize={places})
        self.simple_queue = queue.SimpleQueue()

    def count(self):
        while True:
            self.y += 1
            yield self.y

    @property
    def double(self) -> int:
        return 2 * self.x

    def increment(self) -> None:
        self.x += 1


def setup() -> State:
    global total
    total = State.kept = 0
    return State()
'''
_SIMPLE = (
    "state.x += 1",
    "state.y = state.x + 1",
    "seen = state.x\nstate.x = seen + 1",
    "state.increment()",
    "state.y = state.double",
    "state.items['a'] += 1",
    "state.items['b'] = len(state.items)",
    "state.items['c'] = state.items.get('a', 0)",
    "del state.items['a']",
    "state.items.pop('b', None)",
    "state.items.setdefault('d', 0)",
    "state.values[0] += state.values[-1] + 1",
    "state.values.append(state.x)",
    "state.values.pop()",
    "state.values = sorted(state.values)",
    "state.line.append(state.x)",
    "state.line.popleft()",
    "state.names.add(str(state.x))",
    "state.y = sum(state.values)",
    "state.node = Node(state.x)",
    "state.node.value += 1",
    "State.kept += 1",
    "total += 1",
    "total = state.x",
    "next(state.numbers)",
    "time.sleep(0.01)",
    "time.sleep(0)",
    "state.event.set()",
    "state.event.clear()",
    "state.event.wait(timeout=0.05)",
    "state.event.wait(timeout=30)",
    "state.semaphore.release()",
    "state.semaphore.acquire(timeout=0.05)",
    "state.queue.put_nowait(state.x)",
    "state.queue.put(1, timeout=0.05)",
    "state.x = state.queue.get(timeout=0.05)",
    "state.y = state.queue.get_nowait()",
    "state.simple_queue.put(state.y)",
    "state.y = state.simple_queue.get(timeout=0.05)",
    "state.x = state.queue.qsize()",
    "state.barrier.wait(timeout=0.05)",
    "assert state.x < 3, state.node",
    "assert state.items, state.items",
)
_MAY_STICK = (
    "state.event.wait()",
    "state.semaphore.acquire()",
    "state.queue.put(state.x)",
    "state.x = state.queue.get()",
    "state.y = state.simple_queue.get()",
    "state.lock.acquire()",
    "state.barrier.wait()",
)
_BLOCKS = (
    "with state.lock:\n{}",
    "with state.other_lock:\n{}",
    "with state.rlock:\n{}",
    "with state.lock, state.other_lock:\n{}",
    "with state.other_lock, state.lock:\n{}",
    "with state.rlock, state.rlock:\n{}",
    "state.lock.acquire()\ntry:\n{}\nfinally:\n    state.lock.release()",
    "if state.lock.acquire(blocking=False):\n    try:\n{{}}\n    finally:\n"
    "        state.lock.release()",
    "if state.other_lock.acquire(timeout=0.05):\n    try:\n{{}}\n    finally:\n"
    "        state.other_lock.release()",
    "if state.rlock.acquire(timeout=2):\n    try:\n{{}}\n    finally:\n"
    "        state.rlock.release()",
    "with state.semaphore:\n{}",
    "with state.condition:\n{}\n    state.condition.notify()",
    "with state.condition:\n{}\n    state.condition.notify_all()",
    "with state.condition:\n    state.condition.wait(timeout=0.05)\n{}",
    "with state.condition:\n    state.condition.wait_for(lambda: state.x, timeout=0.1)\n{}",
    "with state.condition:\n    while not state.x:\n        state.condition.wait(0.05)\n"
    "        state.x += 1\n{}",
    "for number in range(2):\n{}",
    "for key in state.items:\n{}",
    "for value in list(state.values):\n{}",
    "if state.x:\n{}",
    "if 'anna' in state.names:\n{}",
    "while state.y < 2:\n    state.y += 1\n{}",
    "until = time.monotonic() + 0.05\nwhile time.monotonic() < until and not state.x:\n"
    "    time.sleep(0.02)\n{}",
    "try:\n{}\nexcept (KeyError, IndexError, RuntimeError, queue.Empty, queue.Full):\n"
    "    state.y += 1",
)
_THREADS = (
    "thread = threading.Thread(target={name})\nthread.start()\n{more}\nthread.join()",
    "thread = threading.Thread(target={name})\nthread.start()\nthread.join(timeout=0.05)\n{more}",
    "thread = threading.Thread(target={name}, daemon=True)\nthread.start()\n{more}",
    "timer = threading.Timer(0.05, {name})\ntimer.start()\n{more}\ntimer.cancel()\ntimer.join()",
    "with ThreadPoolExecutor(max_workers=2) as pool:\n"
    "    futures = [pool.submit({name}), pool.submit({name})]\n{more}\n"
    "for future in futures:\n    future.exception()",
)
_CHECKS = (
    "",
    "def check(state: State) -> bool:\n    return state.x < 2\n",
    "def check(state: State) -> bool:\n    return total == state.y\n",
    "def check(state: State) -> None:\n    assert state.values[0] < 2, state.node\n",
)


class _Writer:
    """Writes the statements of one program."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._threads = 0
        self._sticks = random.random() < 0.3

    def block(self, depth: int, most: int) -> str:
        """Return up to ``most`` statements."""
        count = 1 + self._random.randrange(most)
        return "\n".join(self._statement(depth) for _ in range(count))

    def _statement(self, depth: int) -> str:
        chance = self._random.random()
        if chance < 0.05 and self._sticks:
            return self._random.choice(_MAY_STICK)
        if depth < _DEEPEST and chance < 0.35:
            return self._nested(depth)
        if depth < _DEEPEST and chance < 0.42 and self._threads < 2:
            return self._with_thread(depth)
        return self._random.choice(_SIMPLE)

    def _nested(self, depth: int) -> str:
        frame = self._random.choice(_BLOCKS)
        inside = self.block(depth + 1, 3)
        if "{{}}" in frame:
            return frame.replace("{{}}", indented(indented(inside)))
        return frame.replace("{}", indented(inside))

    def _with_thread(self, depth: int) -> str:
        self._threads += 1
        name = f"inner_{self._threads}"
        body = indented("nonlocal own\nglobal total\nown += 1\n" + self.block(depth + 1, 3))
        more = "own += 1\n" + self.block(depth + 1, 2)
        frame = self._random.choice(_THREADS)
        if "futures" in frame:
            more = indented(more)
        return f"def {name}():\n{body}\n" + frame.format(name=name, more=more)


def indented(text: str) -> str:
    """Return ``text`` one level deeper."""
    return "\n".join("    " + line for line in text.splitlines())


def source_of(seed: int) -> str:
    """Return the text of the program that ``seed`` stands for."""
    random = Random(seed)
    writer = _Writer(random)
    parts = [_HEAD.format(seed=seed, permits=random.randrange(3), places=random.randrange(3))]
    count = 2 + random.randrange(3)
    for number in range(1, count + 1):
        head = f"def worker_{number}(state: State) -> None:\n    global total\n    own = 0\n"
        parts.append(head + indented(writer.block(0, 4)) + "\n")
    names = ", ".join(f"worker_{number}" for number in range(1, count + 1))
    parts += [f"WORKERS = [{names}]\n", random.choice(_CHECKS)]
    return "\n\n".join(part for part in parts if part)


if __name__ == "__main__":
    import sys

    print(source_of(int(sys.argv[1])))
