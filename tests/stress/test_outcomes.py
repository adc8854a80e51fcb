"""How a copy ended, and what copies add up to."""

from __future__ import annotations

import concurrent.futures
import pickle
import threading
import unittest
import warnings
from collections.abc import Callable
from typing import NoReturn

import pytest

from pytest_concurrency.stress.item.outcomes import (
    RANK,
    CopyOutcome,
    CopyStatus,
    merge,
    outcome_of,
)


def caught(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("raised nothing")


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def function() -> NoReturn:
        raise error

    return function


class BrokenError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("function", "status", "message"),
    [
        (lambda: pytest.skip("not today"), "skipped", "not today"),
        (raising(unittest.SkipTest("nor here")), "skipped", "SkipTest: nor here"),
        (lambda: pytest.xfail("known"), "xfailed", "known"),
        (lambda: pytest.fail("bad"), "failed", "bad"),
        (lambda: pytest.exit("stop"), "failed", "Exit: stop"),
        (raising(AssertionError("1 == 2\nand more")), "failed", "AssertionError: 1 == 2"),
        (raising(UserWarning("a warning")), "failed", "UserWarning: a warning"),
        (raising(SystemExit(3)), "failed", "SystemExit: 3"),
        (raising(KeyboardInterrupt()), "failed", "KeyboardInterrupt"),
        (raising(BrokenError()), "failed", "BrokenError: (its message cannot be shown)"),
        (raising(ExceptionGroup("two", [ValueError()])), "failed", "ExceptionGroup: two"),
    ],
)
def test_every_exception_has_a_status(
    function: Callable[[], object], status: CopyStatus, message: str
) -> None:
    outcome = outcome_of(3, caught(function))
    assert (outcome.index, outcome.status) == (3, status)
    assert outcome.message.startswith(message)


def test_returning_is_passing() -> None:
    assert outcome_of(1, None) == CopyOutcome(1, "passed")


def test_outside_the_call_it_is_an_error() -> None:
    outcome = outcome_of(0, ValueError("x"), phase="setup")
    assert (outcome.status, outcome.phase, outcome.is_bad) == ("error", "setup", True)


def test_the_traceback_shows_the_users_frames_only() -> None:
    def users_code() -> None:
        raise ValueError("here")

    def through_machinery() -> None:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(users_code).result()

    outcome = outcome_of(0, caught(through_machinery))
    text = outcome.traceback
    assert "in users_code" in text
    assert "in through_machinery" in text
    assert "E   ValueError: here" in text
    assert "futures" not in text
    assert outcome.location is not None
    assert outcome.location.path == __file__
    assert outcome.location.source == 'raise ValueError("here")'


def test_the_location_is_the_users_line_not_the_librarys() -> None:
    def users_code() -> None:
        pickle.loads(b"")  # C code
        threading.Thread().join()

    def with_a_library() -> None:
        warnings.warn_explicit("x", "no type", "f", 1)  # type: ignore[call-overload]

    for function, source in ((users_code, "pickle.loads"), (with_a_library, "warnings.warn")):
        location = outcome_of(0, caught(function)).location
        assert location is not None
        assert location.path == __file__
        assert location.source.startswith(source)


def test_causes_are_shown() -> None:
    def function() -> None:
        try:
            raise LookupError("first")
        except LookupError as error:
            raise ValueError("second") from error

    text = outcome_of(0, caught(function)).traceback
    assert "LookupError: first" in text
    assert "ValueError: second" in text


def test_an_outcome_can_be_sent_away() -> None:
    outcome = outcome_of(0, caught(raising(BrokenError())))
    assert pickle.loads(pickle.dumps(outcome)) == outcome


class TestMerge:
    def test_the_worst_wins(self) -> None:
        for worse in range(1, len(RANK)):
            for better in range(worse):
                copies = [CopyOutcome(0, RANK[better]), CopyOutcome(1, RANK[worse])]
                assert merge(copies).status == RANK[worse]
                assert merge(copies[::-1]).status == RANK[worse]

    def test_order_of_the_issue(self) -> None:
        known: list[CopyStatus] = ["passed", "skipped", "xfailed", "error", "failed"]
        assert sorted(known, key=RANK.index) == known

    def test_nothing_is_passed(self) -> None:
        assert merge([]).status == "passed"

    def test_one_copy_is_itself(self) -> None:
        copy = CopyOutcome(0, "failed", "E", "E: 1", "text")
        assert merge([copy]) == copy

    def test_every_failure_is_shown_and_equal_ones_once(self) -> None:
        copies = [
            CopyOutcome(0, "failed", "E", "E: 1", "text 1"),
            CopyOutcome(1),
            CopyOutcome(2, "failed", "E", "E: 1", "text 1"),
            CopyOutcome(3, "failed", "F", "F: 2", "text 2"),
        ]
        merged = merge(copies)
        assert merged.message == "3 of 4 copies: E: 1"
        assert merged.traceback == "--- copies 1, 3 ---\ntext 1\n\n--- copy 4 ---\ntext 2"

    def test_a_single_failure_says_whose_it_is(self) -> None:
        copies = [CopyOutcome(0), CopyOutcome(1, "failed", "E", "E: 1", "text")]
        assert merge(copies, noun="process").message == "process 2: E: 1"


def chained(length: int) -> ValueError:
    error = ValueError("the first")
    for number in range(length):
        last, error = error, ValueError(number)
        error.__cause__ = last
    return error


def test_a_short_chain_is_shown_whole() -> None:
    text = outcome_of(0, caught(raising(chained(3)))).traceback
    assert all(f"ValueError: {what}" in text for what in ("the first", "0", "1", "2"))


def test_of_a_long_chain_its_end_and_its_beginning_are_shown() -> None:
    text = outcome_of(0, caught(raising(chained(10_000)))).traceback
    assert "raise error" in text
    assert "ValueError: 9999" in text
    assert "it began with ValueError: the first" in text
    assert "9998" not in text


def test_a_group_that_is_held_and_handled_is_not_long() -> None:
    member = ValueError("member")
    group = ExceptionGroup("group", [member])
    group.__context__ = member
    assert "ValueError: member" in outcome_of(0, caught(raising(group))).traceback


def test_the_middle_of_a_very_long_text_is_left_out() -> None:
    message = "\n".join(f"line {number}" for number in range(1000))
    text = outcome_of(0, caught(raising(AssertionError(message)))).traceback
    assert "line 0\n" in text
    assert "line 999" in text
    assert "line 500" not in text
    assert "lines are not shown" in text


def test_what_commands_a_terminal_does_not_become_text() -> None:
    def fail() -> NoReturn:
        raise ValueError("\x1b[31mred\x1b[0m and \x1b]0;title\x07bell\x07 \x9b1m\rover\nnext\x1b[K")

    outcome = outcome_of(0, caught(fail))
    assert outcome.message == r"ValueError: red and bell\x07 \x9b1m"
    for text in (outcome.message, outcome.traceback):
        assert all(c.isprintable() or c in "\n\t" for c in text)


def test_a_message_without_end_is_cut_in_the_middle() -> None:
    told = outcome_of(0, caught(raising(ValueError("begin " + "long " * 5000 + "end"))))
    assert told.message.startswith("ValueError: begin long ")
    assert told.message.endswith(" long end")
    assert "... (24,709 characters are not shown) ..." in told.message
    assert len(told.message) < 400
    assert "long " * 5000 in told.traceback
