"""What the scheduler knows: as long as the process lives, and of the execution that goes on."""

from __future__ import annotations

from collections.abc import Callable

from pytest_concurrency._compat import FREE_THREADED_BUILD, allocate_lock
from pytest_concurrency.real_time import perf_counter as real_time
from pytest_concurrency.runtime.system.descriptors import Descriptors
from pytest_concurrency.runtime.tasks.account import Account
from pytest_concurrency.runtime.tasks.pool import Worker, WorkerPool
from pytest_concurrency.runtime.tasks.protocols import Observer, Strategy, Witness
from pytest_concurrency.runtime.tasks.task import Task, Waiting
from pytest_concurrency.runtime.tasks.terms import Terms
from pytest_concurrency.runtime.tasks.virtual_time import Clock
from pytest_concurrency.runtime.trace.operations import WAIT
from pytest_concurrency.runtime.trace.record import Record
from pytest_concurrency.runtime.trace.resource import THREAD, Resource

COLD = 1000
"""Points where the heat is off that a thread may pass in a row without asking."""
ALWAYS_DISTURBED = FREE_THREADED_BUILD
"""Without the GIL a thread may read before the others see what it has written: there, whoever
enters the scheduler takes the mutex.
"""


class State:
    """One object per process, which begins anew with each execution (``forget``)."""

    strategy: Strategy
    limit: int
    """Scheduling points after which the execution is given up."""
    heat: bytearray
    """By site: 1 if the strategy may switch there; it says so when it begins."""
    left_out: bytearray
    """By site: 1 if its accesses leave no event."""
    work: Callable[[Task, Worker], None]
    """Runs a task on the calling thread of the pool."""

    __slots__ = (
        "aborting",
        "account",
        "amplifier",
        "at_end",
        "budget",
        "by_ident",
        "clock",
        "cold",
        "current",
        "disturbed",
        "enabled",
        "found_at",
        "granted",
        "has_adopted",
        "heat",
        "idle",
        "left_out",
        "limit",
        "lingering",
        "mutex",
        "observer",
        "ours",
        "owners",
        "passed",
        "polled",
        "polled_at",
        "pool",
        "record",
        "slept_really",
        "started",
        "still",
        "strategy",
        "tasks",
        "terms",
        "total",
        "waiters",
        "witness",
        "work",
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
        self.terms = Terms()
        """Those of the executions that follow."""
        self.clock = Clock()
        self.slept_really = False
        """Whether a wait with a limit has taken as long as it says since that was made a term."""
        self.ours: set[int] = set()
        """Threads of the plugin's own, besides those in the pool."""
        self.still = 0
        """How often in a row strangers did not help."""
        self.forget()

    def forget(self) -> None:
        """Let go of the last execution, and with it of all that belongs to the program."""
        self.record = Record()
        self.account = Account()
        self.clock.forget()
        self.tasks: list[Task] = []
        self.enabled: list[Task] = []
        """Those that can go on, by index."""
        self.by_ident: dict[int, Task] = {}
        self.waiters: dict[int, list[Task]] = {}
        """Those that wait, by the key of what they wait for."""
        self.owners: dict[int, tuple[object, Task]] = {}
        """By the ``id`` of a lock: the lock, and who holds it."""
        self.polled: dict[Task, Descriptors] = {}
        """What tasks wait for that is a matter of descriptors."""
        self.polled_at = 0
        """Scheduling points that had been passed when all of them were looked at."""
        self.budget = self.granted = 0
        """Points that the holder may still pass without asking, where the heat is on; how many it
        was granted.
        """
        self.cold = COLD
        """Counts down the points that the holder may pass where the heat is off, until it has to
        ask all the same: it may be spinning.
        """
        self.total = self.passed = 0
        """Scheduling points; those of them where the heat is on."""
        self.aborting = False
        self.idle = False
        """Whether nobody can go on until a thread comes back from out of sight."""
        self.found_at: tuple[Task, int] | None = None
        """Who has last found a descriptor ready at once, after so many points of its own."""
        self.has_adopted = False
        """Whether the program has started threads of its own."""
        self.lingering = False
        """Whether the body has ended, and threads that it started go on."""
        self.at_end: list[Callable[[], None]] = []
        """What puts things back when the execution has ended."""
        self.started = real_time()

    @property
    def points_since_decision(self) -> int:
        """Points that the holder has passed since it was last counted."""
        return self.granted - self.budget + COLD - self.cold

    def holder_index(self) -> int:
        """Return the index of the holder; -1 if it is nobody of ours."""
        return -1 if self.current is None else self.current.index

    def note_of_thread(self, thread: int, op: str) -> None:
        """Note what the holder, if anybody of ours, has done to a thread."""
        self.record.note(self.holder_index(), THREAD, thread, op)

    def note_wait(self, task: Task, reason: Waiting, key: int) -> None:
        """Note that ``task`` waits: for a lock or queue, a thread, or something else."""
        resource: Resource = reason.kind
        part: object = ""
        entry = self.record.seen.get(key)
        if entry is not None and entry[0]() is reason.target:
            resource = entry[1]
        elif resource == THREAD:
            part = next((each.index for each in self.tasks if id(each) == key), part)
        self.record.note(task.index, resource, part, WAIT)
