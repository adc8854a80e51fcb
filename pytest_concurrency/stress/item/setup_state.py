"""What pytest keeps of an item that is set up: put out of sight, made afresh, put back."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import pytest

from pytest_concurrency._pytest_compat import (
    capture_manager,
    captured_by,
    finalizers_of,
    fixtures_asked_for,
    fixtures_by_name,
    forget_instance,
    forget_requests,
    let_capture,
    put_setup_entry,
    put_stashed,
    report_sections,
    setup_entry,
    stashed,
)
from pytest_concurrency.runtime.effects.foreign import is_one_of

_HELD = pytest.StashKey[dict[int, object]]()
"""By process: what the item had when it came to be."""
_MUTABLE = (list, dict, set, bytearray)


def function_fixtures(item: pytest.Function) -> list[Any]:
    """Return the definitions of all function-scoped fixtures, also of those that tests ask for
    while they run.
    """
    named = chain(*fixtures_by_name(item).values(), fixtures_asked_for(item))
    found = {id(each): each for each in named if each.scope == "function"}
    return list(found.values())


def hold_setup(item: pytest.Function) -> None:
    """Keep alive what the item has when a process meets it for the first time: the parent uses it,
    and a finalizer that ran here would take from it what lies outside memory (the folder of a
    ``TemporaryDirectory``).
    """
    # A fixture that yields lives in its finalizer only: without that its ``with`` would be left.
    results = [(each.cached_result, [*finalizers_of(each)]) for each in function_fixtures(item)]
    entry = setup_entry(item)
    held = item.stash.setdefault(_HELD, {})
    held.setdefault(os.getpid(), (dict(vars(item)), results, entry))


def forget_setup(item: pytest.Function) -> None:
    """Leave what is set up for the item to the one who did it, and will tear it down."""
    put_setup_entry(item, None)
    for definition in function_fixtures(item):
        definition.cached_result = None
        finalizers_of(definition).clear()
    forget_requests(item)
    capture = capture_manager(item.config)
    if capture is not None:
        capture.unset_fixture()  # capsys and its like


def freshen(item: pytest.Function, parameters: dict[str, Any] | None = None) -> None:
    """Bring back what pytest keeps from round to round: the instance, mutable parameters.

    ``parameters``: as they were in the beginning; None: as they are.
    """
    forget_instance(item)
    if hasattr(item, "callspec"):
        given = item.callspec.params if parameters is None else parameters
        mutable = {name: each for name, each in given.items() if is_one_of(type(each), _MUTABLE)}
        item.callspec.params.update(copy.deepcopy(mutable))


@contextmanager
def kept(item: pytest.Function) -> Iterator[None]:
    """Put everything back at the end, so that pytest goes on as if nothing had happened."""
    entry = setup_entry(item)
    own = dict(vars(item))
    stash = stashed(item)
    lists: tuple[list[Any], ...] = (report_sections(item), item.user_properties)
    contents = [list(each) for each in lists]
    parameters = copy.copy(item.callspec.params) if hasattr(item, "callspec") else {}
    fixtures = [
        (definition, definition.cached_result, list(finalizers_of(definition)))
        for definition in function_fixtures(item)
    ]
    capture = capture_manager(item.config)
    captured = captured_by(capture) if capture is not None else None
    try:
        yield
    finally:
        for definition, result, finalizers in fixtures:
            definition.cached_result = result
            finalizers_of(definition)[:] = finalizers
        if parameters:
            item.callspec.params.update(parameters)
        for each, content in zip(lists, contents, strict=True):
            each[:] = content
        put_stashed(item, stash)
        vars(item).clear()
        vars(item).update(own)
        if entry is not None:
            put_setup_entry(item, entry)
        if capture is not None:
            let_capture(capture, captured)


@contextmanager
def with_body(
    item: pytest.Item, caller: Callable[[Callable[..., Any], dict[str, Any]], Any]
) -> Iterator[None]:
    """Put ``caller`` in front of the item's body; it gets the test function and its arguments."""
    function = item.obj  # type: ignore[attr-defined]

    def body(**kwargs: Any) -> Any:
        __tracebackhide__ = True
        return caller(function, kwargs)

    for name, value in getattr(function, "__dict__", {}).items():
        setattr(body, name, value)
    body.__name__ = getattr(function, "__name__", "body")
    item.obj = body  # type: ignore[attr-defined]
    try:
        yield
    finally:
        item.obj = function  # type: ignore[attr-defined]


@contextmanager
def failing(item: pytest.Item, error: BaseException) -> Iterator[None]:
    """Let the item's run raise ``error`` instead of calling the body.

    It is raised from there, and not around it, since the hooks of other plugins expect to see the
    call of a test whose report they are asked for.
    """

    def fail() -> None:
        raise error

    item.__dict__["runtest"] = fail
    try:
        yield
    finally:
        del item.__dict__["runtest"]
