"""The one door to what pytest does not promise, by what it means here (8.2 to 9.x).

``tests/test_pytest_compat.py`` says of each name what is relied on. Nothing is imported here that
pytest has not imported already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from _pytest._code.code import ReprEntryNative as ReprEntryNative
from _pytest._code.code import ReprFileLocation as ReprFileLocation
from _pytest._code.code import ReprTraceback as ReprTraceback
from _pytest._code.code import TerminalRepr as TerminalRepr
from _pytest._io import TerminalWriter as TerminalWriter
from _pytest._io.wcwidth import wcswidth as wcswidth
from _pytest._io.wcwidth import wcwidth as wcwidth
from _pytest.assertion.rewrite import rewrite_asserts as rewrite_asserts
from _pytest.runner import runtestprotocol as runtestprotocol

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter as TerminalReporter

# -- plugins of its own ---------------------------------------------------------------------

DEBUGGER: Final = "pdbinvoke"
"""The name of the plugin that starts the debugger where a test fails."""


def capture_manager(config: pytest.Config) -> Any:
    """Return who captures output; None without."""
    return config.pluginmanager.get_plugin("capturemanager")


def terminal_reporter(config: pytest.Config) -> Any:
    """Return who writes on the terminal; None without."""
    return config.pluginmanager.get_plugin("terminalreporter")


def captured_by(manager: Any) -> Any:
    """Return the fixture (``capsys`` and its like) that captures for the test that runs."""
    return manager._capture_fixture


def let_capture(manager: Any, fixture: Any) -> None:
    """Let that fixture capture; None: none."""
    manager._capture_fixture = fixture


def captured_descriptors(manager: Any) -> list[tuple[int, Any, int]]:
    """Return 1 and 2 with the file that each is captured in, and the descriptor on which what was
    there is kept; nothing where only ``sys.stdout`` is captured, or nothing at all.
    """
    capturing = getattr(manager, "_global_capturing", None)
    found = []
    for target, name in ((1, "out"), (2, "err")):
        capture = getattr(capturing, name, None)
        saved = getattr(capture, "targetfd_save", None)
        if capture is not None and saved is not None:
            found.append((target, capture.tmpfile, int(saved)))
    return found


def writer_of(reporter: Any) -> Any:
    """Return the ``TerminalWriter`` of the terminal reporter."""
    return reporter._tw


def file_of(writer: Any) -> Any:
    """Return what a ``TerminalWriter`` writes to; None where it is another kind of writer."""
    return getattr(writer, "_file", None)


def write_to(writer: Any, file: Any) -> None:
    """Let it write to another file."""
    writer._file = file


# -- fixtures -------------------------------------------------------------------------------


def argument_names(item: pytest.Function) -> Sequence[str]:
    """Return the names of the fixtures that the test function asks for itself."""
    return item._fixtureinfo.argnames


def fixtures_by_name(item: pytest.Function) -> Mapping[str, Sequence[Any]]:
    """Return the definitions of all fixtures that are known before the test runs, the one that
    counts last.
    """
    return item._fixtureinfo.name2fixturedefs


def fixtures_asked_for(item: pytest.Function) -> Iterable[Any]:
    """Return the definitions of those that have been asked for, also while it ran."""
    asked_for: dict[str, Any] = getattr(item._request, "_fixture_defs", {})
    return asked_for.values()


def finalizers_of(definition: Any) -> list[Any]:
    """Return what tears a fixture down: the list itself."""
    finalizers: list[Any] = definition._finalizers
    return finalizers


def forget_requests(item: Any) -> None:
    """Let the next set-up ask for fixtures anew."""
    item._request = False


def make_request(item: Any) -> None:
    """Begin a set-up that does not go through ``runtestprotocol``, which does this itself."""
    item._initrequest()


# -- an item and its set-up -----------------------------------------------------------------


def is_unittest(item: pytest.Item) -> bool:
    """Whether it is a method of a ``unittest.TestCase``."""
    # Only now: pytest loads this plugin of its own after it has been imported.
    from _pytest.unittest import TestCaseFunction

    return isinstance(item, TestCaseFunction)


def forget_instance(item: Any) -> None:
    """Let the next set-up make an instance of the test's class."""
    vars(item).pop("_instance", None)
    item._obj = None


def forget_errors(item: pytest.Item) -> None:
    """Forget what ``unittest`` has caught in the item."""
    vars(item).pop("_excinfo", None)


def errors_in(item: pytest.Item) -> list[pytest.ExceptionInfo[BaseException]]:
    """Return what ``unittest`` has caught in the item and kept to itself."""
    return list(vars(item).get("_excinfo") or ())


def expected_error(item: pytest.Item) -> tuple[Any, str] | None:
    """Return what an ``xfail`` that holds for the item expects (``raises``), and its reason."""
    from _pytest.skipping import xfailed_key

    mark = None if item.config.option.runxfail else item.stash.get(xfailed_key, None)
    return None if mark is None or mark.raises is None else (mark.raises, mark.reason)


@contextmanager
def failure_in_brief(item: pytest.Item, is_known: Callable[[], bool]) -> Iterator[None]:
    """While a block runs, let reports of the item not say how its call has failed where that
    ``is_known`` already: pytest parses each file that the traceback leads through.
    """
    in_full = item.repr_failure

    def in_brief(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        return excinfo.typename if is_known() else in_full(excinfo)

    vars(item)["repr_failure"] = in_brief
    try:
        yield
    finally:
        vars(item).pop("repr_failure", None)


def report_sections(item: pytest.Item) -> list[tuple[str, str, str]]:
    """Return what has been captured of it: the list itself."""
    return item._report_sections


def stashed(item: pytest.Item) -> dict[Any, object]:
    """Return a copy of all that is in its stash."""
    return dict(item.stash._storage)


def put_stashed(item: pytest.Item, stash: dict[Any, object]) -> None:
    """Bring that back."""
    item.stash._storage = stash


def setup_state(item: pytest.Item) -> Any:
    """Return what sets items up, and tears down what the next one does not need."""
    return item.session._setupstate


def setup_entry(item: pytest.Item) -> Any:
    """Return what is noted of an item that is set up: its finalizers and what went wrong."""
    return setup_state(item).stack.get(item)


def put_setup_entry(item: pytest.Item, entry: Any) -> None:
    """Note that an item is set up; None: that it is not."""
    if entry is None:
        setup_state(item).stack.pop(item, None)
    else:
        setup_state(item).stack[item] = entry
