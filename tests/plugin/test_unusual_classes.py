"""Classes whose metaclass says what they equal, and objects that answer for others: to look at them
may run code of the program.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import FEW, Run

CLASSES = """
import threading, pytest
pytestmark = pytest.mark.threadsafe

class Named(type):
    def __eq__(cls, other): return cls.__name__ == other.__name__  # and so no hash

class Silent(type):
    def refuse(cls, *args): raise RuntimeError("nobody may ask")
    __hash__ = __eq__ = __bool__ = __len__ = __instancecheck__ = __subclasscheck__ = refuse

MAKERS = pytest.mark.parametrize("meta", [Named, Silent])

def made(meta):
    class Counter(metaclass=meta):
        def __init__(self):
            self.hits, self.lock, self.rows = 0, threading.RLock(), Rows()
        def __enter__(self): self.lock.acquire()
        def __exit__(self, *exc): self.lock.release()
        def hit(self):
            hits = self.hits
            self.hits = hits + 1
            setattr(self, "last", getattr(self, "hits"))
            self.rows.append(len(self.rows))
            assert [row for row in list(self.rows)] and 0 in self.rows
    class Rows(list, metaclass=meta):
        pass
    return Counter()

@MAKERS
def test_right(concurrency, meta):
    counter = made(meta)
    def hit():
        with counter:
            counter.hit()
    concurrency.run(hit)
    assert counter.hits == concurrency.count

@MAKERS
def test_racy(concurrency, meta):
    counter = made(meta)
    concurrency.run(counter.hit)
"""
ANSWERS_FOR_ANOTHER = """
import threading, pytest
pytestmark = pytest.mark.threadsafe
asked = []

class Settings:
    '''Finds out what it stands for when somebody asks for the first time.'''
    @property
    def __class__(self): self.ask()
    def ask(self, *args):
        asked.append("asked")
        raise RuntimeError("not configured")
    __getattr__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __repr__ = ask

settings = Settings()

@pytest.fixture(scope="module", autouse=True)
def asked_by_pytest():
    asked.clear()

class Holder:
    made_with = settings
    def __init__(self): self.lock, self.count = threading.Lock(), 0
    def add(self, by=settings):
        with self.lock:
            self.count += 1
            self.last, self.seen = settings, {"last": by}
        return settings

def test_right(concurrency):
    holder = Holder()
    concurrency.run(holder.add)
    assert holder.count == concurrency.count and not asked

def test_racy(concurrency):
    holder = Holder()
    def add():
        seen = holder.count, settings
        holder.count = seen[0] + 1
        holder.last = seen[1]
    concurrency.run(add)
    assert not asked
"""


@pytest.mark.parametrize("source", [CLASSES, ANSWERS_FOR_ANOTHER])
def test_nobody_is_asked(run: Callable[..., Run], source: str) -> None:
    given = run(source, *FEW, "--concurrency-processes=2")
    assert given.of
    for name, report in given.of.items():
        kinds = {hazard.kind for hazard in report.hazards if hazard.replay}
        assert ("lost-update" in kinds) == name.startswith("test_racy"), report
        assert kinds <= {"lost-update", "nonserializable-outcome"}
        assert kinds == set() or name.startswith("test_racy"), report
        assert report.reason == "", report.reason
    assert "internal error" not in given.out
