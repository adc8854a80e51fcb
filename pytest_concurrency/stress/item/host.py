"""Where the cells of a test run: in a child process each, or in pytest's own process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import pytest

from pytest_concurrency import real_time as time
from pytest_concurrency._pytest_compat import capture_manager
from pytest_concurrency.stress.children.child import ChildResult, Progress, run_in_child
from pytest_concurrency.stress.children.in_child import describe_exception, own_pytest_capture
from pytest_concurrency.stress.children.termination import forget_termination
from pytest_concurrency.stress.item.set_aside import set_aside

T = TypeVar("T")

SHARED = (
    "explored in pytest's own process: what the test changes for good (module state, caches) is "
    "not fresh in each schedule, and a crash or a hang in C code ends the session"
)
LEAKS_HERE = "the test does change state that outlives it: a schedule may depend on those before it"


class Host(Protocol):
    """Somewhere to run the work of a cell."""

    isolates: bool
    """Whether what a cell does to its process is gone when the next one starts."""
    error: BaseException | None
    """What the test raised in the run that showed a hazard, where it can be looked at."""
    mistakes: list[str]
    """Tracebacks of what our own code raised in there: what tests raise comes back in values."""

    def run(
        self,
        work: Callable[[Progress], T],
        *,
        seconds: float,
        on_progress: Progress | None = None,
    ) -> ChildResult[T]:
        """Do ``work``, and say how it ended."""
        ...


class InChild:
    """Each cell in a forked child: fresh state, and whatever happens costs only that cell."""

    isolates = True
    error: BaseException | None = None

    def __init__(self, config: pytest.Config) -> None:
        self.mistakes: list[str] = []
        self._capture = capture_manager(config)

    def run(
        self,
        work: Callable[[Progress], T],
        *,
        seconds: float,
        on_progress: Progress | None = None,
    ) -> ChildResult[T]:
        """Do ``work`` in a child that may live for ``seconds``."""

        def work_in_child(progress: Progress) -> T:
            forget_termination()
            own_pytest_capture(self._capture)
            return work(progress)

        result = run_in_child(work_in_child, seconds=seconds, on_progress=on_progress)
        if result.status == "raised":
            self.mistakes.append(result.error)
        return result


class InSameProcess:
    """Every cell here, where a debugger can look, or because there is no fork.

    To be used when the item's body has run and its fixtures are not yet torn down.
    """

    isolates = False

    def __init__(self, item: pytest.Function) -> None:
        self._item = item
        self.mistakes: list[str] = []
        self.error: BaseException | None = None

    def run(
        self,
        work: Callable[[Progress], T],
        *,
        seconds: float,
        on_progress: Progress | None = None,
    ) -> ChildResult[T]:
        """Do ``work``, which keeps to its deadline by itself."""
        started = time.monotonic()
        try:
            with set_aside(self._item) as last_error:
                value = work(_only_text(on_progress))
        except Exception as error:
            text = describe_exception(error)
            self.mistakes.append(text)
            return ChildResult("raised", error_type=type(error).__name__, error=text)
        self.error = self.error or last_error()
        return ChildResult("done", value, seconds=time.monotonic() - started)


def _only_text(on_progress: Progress | None) -> Progress:
    def progress(message: object) -> None:
        if on_progress is not None and isinstance(message, str):
            on_progress(message)

    return progress
