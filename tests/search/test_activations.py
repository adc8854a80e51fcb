"""Activations are told apart, although their frames leave their addresses to new ones."""

from __future__ import annotations

import threading

import pytest

from pytest_concurrency.runtime.system.frames import activations, stack_here
from pytest_concurrency.search.describe.activations import Activations, _loops


class Recorded:
    """Numbers stacks as the recorder does, and says which number the function ``of`` had."""

    def __init__(self) -> None:
        self._activations = Activations()
        self.numbers: list[dict[str, int]] = []

    def here(self) -> None:
        stack = self._activations.numbered(1, activations(stack_here()))
        self.numbers.append({code.co_name: number for number, code, _ in reversed(stack)})

    def of(self, name: str) -> list[int]:
        return [each[name] for each in self.numbers if name in each]


def leaf(recorded):
    recorded.here()
    recorded.here()


def one_after_another(recorded):
    leaf(recorded)
    leaf(recorded)


def in_a_loop(recorded):
    for _ in range(2):
        leaf(recorded)


def by_a_loop_around(recorded):
    for _ in range(2):
        middle(recorded)


def middle(recorded):
    leaf(recorded)
    recorded.here()


def through_c(recorded):
    list(map(leaf, [recorded, recorded]))


@pytest.mark.parametrize(
    "calls", [one_after_another, in_a_loop, by_a_loop_around, through_c], ids=lambda f: f.__name__
)
def test_each_call_has_a_number_of_its_own(calls):
    recorded = Recorded()
    calls(recorded)
    first, again, second, once_more = recorded.of("leaf")
    assert first == again != second == once_more
    assert len(set(recorded.of(calls.__name__))) == 1


def test_a_caller_is_the_same_while_it_calls():
    recorded = Recorded()
    by_a_loop_around(recorded)
    numbers = recorded.of("middle")
    assert numbers[:3] == [numbers[0]] * 3
    assert numbers[3:] == [numbers[3]] * 3
    assert numbers[0] != numbers[3]


def test_a_loop_within_a_function_is_the_same_activation():
    def loops(recorded):
        for _ in range(3):
            recorded.here()

    recorded = Recorded()
    loops(recorded)
    assert len(set(recorded.of("loops"))) == 1


def test_a_generator_goes_on_whoever_asks():
    def steps(recorded):
        recorded.here()
        yield
        recorded.here()
        yield

    def asks(steps):
        next(steps)

    recorded = Recorded()
    generator = steps(recorded)
    asks(generator)
    asks(generator)
    first, second = recorded.of("steps")
    assert first == second


def test_recursion_has_a_number_each():
    def deep(recorded, depth):
        recorded.here()
        if depth:
            deep(recorded, depth - 1)

    recorded = Recorded()
    deep(recorded, 3)
    assert len(recorded.numbers) == 4
    stack = recorded._activations.numbered(2, activations(stack_here()))
    assert len({number for number, *_ in stack}) == len(stack)


def test_what_handles_exceptions_is_no_loop():
    """Its code comes last, and jumps back."""

    def handles(lock, run):
        with lock:
            pass
        try:
            run()
        except ValueError:
            pass
        return run

    def loops(lock, run):
        for _ in range(2):
            with lock:
                try:
                    run()
                except ValueError:
                    continue
        while run():
            pass

    assert _loops(handles.__code__) == []
    assert _loops(threading.Thread._bootstrap_inner.__code__) == []
    assert _loops(loops.__code__)
