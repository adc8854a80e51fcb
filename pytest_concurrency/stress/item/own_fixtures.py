"""Fixtures, set-up methods and an instance of its own for each of several copies of a test.

pytest sets one item up once. Here it is set up again *within* the call of its body, as often as
copies are wanted, each time after what the copy before has got was put out of sight. Then all
copies run, and what was set up last is torn down first. Function-scoped fixtures, ``setup_method``,
``setUp`` and instances are so a copy's own; wider fixtures, module globals and classes are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MethodType
from typing import Any

import pytest

from pytest_concurrency._pytest_compat import errors_in, forget_errors, make_request, setup_state
from pytest_concurrency.stress.item.setup_state import forget_setup, freshen, kept, with_body

Prepared = tuple[Callable[..., Any], dict[str, Any]]
"""The test function, bound to its instance, and its arguments."""


def with_own_instance(function: Callable[..., Any]) -> Callable[..., Any]:
    """Bind a test method to another instance that has the same attributes: what a copy assigns to
    ``self`` is then its own, what the set-up has assigned is shared.
    """
    if type(function) is not MethodType or isinstance(function.__self__, type):
        return function
    instance: Any = function.__self__
    try:
        twin = object.__new__(type(instance))
        object.__getattribute__(twin, "__dict__").update(vars(instance))
    except (AttributeError, TypeError):  # slots, or a class that C makes
        return function
    return MethodType(function.__func__, twin)


@dataclass(slots=True)
class _Course:
    """How it goes on, level by level."""

    item: pytest.Function
    count: int
    run: Callable[[Sequence[Prepared]], None]
    copies: list[Prepared]
    has_run: bool = False
    folder: Path = Path()
    """The working directory that the set-up of the first copy has left."""
    errors: list[BaseException] = field(default_factory=list)


def run_with_own_fixtures(
    item: pytest.Function,
    function: Callable[..., Any],
    kwargs: dict[str, Any],
    count: int,
    run: Callable[[Sequence[Prepared]], None],
) -> None:
    """Set ``item`` up ``count - 1`` times more, let ``run`` run all copies, and tear down.

    To be called by the body of the item, which is given as the first copy. Raises what ``run``
    raises; else what the first set-up or teardown that failed has raised.
    """
    __tracebackhide__ = True
    course = _Course(item, count, run, [(function, kwargs)], folder=Path.cwd())
    _go_on(course)
    if course.errors:
        raise course.errors[0]


def _go_on(course: _Course) -> None:
    """Set up the next copy, or run them all; what goes wrong is kept, as it is nobody's here."""
    try:
        if len(course.copies) == course.count:
            course.has_run = True
            course.run(course.copies)
        else:
            _set_up_next(course)
    except BaseException as error:
        course.errors.append(error)


def _set_up_next(course: _Course) -> None:
    item: Any = course.item
    state = setup_state(item)

    def body(function: Callable[..., Any], kwargs: dict[str, Any]) -> None:
        if Path.cwd() != course.folder:
            raise RuntimeError("each set-up goes to a working directory of its own")
        course.copies.append((function, kwargs))
        _go_on(course)

    with kept(course.item):
        forget_setup(course.item)
        freshen(course.item)
        make_request(item)
        forget_errors(item)
        try:
            state.setup(item)
            with with_body(item, body):
                item.runtest()
            if not course.has_run:
                _raise_setup_error(item)
        finally:
            state.teardown_exact(item.parent)


def _raise_setup_error(item: Any) -> None:
    """``unittest`` keeps to itself what ``setUp`` raises."""
    for info in errors_in(item):
        raise info.value
    raise RuntimeError("the set-up of a copy did not come to the body of the test")
