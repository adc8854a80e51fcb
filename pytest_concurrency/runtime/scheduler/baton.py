"""One baton, passed between real threads: whoever holds it runs, everybody else waits.

Each managed thread (a *task*) owns a gate, which is closed while the task must not run.
Passing the baton means opening the other task's gate and waiting at one's own. Decisions are taken
by the holder itself, at its scheduling points, so there is no scheduler thread and a step that
does not switch costs little more than a subtraction.

The scheme is that of controlled concurrency testing (Burckhardt et al., "A Randomized Scheduler
with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010), with one difference: a strategy does
not have to be asked at every point. It *grants* a number of points to the chosen task and is asked
again when they are used up or the set of runnable tasks changes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from pytest_concurrency._compat import allocate_lock, exit_now, get_ident, get_native_id
from pytest_concurrency.runtime.scheduler.points import Points
from pytest_concurrency.runtime.scheduler.state import ALWAYS_DISTURBED
from pytest_concurrency.runtime.scheduler.view import ReadOnly
from pytest_concurrency.runtime.system.gate import new_gate
from pytest_concurrency.runtime.tasks.pool import Worker, WorkerPool, new_context
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.tasks.task import NOBODY, NOT_STARTED, Abort, Group, Task
from pytest_concurrency.runtime.trace.operations import BEGIN, END, JOINED, START
from pytest_concurrency.runtime.trace.resource import THREAD, Resource
from pytest_concurrency.runtime.trace.sites import everywhere, nowhere

LINGER_SECONDS = 10.0
"""Virtual seconds in which threads that outlive the body of an execution may still end."""
_LINGER_POINTS = 5000


class Baton(Points):
    """An execution from its begin to its end, and the threads in it.

    Each layer calls those below it only: ``points`` (asking), ``waits`` (who cannot go on),
    ``sight`` (who is blocked where nobody sees it), ``decisions`` (who goes on), ``state`` (what is
    known).
    """

    __slots__ = ("_view",)

    def __init__(self) -> None:
        super().__init__()
        self.work = self._work
        self._view = ReadOnly(self)

    # -- one execution, from the thread that becomes task 0 ---------------------------

    def begin(self, strategy: Strategy, *, limit: int) -> Task:
        """Start an execution: the calling thread becomes task 0 and holds the baton."""
        self.forget()
        self.strategy = strategy
        self.limit = limit
        task = Task(0, "main", new_gate(), None)
        task.ident, task.native_id = get_ident(), get_native_id()
        self.tasks.append(task)
        self.enabled.append(task)
        self.by_ident[task.ident] = task
        self.clock.begin()
        heat = strategy.begin(self._view)
        self.heat = everywhere() if heat is None else heat
        # Who may switch everywhere is to see everything.
        left_out = None if heat is None else self.terms.leaves_out
        self.left_out = nowhere() if left_out is None else left_out
        self.current = task
        task.running = True
        return task

    def run_together(self, jobs: Sequence[Callable[[], Any]]) -> list[Task]:
        """Run ``jobs`` at once, each a task on a pooled thread, and wait until all have ended."""
        caller = self.current
        assert caller is not None
        if not jobs:
            return []
        self._reserve(len(jobs))
        group = Group(len(jobs))
        first = len(self.tasks)
        tasks = [
            Task(number, "", NOT_STARTED, job, group) for number, job in enumerate(jobs, first)
        ]
        threads = range(first, first + len(jobs))
        self.record.note_each(caller.index, THREAD, threads, START)
        self.tasks += tasks
        self.enabled += tasks  # the highest indices so far: the list stays sorted
        self._reconsider()
        self.block(caller, group, id(group))
        self.record.note_each(caller.index, THREAD, threads, JOINED)
        return tasks

    def _reserve(self, count: int) -> None:
        """See to it that there is an idle thread for each task that has none yet."""
        if len(self.tasks) > 1:
            count += sum(task.gate is NOT_STARTED and not task.done for task in self.tasks)
        while self.pool.lacks(count):
            with self.unmanaged():
                self.pool.start()

    @contextmanager
    def unmanaged(self) -> Iterator[None]:
        """Let the holder act as if there were no scheduler, for hand-shakes with real threads."""
        current = self.current
        self.current = NOBODY
        try:
            yield
        finally:
            self.current = current

    def adopt(self, name: str) -> Task:
        """Add a task for a thread that is about to start and will call ``enter`` first thing.

        An execution that is being unwound starts none: nobody would give it the baton, and the
        interpreter would wait for it for ever.
        """
        if self.aborting:
            raise Abort
        task = Task(len(self.tasks), name, new_gate(), None)
        self.tasks.append(task)
        self.enabled.append(task)
        self.has_adopted = True
        self.note_of_thread(task.index, START)
        self._reconsider()
        return task

    def enter(self, task: Task) -> None:
        """Wait, on the new thread of an adopted task, for the baton to come round the
        first time.
        """
        task.ident, task.native_id = get_ident(), get_native_id()
        self.by_ident[task.ident] = task
        task.gate.acquire()
        task.running = True
        if self.aborting:
            raise Abort
        self.note_of_thread(task.index, BEGIN)

    def _work(self, task: Task, worker: Worker) -> None:
        following: Task | None = task
        while following is not None:
            task = following
            task.running = True
            self.record.note(task.index, THREAD, task.index, BEGIN)
            try:
                if not self.aborting:
                    assert task.run is not None
                    task.result = new_context().run(task.run)
            except Abort:
                pass
            except BaseException as error:
                task.error = error
            worker.job = None
            if worker.local_values:
                worker.local_values.clear()  # the next job is another thread
            following = self.finish(task, worker)

    def linger(self) -> None:
        """Let threads that outlive the body end, if they do so soon; called by task 0."""
        if not self.has_adopted or not self.left_over():
            return
        self.lingering = True
        self.limit = min(self.limit, self.total + _LINGER_POINTS)
        self.block(self.tasks[0], self.at_end, id(self.at_end), LINGER_SECONDS)

    def left_over(self) -> list[Task]:
        """Return the tasks whose threads have not ended; daemons, who may be ended at any time,
        only where it matters what they would still do.
        """
        kept = (task for task in self.tasks[1:] if self.terms.goes_on or not task.daemon)
        return [task for task in kept if not task.done]

    def end(self) -> None:
        """End the execution: unwind what is left, one thread at a time, and let go of
        everything.
        """
        if not self.tasks:
            _leave_forked_process()
        main, account = self.tasks[0], self.account
        try:
            self._stop(main)
        except Abort:
            pass
        if self.lingering:
            account.leaked = [(task, task.blocked_on) for task in self.left_over()]
        if not self.record.is_over:
            self.record.end_here()
            account.kept_locks = self._kept_locks() if self.owners else ()
        self.aborting = True
        account.unfinished = [task for task in self.tasks if not task.done and task is not main]
        for task in account.unfinished:
            if task.outside:
                continue
            if task.gate is NOT_STARTED:
                task.done = True
                continue
            self.current = task
            task.gate.release()
            # A thread that swallows Abort is abandoned: it is a daemon, and unmanaged from here on.
            main.gate.acquire(True, 1.0)
        self.current = None
        account.offers = self.strategy.offers
        self.clock.end()
        self.record.close()
        if account.unfinished:
            self.ours.update(task.ident for task in self.abandoned())  # they help nobody any more
        for put_back in reversed(self.at_end):
            put_back()

    def _kept_locks(self) -> list[tuple[int, Resource]]:
        seen = self.record.seen
        return [
            (task.index, seen[key][1])
            for key, (_, task) in self.owners.items()
            if task.done and not task.daemon and key in seen
        ]

    def abandoned(self) -> list[Task]:
        """Tasks of the last execution whose threads could not be unwound."""
        return [task for task in self.account.unfinished if not task.done]

    def finish(self, task: Task, worker: Worker | None = None) -> Task | None:
        """Give up the baton for good: the task has nothing left to do.

        Its thread may be one of the pool, ``worker``: then it goes back there, or runs the task
        that is returned, one which has no thread yet. That saves passing the baton on.
        """
        if not self._knows(task):  # of the process that has forked this one
            if worker is not None:
                worker.leave()
            return None
        try:  # suppress() would take half as long as all the rest
            if not self.aborting:
                self._stop(task)
            else:  # nobody interrupts it from here on
                task.running = False
                if self.disturbed:
                    with self.mutex:
                        pass
        except Abort:
            pass
        task.done = True
        if self.lingering and not self.left_over():
            self.wake(id(self.at_end))
        if self.aborting:
            if worker is not None:
                self.pool.give_back(worker)
            if self.current is task:
                self.tasks[0].gate.release()
            return None
        if self.observer is not None:
            self.observer.ended(task)
        self.record.note(task.index, THREAD, task.index, END)
        task.steps += 1
        self.enabled.remove(task)
        if id(task) in self.waiters:
            self.wake(id(task))
        if task.group is not None:
            task.group.left -= 1
            if not task.group.left:
                self.wake(id(task.group))
        chosen = self._next(task)
        if worker is not None:
            goes_on = self.pool.reuses and not self.pool.rotates
            if chosen is not None and chosen.gate is NOT_STARTED and goes_on:
                self._bind(chosen, worker)
                self.current = chosen
                self._grant(chosen)
                return chosen
            self.pool.give_back(worker)
        if chosen is not None:
            self._pass_to(chosen)
        return None

    def forget_in_child(self) -> None:
        """In a process that was forked: what goes on there is no part of an execution, and no other
        thread of this one has come along.
        """
        if self.current is not None:
            self.clock.end()
            self.current = None
            self.forget()
        self.mutex = allocate_lock()
        self.disturbed = ALWAYS_DISTURBED
        self.pool = WorkerPool()
        self.ours = set()


def _leave_forked_process() -> NoReturn:
    """End a process that the program has forked and that comes out of the program's end."""
    exit_now(1 if sys.exc_info()[0] else 0)


baton = Baton()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=baton.forget_in_child)
