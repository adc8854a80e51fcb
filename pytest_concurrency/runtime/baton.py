"""One baton, passed between real threads: whoever holds it runs, everybody else waits.

Each managed thread (a *task*) owns a gate, a lock that is closed while the task must not run.
Passing the baton means opening the other task's gate and waiting at one's own. Decisions are taken
by the holder itself, at its scheduling points, so there is no scheduler thread and a step that
does not switch costs one subtraction.

The scheme is that of controlled concurrency testing (Burckhardt et al., "A Randomized Scheduler
with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010), with one difference: a strategy does
not have to be asked at every point. It *grants* a number of points to the chosen task and is asked
again when they are used up or the set of runnable tasks changes.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from heapq import heappop, heappush
from operator import attrgetter
from time import perf_counter as real_time
from typing import Any

from pytest_concurrency.runtime.operation import Operation
from pytest_concurrency.runtime.pool import Worker, WorkerPool, new_context
from pytest_concurrency.runtime.sites import everywhere
from pytest_concurrency.runtime.strangers import have_helped, wake_released
from pytest_concurrency.runtime.task import FREE, NOBODY, Abort, Group, Strategy, Task

_by_index = attrgetter("index")
COLD = 1000
"""Points where the heat is off that a thread may pass in a row without asking."""
ROOM = 64
"""Objects that are held before it is worth looking which of them nobody else holds."""
SHORT = 1.0
"""Virtual seconds: only so short a wait may run out while other threads could go on. Longer ones
are nets for when something hangs.
"""
TICK = 10e-6
"""Virtual seconds that pass between two looks at a clock; more when there are many in a row."""
_MANY_LOOKS = 100
LINGER = 10.0
"""Virtual seconds in which threads that outlive the body of an execution may still end."""
_LINGER_POINTS = 5000
_POINTS_PER_WAIT = 10
"""A wait that runs out counts as so many points more, as it takes as long."""


class Baton:
    """The state of the execution that is going on; one per process, reused from execution to
    execution.
    """

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
        "enabled",
        "files",
        "granted",
        "heat",
        "held",
        "hurried",
        "idle",
        "leaked",
        "limit",
        "lingering",
        "log",
        "looks",
        "lost_sight",
        "mutex",
        "observer",
        "offers",
        "ours",
        "outcome",
        "owners",
        "passed",
        "pool",
        "preemptions",
        "room",
        "seen",
        "serials",
        "snapshot",
        "started",
        "states",
        "still",
        "strategy",
        "switches",
        "tasks",
        "timers",
        "total",
        "waiters",
    )

    def __init__(self) -> None:
        self.current: Task | None = None
        """The holder; None while no execution is going on."""
        self.pool = WorkerPool()
        self.mutex = allocate_lock()
        """Guards what threads touch without holding the baton: coming back from outside, the
        watchdog.
        """
        self.amplifier: Callable[[], None] | None = None
        """Called at every scheduling point while no execution is going on (free-running,
        amplified).
        """
        self.observer: Callable[..., None] | None = None
        self.snapshot: Callable[[Baton], Any] | None = None
        """Describes where every task stands; called once, when an execution is given up."""
        self.ours: set[int] = set()
        """Threads of the plugin's own, besides those in the pool."""
        self.still = 0
        """How often in a row strangers did not help."""
        self._reset()

    def _reset(self) -> None:
        self.tasks: list[Task] = []
        self.enabled: list[Task] = []
        self.timers: list[list[Any]] = []
        self.waiters: dict[int, list[Task]] = {}
        self.owners: dict[int, tuple[object, Task]] = {}
        self.by_ident: dict[int, Task] = {}
        self.switches: list[tuple[int, int, int]] = []
        self.log: list[tuple[Any, ...]] = []
        self.seen: dict[int, tuple[Callable[[], object], int]] = {}
        self.serials = 0
        self.held: list[int] = []
        """Identities of the objects in ``seen`` that only a strong reference keeps apart."""
        self.room = ROOM
        self.files: dict[str, int] = {}
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
        self.idle = False
        self.looks = 0
        """Looks at clocks since a wait ran out."""
        self.lingering = False
        """Whether the body has ended, and threads that it started go on."""
        self.leaked: list[tuple[Task, object]] = []
        """Tasks that have outlived the body, and what they wait for."""
        self.hurried: list[tuple[int, float]] = []
        """Waits that ran out while others could go on: the task's index, seconds."""
        self.at_end: list[Callable[[], None]] = []
        """What puts things back when the execution has ended."""
        self.lost_sight = False
        """Whether a task was blocked where the scheduler could not see it."""
        self.offers: list[Any] = []
        """What a strategy wants to know of an execution when it is over."""
        self.outcome = ""
        self.states: Any = None
        self.started = 0.0

    # -- one execution, from the thread that becomes task 0 ---------------------------

    def begin(self, strategy: Strategy, *, limit: int) -> Task:
        """Start an execution: the calling thread becomes task 0 and holds the baton."""
        self._reset()
        self.strategy = strategy
        self.limit = limit
        self.heat = everywhere()
        """By site: 1 if the strategy may switch there. A strategy may turn it off when it begins.
        """
        gate = allocate_lock()
        gate.acquire()
        task = Task(0, "main", gate, None)
        task.ident = get_ident()
        self.tasks.append(task)
        self.enabled.append(task)
        self.by_ident[task.ident] = task
        self.started = real_time()
        strategy.begin(self)
        self.current = task
        return task

    def run_together(self, jobs: Sequence[Callable[[], Any]]) -> list[Task]:
        """Run ``jobs`` at once, each a task on a pooled thread, and wait until all have ended."""
        caller = self.current
        assert caller is not None
        group = Group(len(jobs))
        tasks = [self._spawn(job, group) for job in jobs]
        if tasks:
            self._reconsider()
            self.block(caller, group, id(group))
        return tasks

    @contextmanager
    def unmanaged(self) -> Iterator[None]:
        """Let the holder act as if there were no scheduler, for hand-shakes with real threads."""
        current = self.current
        self.current = NOBODY
        try:
            yield
        finally:
            self.current = current

    def _spawn(self, run: Callable[[], Any], group: Group) -> Task:
        worker = self.pool.take()
        if worker is None:
            with self.unmanaged():
                worker = self.pool.start()
        tasks = self.tasks
        task = Task(len(tasks), "", worker.gate, run)
        tasks.append(task)
        self.enabled.append(task)  # the highest index so far: the list stays sorted
        task.group = group
        task.ident = worker.ident
        self.by_ident[worker.ident] = task
        worker.job = partial(new_context().run, self._work, task, worker)
        return task

    def adopt(self, name: str) -> Task:
        """Add a task for a thread that is about to start and will call ``enter`` first thing."""
        gate = allocate_lock()
        gate.acquire()
        task = Task(len(self.tasks), name, gate, None)
        self.tasks.append(task)
        self.enabled.append(task)
        self._reconsider()
        return task

    def enter(self, task: Task) -> None:
        """Wait, on the new thread of an adopted task, for the baton to come round the
        first time.
        """
        task.ident = get_ident()
        self.by_ident[task.ident] = task
        task.gate.acquire()
        if self.aborting:
            raise Abort

    def _work(self, task: Task, worker: Worker) -> None:
        try:
            if not self.aborting:
                assert task.run is not None
                task.result = task.run()
        except Abort:
            pass
        except BaseException as error:
            task.error = error
        worker.job = None
        if worker.local_values:
            worker.local_values.clear()  # the next job is another thread
        self.pool.give_back(worker)
        self.finish(task)

    def linger(self) -> None:
        """Let threads that outlive the body end, if they do so soon; called by task 0."""
        if not self.left_over():
            return
        self.lingering = True
        self.limit = min(self.limit, self.total + _LINGER_POINTS)
        self.block(self.tasks[0], self.at_end, id(self.at_end), LINGER)

    def left_over(self) -> list[Task]:
        """Return the tasks, daemons apart, whose threads have not ended."""
        return [task for task in self.tasks[1:] if not task.done and not task.daemon]

    def end(self) -> None:
        """End the execution: unwind what is left, one thread at a time, and let go of
        everything.
        """
        main = self.tasks[0]
        self._settle(main)
        if self.lingering:
            self.leaked = [(task, task.blocked_on) for task in self.left_over()]
        if self.cut is None:
            self.cut = len(self.log)
        self.aborting = True
        for task in self.tasks[1:]:
            if task.done or task.outside:
                continue
            self.current = task
            task.gate.release()
            # A thread that swallows Abort is abandoned: it is a daemon, and unmanaged from here on.
            main.gate.acquire(True, 1.0)
        self.current = None
        del self.log[self.cut :]
        self.seen, self.held = {}, []
        self.ours.update(task.ident for task in self.abandoned())  # they help nobody any more
        for put_back in reversed(self.at_end):
            put_back()

    def abandoned(self) -> list[Task]:
        """Tasks of the last execution whose threads could not be unwound."""
        return [task for task in self.tasks[1:] if not task.done]

    # -- scheduling points ------------------------------------------------------------

    def holder(self) -> Task | None:
        """Return the calling thread's task if it is managed (waiting for the baton if need be),
        else None.
        """
        current = self.current
        if current is None:
            return None
        ident = get_ident()
        if current.ident == ident:
            return current
        return self._come_back(ident)

    def consult(self, operation: Operation | None) -> None:
        """Ask the strategy who goes on; called by the holder when its grant is used up.

        ``operation`` is what it stands before, if that is known.
        """
        task = self.current
        assert task is not None
        self._settle(task)
        if self.aborting:
            raise Abort
        if self.total >= self.limit:
            self.give_up("step-limit")
        task.operation = operation
        enabled = self.enabled
        if self.owners or self.timers:
            chosen = task if self._must_wait(task) else self._decide(task, task)
        elif len(enabled) > 1:  # the same as _decide() where there are neither locks nor waits
            chosen = self.strategy.choose(enabled, task)
            if chosen is not task:
                self.switches.append((task.index, task.steps, chosen.index))
        else:
            chosen = task
        if chosen is task:
            self._grant(task)
            return
        self.preemptions += 1
        self._pass_to(chosen)
        task.gate.acquire()
        if self.aborting:
            raise Abort

    def _decide(self, task: Task, default: Task | None) -> Task:
        """Let the strategy choose who goes on, ``task`` having come to a point or to a halt.

        Without ``default``, the first runnable thread is what needs no record.
        """
        runnable = self.runnable()
        if default is None:
            # Its own wait may have run out at once.
            default = task if task in runnable else runnable[0]
        sleepers = self.sleepers() if self.timers else None
        chosen = self.strategy.hurry(sleepers, task) if sleepers else None
        if chosen is not None:
            assert chosen.timer is not None
            self.hurried.append((chosen.index, chosen.timer[3]))
            self._expire(chosen.timer[0])
        elif len(runnable) > 1:
            chosen = self.strategy.choose(runnable, task)
        else:
            chosen = runnable[0]
        if chosen is not default:
            self.switches.append((task.index, task.steps, chosen.index))
        return chosen

    def runnable(self) -> list[Task]:
        """Return who may go on: not those that stand before a lock which another task holds."""
        enabled = self.enabled
        if not self.owners or len(enabled) == 1:
            return enabled
        return [task for task in enabled if not self._must_wait(task)] or enabled[:1]

    def _must_wait(self, task: Task) -> bool:
        operation = task.operation
        if operation is None or not operation.waits:
            return False
        owner = self.owners.get(operation.target)
        return owner is not None and owner[1] is not task

    def sleepers(self) -> list[Task]:
        """Return the tasks whose wait may well run out now, because it is short."""
        latest = self.clock + SHORT
        tasks = [entry[2] for entry in self.timers if entry[2] is not None and entry[0] <= latest]
        return sorted(tasks, key=_by_index)

    @property
    def points_since_decision(self) -> int:
        """Points that the holder has passed since it was last counted."""
        return self.granted - self.budget + COLD - self.cold

    def _settle(self, task: Task) -> None:
        hot = self.granted - self.budget
        used = hot + COLD - self.cold
        task.steps += used
        self.total += used
        self.passed += hot
        self.granted = self.budget = 0
        self.cold = COLD

    def _grant(self, task: Task) -> None:
        if len(self.enabled) > 1 or self.timers:
            points = self.strategy.grant(task, self.enabled)
        else:
            points = FREE
        left = self.limit - self.total
        self.granted = self.budget = points if points < left else left - 1

    def _reconsider(self) -> None:
        """Make the holder ask again at its next point: the set of runnable tasks has changed."""
        current = self.current
        if current is not None:
            self._settle(current)
            self.strategy.changed()

    def _pass_to(self, task: Task) -> None:
        self.current = task
        self._grant(task)
        task.gate.release()

    # -- waiting ----------------------------------------------------------------------

    def block(
        self,
        task: Task,
        reason: object,
        key: int,
        timeout: float | None = None,
        operation: Operation | None = None,
    ) -> bool:
        """Wait until ``wake(key)``; return False if ``timeout`` (virtual seconds) ran out first.

        ``key`` identifies what is waited for (the id of an object that ``reason`` keeps alive);
        ``operation`` is what the task tries again when it is woken.
        """
        self._settle(task)
        task.steps += 1
        self.total += 1
        if self.aborting:
            raise Abort
        if self.total >= self.limit:
            self.give_up("step-limit")
        task.blocked_on = reason
        task.operation = operation
        task.woken = False
        self.enabled.remove(task)
        self.waiters.setdefault(key, []).append(task)
        if timeout is not None:
            seconds = max(timeout, 0.0)
            when = self.clock + seconds
            task.timer = [when, len(self.switches) + self.total, task, seconds, key]
            heappush(self.timers, task.timer)
        chosen = self._next(task)
        if chosen is task:
            self._grant(task)
        else:
            if chosen is not None:
                self._pass_to(chosen)
            task.gate.acquire()
        task.blocked_on = None
        if self.aborting:
            raise Abort
        return task.woken

    def wake(self, key: int) -> None:
        """Make every task that waits for ``key`` runnable."""
        for task in self.waiters.pop(key, ()):
            self._wake(task)

    def _wake(self, task: Task) -> None:
        task.woken = True
        if task in self.enabled:
            return  # its wait had run out, and it has not gone on since
        if task.timer is not None:
            task.timer[2] = None
            task.timer = None
        insort(self.enabled, task, key=_by_index)
        self._reconsider()

    def _next(self, leaving: Task) -> Task | None:
        """Choose who runs when ``leaving`` cannot; None: somebody outside will take the baton."""
        enabled = self.enabled
        while not enabled:
            has_timer = self._has_timer()
            if wake_released(self):
                continue
            if self._left_to_outside():
                return None
            if have_helped(self) or enabled:
                continue
            if has_timer:
                self._expire(self.timers[0][0])
            else:
                self.give_up("deadlock", leaving)
                return self.tasks[0]
        if len(enabled) == 1 and not self.timers:
            return enabled[0]
        return self._decide(leaving, None)

    def _has_timer(self) -> bool:
        """Whether somebody's wait can run out; forgets those that have ended otherwise."""
        while self.timers and self.timers[0][2] is None:
            heappop(self.timers)
        return bool(self.timers)

    def _expire(self, when: float) -> None:
        """Let time go on to ``when``: all waits run out that end by then."""
        self.clock = max(self.clock, when)
        self.looks = 0
        while self.timers and self.timers[0][0] <= self.clock:
            _, _, task, _, key = heappop(self.timers)
            if task is not None:
                task.timer = None
                self.waiters[key].remove(task)
                insort(self.enabled, task, key=_by_index)
                self.total += _POINTS_PER_WAIT

    def look_at_clock(self) -> float:
        """Return the time, which goes on a little; called by the holder."""
        self.looks += 1
        self.clock += TICK if self.looks <= _MANY_LOOKS else TICK * (self.looks - _MANY_LOOKS)
        if self.timers and self.timers[0][0] <= self.clock:
            self._expire(self.clock)
            self._reconsider()
        return self.clock

    def _left_to_outside(self) -> bool:
        with self.mutex:
            if self.enabled or not any(task.outside for task in self.tasks):
                return False
            self.idle = True
            self.current = NOBODY
            return True

    def finish(self, task: Task) -> None:
        """Give up the baton for good: the task's thread has nothing left to do."""
        if task.outside and not self.aborting:
            with suppress(Abort):
                self._come_back(task.ident)
        task.done = True
        if self.lingering and not self.left_over():
            self.wake(id(self.at_end))
        if self.aborting:
            if self.current is task:
                self.tasks[0].gate.release()
            return
        self._settle(task)
        task.steps += 1
        self.enabled.remove(task)
        if id(task) in self.waiters:
            self.wake(id(task))
        if task.group is not None:
            task.group.left -= 1
            if not task.group.left:
                self.wake(id(task.group))
        chosen = self._next(task)
        if chosen is not None:
            self._pass_to(chosen)

    # -- giving up --------------------------------------------------------------------

    def give_up(self, outcome: str, leaving: Task | None = None) -> None:
        """End the execution early; the caller holds the baton.

        Raises Abort in the calling thread, unless that thread is just finishing (then the caller
        passes the baton to task 0, which will be unwound when it takes it).
        """
        if not self.lingering:
            self.outcome = outcome
            if self.snapshot is not None:
                self.states = self.snapshot(self)
        self.cut = len(self.log)
        self.aborting = True
        task = self.current
        main = self.tasks[0]
        if task is main:
            raise Abort
        if leaving is not None and leaving.done:
            return
        assert task is not None
        self.current = main
        main.gate.release()
        task.gate.acquire()
        raise Abort

    # -- threads outside our sight ----------------------------------------------------

    def take_away(self, task: Task) -> None:
        """Pass the baton on for a holder that is blocked where we cannot see it; called by the
        watchdog.
        """
        with self.mutex:
            if self.current is not task or self.aborting or task not in self.enabled:
                return
            task.outside = self.lost_sight = True
            self._settle(task)
            self.enabled.remove(task)
            if self.enabled:
                self._pass_to(self.enabled[0])
            else:
                self.idle = True
                self.current = NOBODY

    def pass_time(self, seconds: float) -> None:
        """Let time pass as it really does while whoever could go on is out of sight; called by the
        watchdog.
        """
        with self.mutex:
            if not self.idle or self.aborting:
                return
            self.clock += seconds
            wake_released(self)
            if self._has_timer() and (self.lingering or self.timers[0][0] <= self.clock):
                self._expire(self.timers[0][0])
            if self.enabled:
                self.idle = False
                self._pass_to(self.enabled[0])

    def _come_back(self, ident: int) -> Task | None:
        task = self.by_ident.get(ident)
        if task is None or task.done or not task.outside:
            return None
        with self.mutex:
            task.outside = False
            task.operation = None
            insort(self.enabled, task, key=_by_index)
            if self.idle:
                self.idle = False
                self.current = task
                self._grant(task)
                return task
        task.gate.acquire()
        if self.aborting:
            raise Abort
        return task


baton = Baton()


def frames_of(tasks: list[Task]) -> dict[int, Any]:
    """Map task index to the task's innermost frame."""
    frames = sys._current_frames()
    return {task.index: frames[task.ident] for task in tasks if task.ident in frames}
