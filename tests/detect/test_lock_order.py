"""Locks taken in a circle: led into the deadlock if there is one, else a note or nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import ModuleType

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.api import Found
from pytest_concurrency.search.steering import Steering

_HEAD = """
    import logging, multiprocessing, queue, threading, time
    from concurrent.futures import ThreadPoolExecutor

    class State:
        def __init__(self):
            self.a, self.b = threading.Lock(), threading.Lock()
            self.c, self.d = threading.Lock(), threading.Lock()
            self.re, self.other = threading.RLock(), threading.RLock()
            self.ready = threading.Condition()
            self.begun = threading.Event()
            self.jobs = queue.Queue()
            self.done, self.steps = [], [0] * 8

        def busy(self):  # unrelated steps: many schedules
            for each in range(8):
                self.steps[each] = 1

"""

DEADLOCKS = {
    "far apart": """
        def one(s):
            s.busy()
            with s.a:
                with s.b:  # here
                    s.busy()
        def two(s):
            s.busy()
            with s.b:
                with s.a:  # here
                    s.busy()
        WORKERS = [one, two]
    """,
    "through methods": """
        class Account:
            def __init__(self):
                self.lock = threading.RLock()
                self.balance = 10
            def withdraw(self, n):
                with self.lock:  # here
                    self.balance -= n
            def send(self, other, n):
                with self.lock:
                    self.balance += n
                    other.withdraw(n)
        def State(): return Account(), Account()
        WORKERS = [lambda s: s[0].send(s[1], 1), lambda s: s[1].send(s[0], 1)]
    """,
    "acquired and released": """
        def one(s):
            s.a.acquire()
            s.b.acquire()  # here
            s.b.release()
            s.a.release()
        def two(s):
            s.b.acquire()
            try:
                s.a.acquire()  # here
                s.a.release()
            finally:
                s.b.release()
        WORKERS = [one, two]
    """,
    "three in a circle": """
        def take(s, first, second):
            s.busy()
            with first:
                with second:  # here
                    s.busy()
        WORKERS = [lambda s: take(s, s.a, s.b), lambda s: take(s, s.b, s.c),
                   lambda s: take(s, s.c, s.a)]
    """,
    "four in a circle": """
        def take(s, first, second):
            with first:
                with second:  # here
                    pass
        WORKERS = [lambda s: take(s, s.a, s.b), lambda s: take(s, s.b, s.c),
                   lambda s: take(s, s.c, s.d), lambda s: take(s, s.d, s.a)]
    """,
    "in the third round": """
        def one(s):
            for lock in (s.c, s.d, s.b):
                with s.a:
                    with lock:  # here
                        pass
        def two(s):
            s.busy()
            with s.b:
                with s.a:  # here
                    pass
        WORKERS = [one, two]
    """,
    "a condition and a lock": """
        def one(s):
            with s.ready:
                with s.a:  # here
                    s.done.append(1)
                s.ready.notify()
        def two(s):
            with s.a:
                with s.ready:  # here
                    s.ready.notify()
        WORKERS = [one, two]
    """,
    "threads of its own": """
        def one(s):
            with s.a:
                with s.b:  # here
                    s.busy()
        def two(s):
            s.busy()
            s.b.acquire()
            with s.a:  # here
                s.busy()
            s.b.release()
        def main(s):
            one(s)
            threads = [threading.Thread(target=each, args=(s,)) for each in (one, two)]
            for each in threads: each.start()
            for each in threads: each.join()
        WORKERS = [main]
    """,
    "workers of a pool": """
        def one(s):
            with s.re:
                with s.other:  # here
                    s.busy()
        def two(s):
            with s.other:
                with s.re:  # here
                    s.busy()
        def main(s):
            with ThreadPoolExecutor(2) as pool:
                pool.submit(one, s)
                pool.submit(two, s)
        WORKERS = [main]
    """,
    "locks of multiprocessing": """
        class State:
            def __init__(self):
                self.a, self.b = multiprocessing.Lock(), multiprocessing.Lock()
                self.steps = [0] * 8
            def busy(self):
                for each in range(8):
                    self.steps[each] = 1
        def one(s):
            s.busy()
            with s.a:
                with s.b:  # here
                    s.busy()
        def two(s):
            s.busy()
            with s.b:
                with s.a:  # here
                    s.busy()
        WORKERS = [one, two]
    """,
    "a handler of logging": """
        class Handler(logging.Handler):
            def __init__(self, s):
                super().__init__()
                self.s = s
            def emit(self, record):
                with self.s.re:  # here
                    self.s.done.append(1)
        def setup():
            s = State()
            s.log = logging.Logger("x")
            s.log.addHandler(Handler(s))
            return s
        def one(s):
            s.busy()
            s.log.warning("x")
        def two(s):
            s.busy()
            with s.re:
                s.log.warning("y")  # here
        WORKERS = [one, two]
    """,
}

CORRECT = {
    "a gate lock": """
        def one(s):
            with s.c, s.a, s.b: s.busy()
        def two(s):
            with s.c:
                with s.b, s.a: s.busy()
        WORKERS = [one, two]
    """,
    "ordered by join": """
        def one(s):
            with s.a, s.b: s.busy()
        def two(s):
            with s.b, s.a: s.busy()
        def main(s):
            for each in (one, two):
                thread = threading.Thread(target=each, args=(s,))
                thread.start()
                thread.join()
        WORKERS = [main]
    """,
    "ordered by start": """
        def two(s):
            with s.b, s.a: s.busy()
        def main(s):
            with s.a, s.b:
                thread = threading.Thread(target=two, args=(s,))
                thread.start()
            thread.join()
        WORKERS = [main]
    """,
    "a try": """
        def one(s):
            with s.a, s.b: s.busy()
        def two(s):
            with s.b:
                if s.a.acquire(blocking=False):
                    s.a.release()
        WORKERS = [one, two]
    """,
    "a limit": """
        def one(s):
            with s.a, s.b: s.busy()
        def two(s):
            with s.b:
                if s.a.acquire(timeout=0.1):
                    s.a.release()
        WORKERS = [one, two]
    """,
    "taken again": """
        def one(s):
            with s.re, s.other, s.re: s.busy()
        WORKERS = [one, one]
    """,
    "the same order": """
        def one(s):
            with s.a, s.b, s.c: s.busy()
        def two(s):
            with s.a, s.c: s.busy()
            with s.b, s.c: s.busy()
        WORKERS = [one, two]
    """,
    "one thread": """
        def one(s):
            with s.a, s.b: s.busy()
            with s.b, s.a: s.busy()
        WORKERS = [one, State.busy]
    """,
    "one after the other": """
        def one(s):
            with s.a: s.busy()
            with s.b: s.busy()
        def two(s):
            with s.b: s.busy()
            with s.a: s.busy()
        WORKERS = [one, two]
    """,
    "passed on": """
        def one(s):
            s.a.acquire()
            with s.b: s.busy()
            s.begun.set()
        def two(s):
            s.begun.wait()
            with s.b: s.a.release()
        def three(s):
            with s.b:
                s.busy()
                if s.a.acquire(blocking=False): s.a.release()
        WORKERS = [one, two]
    """,
    "a condition": """
        def one(s):
            with s.ready:
                while not s.done: s.ready.wait()
                with s.a: s.busy()
        def two(s):
            with s.a: s.busy()
            with s.ready:
                s.done.append(1)
                s.ready.notify()
        WORKERS = [one, two]
    """,
    "ordered by an event": """
        def one(s):
            with s.a, s.b: s.busy()
            s.begun.set()
        def two(s):
            s.begun.wait()
            with s.b, s.a: s.busy()
        WORKERS = [one, two]
    """,
    "ordered by a queue": """
        def one(s):
            with s.a, s.b: s.busy()
            s.jobs.put(1)
        def two(s):
            s.jobs.get()
            with s.b, s.a: s.busy()
        WORKERS = [one, two]
    """,
    "ordered by a future": """
        def one(s):
            with s.a, s.b: s.busy()
        def two(s):
            with s.b, s.a: s.busy()
        def main(s):
            with ThreadPoolExecutor(2) as pool:
                pool.submit(one, s).result()
                pool.submit(two, s).result()
        WORKERS = [main]
    """,
    "queues, events and logging in each other's locks": """
        def one(s):
            with s.a:
                s.jobs.put(1)
                s.begun.set()
                logging.getLogger("x").debug("x")
        def two(s):
            with s.b:
                s.begun.wait(0.5)
                s.jobs.get()
        WORKERS = [one, two]
    """,
}


def loaded(folder: Path, body: str) -> ModuleType:
    path = folder / "locking.py"
    path.write_text(textwrap.dedent(_HEAD) + textwrap.dedent(body))
    return load_module("locking", path)


def explored(program: ModuleType, schedules: int) -> Found:
    setup = getattr(program, "setup", program.State)
    return explore(setup, program.WORKERS, schedules=schedules)


def lines_marked(program: ModuleType) -> set[int]:
    assert program.__file__ is not None
    source = Path(program.__file__).read_text().splitlines()
    return {number for number, line in enumerate(source, 1) if line.endswith("# here")}


SHOWN_LATE = {"workers of a pool"}
"""In the first executions one worker does all jobs: nobody takes locks in opposite orders."""


@pytest.mark.parametrize("name", DEADLOCKS)
def test_led_into_the_deadlock_at_once(tmp_path: Path, name: str) -> None:
    program = loaded(tmp_path, DEADLOCKS[name])
    found = explored(program, 40)
    hazard = found.hazards[0]
    assert hazard.kind == "deadlock"
    assert {use.site.line for use in hazard.sites} >= lines_marked(program)
    assert "not deterministic" not in hazard.note
    assert not found.notes
    if name not in SHOWN_LATE:
        assert hazard.schedule_index == 2


@pytest.mark.parametrize("name", ["three in a circle", "threads of its own"])
def test_by_luck_it_takes_many(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Steering, "next_order", lambda self: None)
    found = explored(loaded(tmp_path, DEADLOCKS[name]), 1000)
    assert found.hazards[0].kind == "deadlock"
    assert found.hazards[0].schedule_index > 20


@pytest.mark.parametrize("body", CORRECT.values(), ids=CORRECT)
def test_nothing_is_said_of_correct_programs(tmp_path: Path, body: str) -> None:
    found = explored(loaded(tmp_path, body), 60)
    assert not found.hazards, found.hazards[0].message
    assert not found.notes, found.notes[0].message


UNREACHABLE = {
    "a flag that is set under both": """
        def one(s):
            s.busy()
            with s.a:  # here
                s.busy()
                with s.b:  # here
                    s.done.append(1)
        def two(s):
            if s.done:
                with s.b:  # here
                    with s.a:  # here
                        s.busy()
        WORKERS = [one, two]
    """,
    "locks of one name": """
        class Account:
            def __init__(self):
                self.lock = threading.Lock()
        class State(State):
            def __init__(self):
                super().__init__()
                self.mine, self.yours = Account(), Account()
        def take(s, one, other):
            with one.lock:  # here
                with other.lock:  # here
                    s.done.append(1)
        def two(s):
            if s.done:
                take(s, s.yours, s.mine)
        WORKERS = [lambda s: take(s, s.mine, s.yours), two]
    """,
}


@pytest.mark.parametrize("body", UNREACHABLE.values(), ids=UNREACHABLE)
def test_what_no_schedule_reaches_is_a_note(tmp_path: Path, body: str) -> None:
    program = loaded(tmp_path, body)
    found = explored(program, 2000)
    assert found.exhausted
    assert not found.hazards
    (note,) = found.notes
    assert (note.kind, note.severity) == ("lock-order-inversion", "note")
    assert {use.site.line for use in note.sites} == lines_marked(program)
    assert "no schedule tried reaches it, although" in note.message
    assert note.timeline
    assert note.schedule_index


def test_both_chains_are_told(tmp_path: Path) -> None:
    program = loaded(tmp_path, UNREACHABLE["locks of one name"])
    (note,) = explored(program, 2000).notes
    mine, yours = "lock Account.lock", "lock Account.lock (no. 2)"
    assert note.location == f"{mine} and {yours}"
    outer, inner = sorted(lines_marked(program))
    at = f"at locking.py:{inner} while it holds"
    since = f"taken at locking.py:{outer}"
    assert note.message.startswith(
        f"thread 1 takes {yours} {at} {mine}, {since}; thread 2 takes {mine} {at} {yours}, {since};"
    )


def test_within_a_bound_nothing_is_steered_beyond_it(tmp_path: Path) -> None:
    program = loaded(tmp_path, DEADLOCKS["far apart"])
    found = explore(program.State, program.WORKERS, strategy="systematic", preemptions=0)
    assert not found.hazards
    (note,) = found.notes
    assert note.message.endswith("no schedule tried reaches it")
