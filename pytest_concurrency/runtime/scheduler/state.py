"""What is known of the execution that is going on."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

from pytest_concurrency._compat import FREE_THREADED_BUILD, allocate_lock
from pytest_concurrency.real_time import perf_counter as real_time
from pytest_concurrency.runtime.scheduler.pool import WorkerPool
from pytest_concurrency.runtime.scheduler.protocols import Observer, Strategy, Witness
from pytest_concurrency.runtime.scheduler.task import Task, Waiting
from pytest_concurrency.runtime.system.descriptors import Descriptors
from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.runtime.trace.failed_jobs import FailedJobs
from pytest_concurrency.runtime.trace.operations import WAIT
from pytest_concurrency.runtime.trace.resource import THREAD, Resource
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.runtime.trace.synchronisation import Noted

TICK_SECONDS = 10e-6
"""Virtual seconds that pass between two looks at a clock; more when there are many in a row."""
COLD = 1000
"""Points where the heat is off that a thread may pass in a row without asking."""
ALWAYS_DISTURBED = FREE_THREADED_BUILD
"""Without the GIL a thread may read before the others see what it has written: there, whoever
enters the scheduler takes the mutex.
"""
ROOM = 16
"""Objects that are held without asking less often which of them nobody else holds."""


class State:
    """The state of an execution: one object per process, reused from execution to execution."""

    strategy: Strategy
    limit: int
    """Scheduling points after which the execution is given up."""
    heat: bytearray
    """By site: 1 if the strategy may switch there; it says so when it begins."""
    left_out: bytearray
    """By site: 1 if its accesses leave no event."""

    __slots__ = (
        "aborting",
        "amplifier",
        "at_end",
        "budget",
        "by_ident",
        "clock",
        "cold",
        "current",
        "cut",
        "cut_noted",
        "disturbed",
        "elders",
        "enabled",
        "ended",
        "failed_jobs",
        "files",
        "found_at",
        "generators",
        "goes_on",
        "granted",
        "has_adopted",
        "heat",
        "held",
        "hurried",
        "idle",
        "inner_serials",
        "is_brief",
        "kept_locks",
        "leaked",
        "leaves_out",
        "left_out",
        "limit",
        "lingering",
        "log",
        "looks",
        "lost_sight",
        "marks",
        "mistake",
        "mutex",
        "noted",
        "observer",
        "offers",
        "ours",
        "outcome",
        "owners",
        "passed",
        "patience",
        "polled",
        "polled_at",
        "pool",
        "preemptions",
        "seen",
        "serials",
        "sleeps_really",
        "slept_really",
        "snapshot",
        "stands_still",
        "started",
        "states",
        "still",
        "strategy",
        "switches",
        "tasks",
        "tick",
        "time_ended",
        "timers",
        "total",
        "unfinished",
        "waiters",
        "witness",
    )

    def __init__(self) -> None:
        self.current: Task | None = None
        """The holder; None while no execution is going on."""
        self.pool = WorkerPool()
        self.mutex = allocate_lock()
        """Guards what threads touch without holding the baton: coming back from outside, the
        watchdog.
        """
        self.disturbed = ALWAYS_DISTURBED
        """Whether the watchdog is looking who runs, to take the baton away from it or to interrupt
        it: who enters the scheduler just then has to wait for the mutex.
        """
        self.amplifier: Callable[..., None] | None = None
        """Called at every scheduling point while no execution is going on (free-running cells and
        processes) with what is known of it there: the site, what is touched, and, where an event
        would be noted, its object, name and operation.
        """
        self.observer: Observer | None = None
        self.witness: Witness | None = None
        self.snapshot: Callable[[State], Any] | None = None
        """Describes where every task stands; called once, when an execution is given up."""
        self.time_ended: float = 0.0
        self.ended: float = real_time()
        """Virtual time when the last execution ended, or the round began; what the real clock said
        then.
        """
        self.tick = TICK_SECONDS
        self.stands_still = False
        """Whether looks at a clock do not move it, as long as nobody looks again and again."""
        self.is_brief = False
        """Whether nobody will read what the snapshot calls the locks."""
        self.goes_on = False
        """Whether its threads go on after the body has failed, as they would."""
        self.left_out = bytearray()
        self.leaves_out: bytearray | None = None
        """What ``left_out`` is to be, unless the strategy may switch everywhere."""
        self.elders: Set[int] | None = None
        """Threads that there were when this process began to explore; None if it does not."""
        self.sleeps_really = False
        """Whether waits with a limit take as long as they say where threads are not managed."""
        self.slept_really = False
        """Whether one of them did."""
        self.ours: set[int] = set()
        """Threads of the plugin's own, besides those in the pool."""
        self.still = 0
        """How often in a row strangers did not help."""
        self.failed_jobs = FailedJobs()
        self.forget()

    def forget(self) -> None:
        """Let go of the last execution, and with it of all that belongs to the program."""
        self.tasks: list[Task] = []
        self.enabled: list[Task] = []
        self.timers: list[list[Any]] = []
        self.waiters: dict[int, list[Task]] = {}
        self.owners: dict[int, tuple[object, Task]] = {}
        self.polled: dict[Task, Descriptors] = {}
        """What tasks wait for that is a matter of descriptors."""
        self.polled_at = 0
        """Scheduling points that had been passed when all of them were looked at."""
        self.by_ident: dict[int, Task] = {}
        self.switches: list[tuple[int, int, int]] = []
        self.log: list[Event] = []
        self.noted: list[Noted] = []
        """How threads have met (``note``)."""
        self.marks: list[tuple[int, int, int, int]] = []
        """Where functions have been that need marks (``marks.py``)."""
        self.seen: dict[int, tuple[Callable[[], object], int]] = {}
        self.serials = self.inner_serials = 0
        self.held: list[object] = []
        """The objects in ``seen`` that only a strong reference keeps apart."""
        self.patience = 0
        """Points to pass before it is asked again which of them nobody else holds."""
        self.files: dict[str, int] = {}
        self.generators: dict[int, object] = {}
        """By the address of the frame: what stands for a generator that the program has started."""
        self.budget = self.granted = 0
        self.cold = COLD
        """Counts down the points that the holder may pass where the heat is off, until it has to
        ask all the same: it may be spinning.
        """
        self.total = self.passed = self.preemptions = 0
        """Scheduling points; those of them where the heat is on; switches that nobody needed."""
        self.clock = 0.0
        self.aborting = False
        self.cut: int | None = None
        """The length of the log when the execution was given up: unwinding is no part of it."""
        self.cut_noted = 0
        """The same for what is noted."""
        self.idle = False
        self.looks = 0
        """Looks at clocks since a wait ran out."""
        self.found_at: tuple[Task, int] | None = None
        """Who has last found a descriptor ready at once, after so many points of its own."""
        self.has_adopted = False
        """Whether the program has started threads of its own."""
        self.lingering = False
        """Whether the body has ended, and threads that it started go on."""
        self.unfinished: list[Task] = []
        """Tasks that had to be unwound at the end."""
        self.leaked: list[tuple[Task, object]] = []
        """Tasks that have outlived the body, and what they wait for."""
        self.hurried: list[tuple[int, float]] = []
        """Waits that ran out while others could go on: the task's index, seconds."""
        if self.failed_jobs:
            self.failed_jobs = FailedJobs()
        self.kept_locks: Sequence[tuple[int, Resource]] = ()
        """Which threads have ended while they held a lock, and which lock that is."""
        self.at_end: list[Callable[[], None]] = []
        """What puts things back when the execution has ended."""
        self.lost_sight = False
        """Whether a task was blocked where the scheduler could not see it."""
        self.offers: Sequence[Any] = ()
        """What the strategy wants to be told of the execution."""
        self.mistake: Exception | None = None
        """What the strategy has raised."""
        self.outcome = ""
        self.states: Any = None
        self.started = 0.0

    # -- how threads meet: what has taken place, other than what comes after a point

    def note(
        self, thread: int, resource: Resource, part: Any, op: str, site: int = INTERNAL
    ) -> None:
        """Note what ``thread`` has just done."""
        self.noted.append((len(self.log), thread, site, resource, part, op))

    def number_at(self, target: int) -> int | None:
        """Return the number of the object with this ``id``, which is alive; None if it has none."""
        entry = self.seen.get(target)
        return None if entry is None or entry[0]() is None else entry[1]

    def note_of_thread(self, thread: int, op: str) -> None:
        """Note what the holder, if anybody of ours, has done to a thread."""
        holder = self.current
        by = -1 if holder is None else holder.index
        self.noted.append((len(self.log), by, INTERNAL, THREAD, thread, op))

    def note_wait(self, task: Task, reason: Waiting, key: int) -> None:
        """Note that ``task`` waits: for a lock or queue, a thread, or something else."""
        resource: Resource = reason.kind
        part: Any = ""
        entry = self.seen.get(key)
        if entry is not None and entry[0]() is reason.target:
            resource = entry[1]
        elif resource == THREAD:
            part = next((each.index for each in self.tasks if id(each) == key), part)
        self.noted.append((len(self.log), task.index, INTERNAL, resource, part, WAIT))
