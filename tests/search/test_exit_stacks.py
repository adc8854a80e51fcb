"""What a stack of context managers enters is entered as by ``with``: locks are seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, contextmanager
from typing import Any

import pytest

from pytest_concurrency import explore


class Shelf:
    def __init__(self) -> None:
        self.locks = [threading.Lock(), threading.RLock()]
        self.condition = threading.Condition()
        self.permit = threading.Semaphore()
        self.count = 0
        self.entered: list[object] = []

    @contextmanager
    def held(self) -> Any:
        with self.locks[0]:
            yield self


class Named(ExitStack):
    """A stack of the program's own."""


class Guests:
    """Not a stack, but called like one."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def enter_context(self, guest: object) -> None:
        self.shelf.entered.append(guest)


def both_locks(shelf: Shelf) -> None:
    with ExitStack() as stack:
        for lock in shelf.locks:
            entered = stack.enter_context(lock)
            assert entered is True
        shelf.count += 1


def condition(shelf: Shelf) -> None:
    with Named() as stack:
        stack.enter_context(shelf.condition)
        shelf.count += 1
        shelf.condition.notify_all()


def permit(shelf: Shelf) -> None:
    stack = ExitStack()
    stack.enter_context(shelf.permit)
    shelf.count += 1
    stack.close()


def written_in_python(shelf: Shelf) -> None:
    with ExitStack() as stack:
        entered = stack.enter_context(cm=shelf.held())
        assert entered is shelf
        shelf.count += 1


def handed_on(shelf: Shelf) -> None:
    with ExitStack() as stack:
        stack.enter_context(shelf.locks[0])
        rest = stack.pop_all()
    with rest:
        shelf.count += 1


def let_go_too_early(shelf: Shelf) -> None:
    with ExitStack() as stack:
        stack.enter_context(shelf.locks[0])
        count = shelf.count
    shelf.count = count + 1


async def in_a_coroutine(shelf: Shelf) -> None:
    async with AsyncExitStack() as stack:
        stack.enter_context(shelf.locks[0])
        shelf.count += 1


def runs_it(shelf: Shelf) -> None:
    step = in_a_coroutine(shelf)
    with pytest.raises(StopIteration):
        step.send(None)


def both_counted(shelf: Shelf) -> bool:
    return shelf.count == 2


@pytest.mark.parametrize(
    "worker", [both_locks, condition, permit, written_in_python, handed_on, runs_it]
)
def test_nothing_is_lost_and_every_interleaving_is_run(worker: Callable[[Shelf], None]) -> None:
    found = explore(Shelf, [worker] * 2, both_counted, stop_at_first=False)
    assert not found.hazards
    assert not found.notes
    assert found.exhausted


def test_what_is_written_after_the_stack_has_let_go_is_lost() -> None:
    found = explore(Shelf, [let_go_too_early] * 2, both_counted)
    assert [(each.kind, each.location) for each in found.hazards] == [
        ("lost-update", "Shelf.count")
    ]


def test_locks_taken_in_opposite_orders() -> None:
    def backwards(shelf: Shelf) -> None:
        with ExitStack() as stack:
            for lock in reversed(shelf.locks):
                stack.enter_context(lock)

    found = explore(Shelf, [both_locks, backwards])
    assert [each.kind for each in found.hazards] == ["deadlock"]


def test_what_is_only_called_so_gets_what_it_is_given() -> None:
    def puts(shelf: Shelf) -> None:
        Guests(shelf).enter_context(shelf.locks[0])

    def is_the_lock(shelf: Shelf) -> bool:
        return all(each is shelf.locks[0] for each in shelf.entered)

    assert not explore(Shelf, [puts] * 2, is_the_lock).hazards
