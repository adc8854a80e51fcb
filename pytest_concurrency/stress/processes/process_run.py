"""One run of a test with processes, whatever its shape.

What a worker is depends on the shape: a copy of the body, a callable of ``concurrency.run``, or a
thread that the test starts itself.
"""

from __future__ import annotations

import queue
import selectors
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType
from typing import Any

from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Site, StartMethod
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.stress.cells.context import Context, End, Job, running
from pytest_concurrency.stress.cells.costing import Work
from pytest_concurrency.stress.children.stay_behind import is_machinery
from pytest_concurrency.stress.children.unpicklable import refusal_of
from pytest_concurrency.stress.item.outcomes import CopyOutcome
from pytest_concurrency.stress.item.own_fixtures import Prepared
from pytest_concurrency.stress.item.rerun import Rerun
from pytest_concurrency.stress.outside.touch import Touch
from pytest_concurrency.stress.outside.watch import WATCH
from pytest_concurrency.stress.processes import fork_server
from pytest_concurrency.stress.processes.fork_server import ForkServer
from pytest_concurrency.stress.processes.inherited.evidence import Inherited
from pytest_concurrency.stress.processes.inherited.watching import PLAIN, InParent, TryOut, forking
from pytest_concurrency.stress.processes.overwritten import ends_of
from pytest_concurrency.stress.processes.thread_workers import NotMapped, threads_as_workers
from pytest_concurrency.stress.processes.turns import Conducted, Overlap, Way
from pytest_concurrency.stress.processes.worker import WorkerResult
from pytest_concurrency.stress.processes.workers import run_workers


class GivenUpWaiting(BaseException):
    """The test itself does not go on."""


class GivenUpOutside(GivenUpWaiting):
    """The same: it waits for a descriptor or a process."""


class GivenUpInMemory(GivenUpWaiting):
    """The same: it waits for a lock, or what is made of locks."""


_WAITING_IN = {
    **dict.fromkeys((selectors.__file__, socket.__file__, subprocess.__file__), GivenUpOutside),
    **dict.fromkeys((threading.__file__, queue.__file__), GivenUpInMemory),
}


@dataclass(slots=True)
class ProcessOutcome:
    """One run of a test in a process cell."""

    test: CopyOutcome
    """The test itself, in the main process: set-up, checks, teardown."""
    workers: tuple[CopyOutcome, ...] = ()
    traces: tuple[tuple[Touch, ...], ...] = ()
    """What each worker touched outside its memory."""
    check: tuple[Touch, ...] = ()
    """What the test touched there after its workers had ended."""
    overlap: Overlap = ""
    seconds: float = 0.0
    """That the longest worker took."""
    not_mapped: str = ""
    """Why threads of the test have no counterpart in processes."""
    answering: tuple[str, ...] = ()
    """Threads that the test had started before its workers: they go on in the main process only."""
    given_up: str = ""
    """Which kind of ``GivenUpWaiting`` has ended the test, whatever it raised on its way out."""
    ends: Mapping[str, str] = field(default_factory=dict)
    """What was in the files when its workers had ended, on which they met, by their names."""
    missed: tuple[str, ...] = ()
    """Those of the threads ``answering`` that no process can make anew, as it can an executor's."""
    inherited: tuple[Inherited, ...] = ()
    """What each worker did with what it has inherited."""
    held_at: frozenset[Site] = frozenset()
    """Where other threads of the main process take locks that workers take, too."""
    works: tuple[Work, ...] = ()
    """What the workers that ended well took."""

    @property
    def is_given_up(self) -> bool:
        """Whether something in it was ended because its time was up."""
        ends = (self.test, *self.workers)
        return bool(self.given_up) or any(e.status == "timeout" for e in ends)


@dataclass(slots=True)
class _Notes:
    """What is collected while a run goes on."""

    results: list[WorkerResult] = field(default_factory=list)
    overlap: Overlap = ""
    not_mapped: str = ""
    ends: dict[str, str] = field(default_factory=dict)
    check: tuple[Touch, ...] = ()
    answering: dict[str, None] = field(default_factory=dict)
    missed: dict[str, None] = field(default_factory=dict)
    given_up: str = ""
    held_at: set[Site] = field(default_factory=set)


@dataclass(slots=True)
class ProcessRuns:
    """Runs the item again and again, each time in the way that is asked for."""

    rerun: Rerun
    shape: str
    processes: int
    instrumentation: Instrumentation
    start_method: StartMethod
    may_die: bool = False
    """Threads of the test's own die even without concurrency: it wants them to."""
    own_fixtures: bool = False
    """Copies have function-scoped fixtures of their own."""
    fork_server: ForkServer | None = None
    """Which one forks its processes, if one does."""
    tries_to_send: bool = False
    """Whether it is asked whether its workers could be started otherwise."""
    unsent: str = ""
    """Why not."""
    _iteration: int = 0

    def run(
        self, way: Way, *, watched: bool, deadline: float, patience: float, try_out: TryOut = PLAIN
    ) -> ProcessOutcome:
        """Run once; ``watched``: on instrumented code, which sees more of what is touched.

        ``patience``: the seconds that the test itself may wait.
        """
        notes = _Notes()
        is_noted = watched and not isinstance(way, Conducted)
        is_forked = is_noted and self.start_method == "fork"
        parent = InParent(try_out.hold_at) if is_forked else None
        before = set(threading.enumerate())
        server = self.fork_server
        if server is not None and watched:
            server = replace(server, begin=fork_server.instrument)

        def run(jobs: Sequence[Job]) -> list[End]:
            if notes.given_up:
                # Whoever joins its threads on the way out would wait in vain once more.
                raise GivenUpWaiting(_GIVEN_UP_BEFORE)
            touched = WATCH.stop()
            if isinstance(way, Conducted):
                way.by.main_touched(touched)
            if self.tries_to_send and self.shape != "own-threads":
                self.unsent = next(filter(None, map(refusal_of, jobs)), "")
                self.tries_to_send = False
            started = [each for each in threading.enumerate() if each not in before]
            notes.answering |= dict.fromkeys(each.name for each in started)
            missed = (each.name for each in started if not is_machinery(each))
            notes.missed |= dict.fromkeys(missed)
            with _no_alarm(patience), forking(parent, try_out.cure):
                done = run_workers(
                    jobs,
                    way,
                    start_method=self.start_method,
                    deadline=deadline,
                    inheritance=parent,
                    cure=try_out.cure,
                    fork_server=server,
                )
            if parent is not None:
                notes.held_at |= parent.wanted_by(each.inherited for each in done.results)
            shift = len(notes.results)
            results = [self._counted(each, shift) for each in done.results]
            notes.results += results
            notes.ends |= ends_of([each.trace for each in notes.results])
            notes.overlap = done.overlap or notes.overlap
            if self.shape != "copies":
                WATCH.start()  # what the body does after its workers
            return [End(i, each.value, each.error, each.outcome) for i, each in enumerate(results)]

        context = Context(run, self.processes, 1, self._iteration)
        self._iteration += 1
        caller = partial(self._call_body, run, notes, patience)
        with running(context), self._instrumented(watched, parent):
            test = self.rerun.run(caller)
        if isinstance(way, Conducted):
            way.by.main_touched(notes.check)
        results = notes.results
        return ProcessOutcome(
            test,
            tuple(each.outcome for each in results),
            tuple(each.trace for each in results),
            notes.check,
            notes.overlap,
            max((each.work.seconds for each in results), default=0.0),
            notes.not_mapped,
            tuple(notes.answering),
            notes.given_up,
            notes.ends,
            tuple(notes.missed),
            tuple(each.inherited for each in results),
            frozenset(notes.held_at),
            tuple(each.work for each in results if not each.outcome.is_bad),
        )

    def _counted(self, result: WorkerResult, shift: int) -> WorkerResult:
        """Number the workers of several calls one after another."""
        outcome = replace(result.outcome, index=result.outcome.index + shift)
        harmless = ("skipped", "xfailed", *(["failed"] if self.may_die else []))
        if self.shape == "own-threads" and outcome.status in harmless:
            outcome = CopyOutcome(outcome.index)  # a thread that skips does not skip the test
        return replace(result, outcome=outcome)

    def _call_body(
        self,
        run: Callable[[Sequence[Job]], list[End]],
        notes: _Notes,
        patience: float,
        function: Callable[..., Any],
        kwargs: dict[str, Any],
    ) -> None:
        __tracebackhide__ = True
        if self.shape == "copies":

            def run_copies(copies: Sequence[Prepared]) -> None:
                # A plain function: a spawned process can be given nothing else.
                run([partial(_just_call, *each) for each in copies])

            self.rerun.prepare_copies(
                function,
                kwargs,
                self.processes,
                run_copies,
                own_fixtures=self.own_fixtures,
                processes=True,
            )
            return
        WATCH.install()
        WATCH.before = None
        WATCH.start()
        try:
            with _alarm(patience, notes):
                if self.shape == "callables":
                    function(**kwargs)
                else:
                    with threads_as_workers(run):
                        function(**kwargs)
        except NotMapped as problem:
            notes.not_mapped = str(problem)
        finally:
            notes.check = WATCH.stop()

    @contextmanager
    def _instrumented(self, watched: bool, parent: InParent | None) -> Iterator[None]:
        if not watched:
            yield
            return
        with self.instrumentation.swapped():
            baton.amplifier = WATCH.touch
            WATCH.inheritance = None if parent is None else parent.note
            try:
                yield
            finally:
                baton.amplifier = WATCH.inheritance = None


def _just_call(function: Callable[..., Any], kwargs: dict[str, Any]) -> None:
    function(**kwargs)


_GIVEN_UP_BEFORE = "the test had waited in vain before its threads were to run"


@contextmanager
def _alarm(seconds: float, notes: _Notes) -> Iterator[None]:
    """End the block with GivenUpWaiting after so many seconds of its own, and again if it waits on
    its way out."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_: int, frame: FrameType | None) -> None:
        where = frame.f_code.co_filename if frame is not None else ""
        kind = _WAITING_IN.get(where, GivenUpWaiting)
        notes.given_up = notes.given_up or kind.__name__
        raise kind(f"the test itself waited for {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _no_alarm(seconds: float) -> Iterator[None]:
    """While workers run, which have a deadline of their own; then begin anew."""
    is_set = hasattr(signal, "setitimer") and signal.setitimer(signal.ITIMER_REAL, 0)[0] > 0
    try:
        yield
    finally:
        if is_set:
            signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
