"""One execution of processes: at each touch of something outside memory it is decided who goes on.

The workers are the tasks of a scheduler that is no part of any of them. Each asks before what it is
about to touch, and waits for leave; one has it at a time, and runs freely up to its next touch. To
strategies all this looks as threads do: who stands where, what has happened, who could go on.

Who waits for another one is known in two ways. A lock that would have to be waited for is not
taken: its worker is asked whether it is free whenever others have run. Everything else (pipes,
queues, barriers) is seen in ``/proc``: a worker that sleeps in the kernel and uses no CPU time has
come to a halt, until it goes on.
"""

from __future__ import annotations

import os
import select
from collections.abc import Sequence

from pytest_concurrency import real_time as time
from pytest_concurrency._compat import get_native_id
from pytest_concurrency.runtime.tasks.protocols import Strategy
from pytest_concurrency.runtime.tasks.task import NOT_STARTED, Task
from pytest_concurrency.runtime.trace.operations import (
    BEGIN,
    END,
    JOINED,
    START,
)
from pytest_concurrency.runtime.trace.resource import THREAD
from pytest_concurrency.runtime.trace.sites import INTERNAL
from pytest_concurrency.stress.children.stillness import (
    WAITS_FOR_GOOD_SECONDS,
    Stillness,
)
from pytest_concurrency.stress.conducted.owners import Owners
from pytest_concurrency.stress.conducted.party import Party
from pytest_concurrency.stress.conducted.seen import Seen
from pytest_concurrency.stress.conducted.written_down import operation_of
from pytest_concurrency.stress.outside.asking import GO, IS_FREE, Question
from pytest_concurrency.stress.processes.turns import Asks

_TICK_SECONDS = 0.002
"""How long is listened before it is looked how a worker is that says nothing."""
_STILL_SECONDS = 0.1
"""So long nothing may stir before it is said that nobody can go on."""
_OVERTAKEN = 100
"""Steps of others after which one that comes later has its turn, although they could go on."""
_GIVEN_UP = "its execution was given up"


class Conductor(Seen):
    """Conducts one run of a test, however many times it starts workers."""

    def __init__(self, strategy: Strategy, limit: int, *, in_full: bool = False) -> None:
        super().__init__(strategy, in_full=in_full)
        self._limit = limit
        self._parties: list[Party] = []
        self._current: Party | None = None
        self._owners = Owners(self.written)
        self._deadline = 0.0
        self._poller = select.poll()
        self._all = Stillness(os.getpid(), but=get_native_id())
        """This process and all that it has started."""
        self._choosing.begin(self)

    # -- one group of workers --------------------------------------------------------------

    def attend(self, workers: Sequence[Asks], deadline: float) -> None:
        """Let these workers run until all of them are over."""
        self._deadline = deadline
        self._enlist(workers)
        while not self.outcome and not all(party.task.done for party in self._parties):
            self._settle()
            if self.outcome or all(party.task.done for party in self._parties):
                break
            if self.total >= self._limit:
                self._give_up("step-limit")
            elif (chosen := self._decide()) is not None:
                self._let(chosen)
            elif not self._end_waits():
                self._give_up("timeout")
        self._current = None

    def _enlist(self, workers: Sequence[Asks]) -> None:
        self._poller = select.poll()
        self._parties = []
        seconds = self._deadline - time.monotonic()
        for worker in workers:
            task = Task(len(self.tasks), "", NOT_STARTED, None)
            self.tasks.append(task)
            self.touches.append([])
            self.written.note(0, INTERNAL, THREAD, task.index, START)
            self._parties.append(Party.of(worker, task, seconds))
            for number in worker.descriptors:
                self._poller.register(number, select.POLLIN)

    def _give_up(self, outcome: str) -> None:
        """End the execution: what is left of the workers is ended by who has started them."""
        self.outcome = outcome
        left = (party for party in self._parties if not party.task.done)
        self.states = tuple(map(self._owners.state_of, left))
        for party in self._parties:
            party.worker.note_timeout(_GIVEN_UP)

    # -- until nobody runs -----------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until each worker stands before something, waits, or has ended."""
        while not self.outcome:
            while any(party.runs for party in self._parties):
                if not self._listen(_TICK_SECONDS):
                    self._look_around()
                if self.outcome:
                    return
            if not self._somebody_woke():
                self.written.settle()
                return

    def _listen(self, seconds: float) -> bool:
        """Take what arrives within so many seconds; return whether anything did."""
        has_come = False
        ready = {number for number, _ in self._poller.poll(seconds * 1000)}
        for party in self._parties:
            if not ready.isdisjoint(party.worker.descriptors) and not party.task.done:
                has_come = self._hear(party) or has_come
        return has_come

    def _hear(self, party: Party) -> bool:
        worker, reader = party.worker, party.worker.reader
        if reader is not None and not reader.at_end:
            worker.receive()
        while worker.asked:
            question = worker.asked.pop(0)
            if not question.is_part:
                self._arrive(party, question)
                return True
            assert question.touch is not None
            event = self.written.event_of(party.task.index, question.touch)
            self.written.add(event, question.touch, party.task.steps)
        if worker.is_over():
            self._end(party)
            return True
        return False

    def _arrive(self, party: Party, question: Question) -> None:
        self._owners.have_changed(party)
        task = party.task
        if party.waits and party.slept:
            party.came_late = self.total
        party.stands_before, party.waits, party.doubtful = question, False, False
        party.slept = 0
        if question.touch is None:
            return
        self.touches[task.index - 1].append(question.touch)
        task.steps += 1
        self.total += 1
        waits = question.is_free is not None
        event = self.written.event_of(task.index, question.touch, waits=waits)
        task.operation = operation = operation_of(event, waits=waits)
        if party.seems_to_spin((operation.site, operation.target, operation.kind)):
            party.came_late = self.total

    def _end(self, party: Party) -> None:
        self._owners.have_changed(party)
        task = party.task
        task.done, party.waits, party.stands_before = True, False, None
        task.steps += 1
        for number in party.worker.descriptors:
            self._poller.unregister(number)
        self._owners.forget(task)
        self.written.note(task.index, INTERNAL, THREAD, task.index, END)
        self.written.note(0, INTERNAL, THREAD, task.index, JOINED)
        for other in self._parties:
            other.doubtful = True

    def _look_around(self) -> None:
        """Nobody says anything: see who has ended, and who waits for another one."""
        for party in [party for party in self._parties if party.runs]:
            if party.worker.is_over():
                self._hear(party)
            else:
                party.look(self._all)
        if time.monotonic() < self._deadline:
            return
        left = [party for party in self._parties if party.runs]
        if left and all(party.overdue is None or party.overdue.hangs() for party in left):
            self._give_up("timeout")

    def _somebody_woke(self) -> bool:
        """Whether one of those that wait goes on, since another one has run."""
        for party in self._parties:
            party.look_again()
        return any(party.runs for party in self._parties)

    # -- who goes on -----------------------------------------------------------------------

    def _decide(self) -> Party | None:
        """Choose who goes on; None: nobody can."""
        current = self._current
        if current is not None and current.can_go_on:
            self._choosing.can_go_on(self._able(only_blocked=True))
            must_ask = self._choosing.must_ask(current.task)
            if not must_ask and not self._comes_later(current):
                return current
        able = self._able()
        if not able:
            return None
        came = self.tasks[0] if current is None else current.task
        chosen = self._choosing.choose(came, able)
        return next(party for party in self._parties if party.task is chosen)

    def _able(self, *, only_blocked: bool = False) -> list[Task]:
        """Return those that can go on; ``only_blocked``: whether a lock is free is asked of those
        for which it was not, of whom alone more may be able now.
        """
        self._ask_about_locks(only_blocked=only_blocked)
        able = [party for party in self._parties if party.can_go_on]
        able = [party for party in able if not self._comes_later(party)] or able
        return [party.task for party in able]

    def _comes_later(self, party: Party) -> bool:
        """Whether others go first: it has slept, and in time they are ahead of it, or it may be
        spinning."""
        return 0 <= party.came_late > self.total - _OVERTAKEN

    def _ask_about_locks(self, *, only_blocked: bool) -> None:
        """Learn which locks are free by now that somebody stands before."""
        for party in self._parties:
            question = party.stands_before
            if question is None or question.is_free is None or not party.doubtful:
                continue
            if only_blocked and question.is_free:
                continue
            party.doubtful = False
            party.worker.answer(IS_FREE)
            while not party.worker.said and not party.worker.is_over():
                self._poller.poll(_TICK_SECONDS * 1000)
                party.worker.receive()
            if party.worker.said:
                party.stands_before = question._replace(is_free=party.worker.said.pop())
            else:
                self._end(party)

    def _let(self, party: Party) -> None:
        """Give a worker leave for what it stands before."""
        question, task = party.stands_before, party.task
        assert question is not None
        if question.touch is None:
            self.written.note(task.index, INTERNAL, THREAD, task.index, BEGIN)
        else:
            waits = question.is_free is not None
            event = self.written.event_of(task.index, question.touch, waits=waits)
            self.written.add(event, question.touch, task.steps)
            party.latest = question.touch
            self._owners.are_about_to_change(party, event, question)
        for other in self._parties:
            other.doubtful = True
        party.is_let()
        self._current = party
        party.worker.answer(GO)

    # -- who waits for whom ----------------------------------------------------------------

    def _end_waits(self) -> bool:
        """Nobody can go on: let them try, and see who waits for good. Return whether somebody goes
        on, or it is known that nobody does."""
        for party in self._parties:
            if party.stands_before is not None:
                self._let(party)
        began = stirred = time.monotonic()
        while time.monotonic() < min(self._deadline, began + WAITS_FOR_GOOD_SECONDS):
            self._settle()
            waiting = [party for party in self._parties if not party.task.done]
            if self.outcome or not waiting or not all(party.waits for party in waiting):
                return True
            now = time.monotonic()
            is_still = self._all.look() == "waiting" and all(
                party.waits_for_good for party in waiting
            )
            stirred = stirred if is_still else now
            if any(party.slept for party in waiting):
                began = now  # the clock wakes it
            if now - stirred > _STILL_SECONDS:
                self._give_up("deadlock")
                return True
            self._listen(_TICK_SECONDS)
        return False
