"""One execution in a process of its own, for tests that change state which outlives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pytest_concurrency._origins import is_programs
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.kinds import CRASH, TIMEOUT
from pytest_concurrency.model import Hazard
from pytest_concurrency.stress.children.child import ChildResult, run_in_child
from pytest_concurrency.stress.children.stacks import frames_in, without_runner_frames

T = TypeVar("T")


class DiedApart(Exception):  # noqa: N818 - a finding, not a mistake of ours
    """The process of an execution crashed or had to be ended."""

    def __init__(self, result: ChildResult[Any]) -> None:
        super().__init__(result.exit or result.status)
        self.result = result

    @property
    def is_unseen(self) -> bool:
        """Whether nothing shows that it hangs: other schedules of its cell would show that."""
        return hangs_nowhere(self.result) or (
            self.result.status == "timeout" and not self.result.stacks
        )

    def hazard(self, index: int, threads: int) -> Hazard:
        """Describe the death as a hazard, seen in the schedule with this number."""
        return hazard_of_death(self.result, index, threads)


def hangs_nowhere(result: ChildResult[Any]) -> bool:
    """Whether a process had to be ended, and no line of the program was on any of its stacks: it
    had no time, on a machine that has others to serve. Where no stack could be had nobody knows.
    """
    frames = frames_in(result.stacks)
    is_seen = not frames or any(is_programs(path) for path, _ in frames)
    return result.status == "timeout" and not is_seen


def hazard_of_death(
    result: ChildResult[Any], index: int, threads: int, *, processes: int = 0
) -> Hazard:
    """Describe how a process ended that ran a test with ``threads`` threads, or, if that is not 0,
    with ``processes`` processes at once; ``index`` is the number of the schedule or run, 0 if it is
    not known.
    """
    detail = "\n\n".join(filter(None, (without_runner_frames(result.stacks), result.output)))
    way = f"{threads} thread{'' if threads == 1 else 's'}"
    if processes:
        threads, way = 0, f"{processes} process{'' if processes == 1 else 'es'} at once"
    if result.status == "timeout":
        message = f"it hangs with {way}; its process was ended"
        return Hazard(TIMEOUT, message, schedule_index=index, threads=threads, detail=detail)
    where = _where_it_died(result.stacks)
    message = f"its process died with {way}{where}: {result.exit or result.error}"
    return Hazard(CRASH, message, schedule_index=index, threads=threads, detail=detail)


def _where_it_died(stacks: str) -> str:
    """Name the innermost line of the program's, as far as a crash report of ``faulthandler``
    tells.
    """
    _, _, dying = stacks.partition("Current thread")
    for path, line in frames_in(dying.partition("\n\n")[0]):
        if is_programs(path):
            return f" at {Path(path).name}:{line}"
    return ""


def run_apart(run: Callable[[], Observation], seconds: float) -> Observation:
    """Return what ``run`` observes in a forked child; raise DiedApart if the child does not come
    back.
    """

    def observe() -> Observation:
        observation = run()
        # Exceptions need not survive pickling; the failure tells what there is to tell.
        observation.execution = replace(observation.execution, thread_errors=())
        return observation

    return value_from_apart(observe, seconds)


def value_from_apart(run: Callable[[], T], seconds: float) -> T:
    """Return what ``run`` returns in a forked child; raise DiedApart if the child does not come
    back.
    """
    result = run_in_child(lambda progress: run(), seconds=seconds + 1.0)
    if result.status == "raised":
        raise RuntimeError(result.error)
    if result.status != "done" or result.value is None:
        raise DiedApart(result)
    return result.value
