"""What a lock orders in every execution is no choice of a search; what it may not order is one."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pytest_concurrency import explore
from pytest_concurrency.api import Found
from pytest_concurrency.runtime.trace.event import access
from pytest_concurrency.runtime.trace.operations import (
    ACQUIRED,
    BEGIN,
    END,
    JOINED,
    READ,
    RELEASED,
    START,
    STEP,
    WRITE,
)
from pytest_concurrency.runtime.trace.resource import THREAD, WHOLE
from pytest_concurrency.runtime.trace.sites import INTERNAL, InstrumentedSite, add_site
from pytest_concurrency.runtime.trace.synchronisation import Noted
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.execution.ordered import racing

FEW = 40
"""Executions: the orders of a few critical sections, and the random walks at the end."""


class Account:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.balance = 0
        self.seen: list[int] = []
        self.entries: dict[str, int] = {}
        self.newest: Entry | None = None
        self.is_open = True

    def many_steps_under_the_lock(self) -> None:
        with self.lock:
            for _ in range(3):
                self.balance += 1
                self.seen.append(self.balance)
                # ``get()`` reads, as ``locked()`` does, but asks nobody who holds anything.
                self.entries["last"] = self.entries.get("last", 0) + 1

    def published_under_the_lock(self) -> None:
        entry = Entry(self.newest)
        entry.amount = 3
        with self.lock:
            self.newest = entry
            assert self.newest.amount == 3

    def walked_through_under_the_lock(self) -> None:
        with self.lock:
            self.seen.append(len(self.seen))
            assert sum(each for each in self.seen) >= 0

    def first_come_first_served(self) -> None:
        with self.lock:
            if self.is_open:
                self.is_open = False
                self.entries["first"] = 1


class Entry:
    def __init__(self, before: Entry | None) -> None:
        self.amount = 0


def searched(*workers: Callable[[Account], object], **more: Any) -> Found:
    return explore(Account, workers, strategy="systematic", stop_at_first=False, **more)


@pytest.mark.parametrize(
    "worker",
    [
        Account.many_steps_under_the_lock,
        Account.walked_through_under_the_lock,
        Account.first_come_first_served,
    ],
)
def test_only_orders_of_critical_sections_are_run(worker: Callable[[Account], object]) -> None:
    found = searched(worker, worker, worker)
    assert found.exhausted
    assert not found.hazards
    assert found.executions < FEW


def test_what_is_made_before_it_is_handed_on_under_a_lock_is_ordered_by_it() -> None:
    found = searched(Account.published_under_the_lock, Account.many_steps_under_the_lock)
    assert found.exhausted
    assert not found.hazards
    assert found.executions < FEW


def handed_on(account: Account) -> None:
    with account.lock:
        account.balance = 1


def test_a_race_that_one_order_of_the_critical_sections_shows_only() -> None:
    """In the first execution the lock orders the write before the reads; in that of the other order
    they race, and the write may come between them."""

    def judge(account: Account) -> None:
        seen.add((account.entries["one"], account.entries["two"]))

    def reads_twice(account: Account) -> None:
        with account.lock:
            pass
        account.entries["one"] = account.balance
        account.entries["two"] = account.balance

    seen: set[tuple[int, int]] = set()
    assert searched(handed_on, reads_twice, check=judge).exhausted
    assert seen == {(0, 0), (0, 1), (1, 1)}


LOG = logging.getLogger(__name__)
LOG.addHandler(logging.StreamHandler(io.StringIO()))
LOG.propagate = False


def test_what_the_standard_library_locks_inside_orders_nothing() -> None:
    """A thread is not interrupted where it takes such a lock, so what comes between two of them
    would never be met by what comes between two of another thread."""

    def sets(account: Account) -> None:
        LOG.warning("before")
        account.balance = 1
        account.balance = 0
        LOG.warning("after")

    def looks(account: Account) -> None:
        LOG.warning("before")
        account.entries["seen"] = account.balance
        LOG.warning("after")

    def judge(account: Account) -> None:
        seen.add(account.entries["seen"])

    seen: set[int] = set()
    assert searched(sets, looks, check=judge).exhausted
    assert seen == {0, 1}


BOX, LOCK, SITE = 1, 2, 7
ONE_AFTER_THE_OTHER = [access(1, SITE, BOX, "x", WRITE), access(2, SITE, BOX, "x", READ)]


def handed_over(site: int, lock: int = LOCK) -> list[Noted]:
    """Thread 1 gives back a lock after its first event, and thread 2 takes it."""
    return [(1, 1, site, lock, "", RELEASED), (1, 2, site, lock, "", ACQUIRED)]


@pytest.mark.parametrize(
    ("noted", "is_race"),
    [
        pytest.param([], True, id="nothing between"),
        pytest.param(handed_over(SITE), False, id="a lock of the program"),
        pytest.param(handed_over(INTERNAL), True, id="one inside the standard library"),
        pytest.param(handed_over(SITE, lock=3), True, id="one that nobody is asked at"),
        pytest.param(handed_over(SITE)[::-1], True, id="taken before it was given back"),
        pytest.param(
            [(1, 1, INTERNAL, THREAD, 2, START), (1, 2, INTERNAL, THREAD, 2, BEGIN)],
            False,
            id="started afterwards",
        ),
    ],
)
def test_what_orders_two_accesses(noted: list[Noted], is_race: bool) -> None:
    place = (BOX, "x")
    assert racing(ONE_AFTER_THE_OTHER, noted, [place], {LOCK}) == ({place} if is_race else set())


def test_an_object_that_is_one_location_is_touched_by_each_part_and_each_step() -> None:
    whole = (BOX, WHOLE)
    assert racing(ONE_AFTER_THE_OTHER, [], [whole], set()) == {whole}
    step: Noted = (1, 2, SITE, BOX, WHOLE, STEP)
    assert racing(ONE_AFTER_THE_OTHER[:1], [step], [whole], set()) == {whole}


def test_what_a_lock_orders_is_looked_for_once_more_in_an_execution_in_full() -> None:
    site = add_site(InstrumentedSite(__file__, 1, 0, "work", "write", "x", "box.x"))
    first, other = (
        [access(thread, site, box, "x", WRITE) for thread in (1, 2)] for box in (BOX, BOX + 1)
    )
    joined = [(1, 1, INTERNAL, THREAD, 1, END), (1, 2, INTERNAL, THREAD, 1, JOINED)]
    learning = Learning()
    learning.note(first, joined)
    assert learning.heat is not None
    assert learning.shared is not None
    assert (learning.shared[site], learning.heat[site]) == (1, 0)
    learning.note(other, [], is_partial=True)
    assert not learning.heat[site]
    learning.note(other, [])
    assert learning.heat[site]


def test_an_execution_in_part_shows_what_threads_share() -> None:
    known, new = (
        add_site(InstrumentedSite(__file__, line, 0, "work", "write", "x", "box.x"))
        for line in (1, 2)
    )
    joined = [(1, 1, INTERNAL, THREAD, 1, END), (1, 2, INTERNAL, THREAD, 1, JOINED)]
    learning = Learning()
    learning.note([access(thread, known, BOX, "x", WRITE) for thread in (1, 2)], joined)
    log = [access(1, known, BOX, "x", WRITE), access(2, new, BOX, "x", WRITE)]
    learning.note(log, [], is_partial=True)
    assert learning.shared is not None
    assert learning.shared[new]
    assert learning.sites == {known, new}
