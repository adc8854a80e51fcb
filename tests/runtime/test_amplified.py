"""At full speed the amplifier is told of every point that an execution passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from watching import load

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.sites import SITES
from pytest_concurrency.search.execution.engine import execute, exploring, run_copies
from pytest_concurrency.search.orders.replay import Replay

PROGRAM = """
import csv, heapq, io, operator, queue, random, threading
from contextlib import redirect_stdout
from functools import partial

total = 0
lock, again, semaphore = threading.Lock(), threading.RLock(), threading.Semaphore()
condition, jobs = threading.Condition(), queue.SimpleQueue()

class Stock:
    shared = 0

    def __init__(self):
        self.items, self.names, self.count = {}, [], 0

def numbers(stock):
    for number in (1, 2):
        yield stock.count + number

def empty():
    yield from ()

def main():
    global total
    stock, text = Stock(), io.StringIO()
    seen = 0

    def bump():
        nonlocal seen
        seen += 1

    bump()
    total += 1
    stock.count += 1
    Stock.shared = stock.shared + 1
    del stock.count
    stock.count = 3
    stock.items["a"] = 1
    stock.items["a"] += len(stock.items)
    stock.names[:] = ["a", "b"]
    stock.names.append("c")
    stock.names.append(stock.items.get("a"))
    "a" in stock.items
    for name in stock.names:
        pass
    list(zip(stock.names, stock.items))
    for number in numbers(stock):
        pass
    list(empty())
    random.Random.random(random.Random())
    generator = random.Random(1)
    generator.random()
    generator.randint(1, 2)
    generator.choice(stock.names)
    text.write("x")
    writer = csv.writer(text)
    writer.writerow([stock.count])
    draw = generator.random
    draw()
    partial(stock.names.append, 1)()
    heapq.heappush([], 1)
    operator.itemgetter("a")(stock.items)
    getattr(stock, "count")
    setattr(stock, "count", 4)
    super(Stock, stock).__setattr__("count", 5)
    match stock.items:
        case {"a": 1}:
            pass
    with lock, again, semaphore, condition:
        pass
    lock.acquire(); lock.locked(); lock.release()
    jobs.put(1); jobs.get(); jobs.empty()
    with redirect_stdout(text):
        pass
    threading.Event().set()
"""


class Asked(Replay):
    """Is asked at each point, and takes note of it."""

    def __init__(self) -> None:
        super().__init__(Schedule())
        self.sites: set[int] = set()

    def choose(self, enabled: Sequence[Task], task: Task) -> Task:
        if task.operation is not None:
            self.sites.add(task.operation.site)
        return super().choose(enabled, task)

    def grant(self, task: Task, enabled: Sequence[Task]) -> int:
        return 0


@pytest.fixture
def amplified() -> Iterator[set[int]]:
    """Return the sites of which the amplifier has been told."""
    told: set[int] = set()

    def amplifier(site: int, *_: Any) -> None:
        told.add(site)

    baton.amplifier = amplifier
    yield told
    baton.amplifier = None


def test_every_point_is_told_to_the_amplifier(tmp_path: Path, amplified: set[int]) -> None:
    module = load(tmp_path, PROGRAM)
    instrumentation = Instrumentation(Scope([tmp_path]))
    instrumentation.prepare()
    strategy = Asked()
    with exploring(instrumentation, 60):
        execution = execute(strategy, lambda: run_copies([module.main, lambda: None]))
    assert not execution.outcome
    amplified.clear()  # of what the library did before and after
    with instrumentation.swapped():
        module.main()
    missed = {SITES[number] for number in strategy.sites - amplified}
    assert not {(site.line, site.label) for site in missed if site.path == module.__file__}
    assert len(strategy.sites) > 70
