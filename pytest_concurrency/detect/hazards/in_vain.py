"""What threads wait for that nobody will do, told with what led to it: where a lock was taken by
whoever holds it, which notify came too early.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_concurrency.detect.hazards.given_up import HOLDER
from pytest_concurrency.detect.locking.order import last_event
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.telling import line_of, site_of
from pytest_concurrency.model import Access, ThreadState
from pytest_concurrency.runtime.diagnosis.lock_names import thread_name
from pytest_concurrency.runtime.trace.event import site_number
from pytest_concurrency.runtime.trace.operations import WAIT
from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.runtime.trace.sites import INTERNAL


def said(observation: Observation, state: ThreadState) -> str:
    """Say what a thread waits for."""
    held = HOLDER.search(state.waits_for)
    if held is not None and " held by " in state.waits_for:
        return _of_lock(observation, state, int(held[1] or 0))
    told = f"{thread_name(state.thread, '')} waits for {state.waits_for}"
    return f"{told}{_of_signal(observation, state)}"


def _of_lock(observation: Observation, state: ThreadState, holder: int) -> str:
    who, lock = thread_name(state.thread, ""), state.awaits
    taken = _taken_at(observation, state.thread, holder)
    at = f"took it at {taken}" if taken else "holds it"
    if holder == state.thread:
        again = "waits for it again: only an RLock can be taken twice by its holder"
        return f"{who} {at.replace('it', lock, 1)} and {again}"
    has_ended = all(each.thread != holder for each in observation.execution.states)
    end = " and has ended" if has_ended else ""
    by = thread_name(holder, "")
    return f"{who} waits for {lock} held by {by}" + (f", which {at}{end}" if taken or end else "")


def _taken_at(observation: Observation, thread: int, holder: int) -> str:
    """Return where the lock was taken that a thread waits for; "" if that is not known."""
    log = observation.execution.log
    lock = _awaited(observation, thread)
    taken = observation.locks_held.held_last(holder).get(lock) if lock is not None else None
    if taken is None:
        return ""
    number = taken.site
    if number == INTERNAL:
        index = last_event(log, holder, taken.position)
        number = site_number(log[index]) if index >= 0 else number
    return line_of(site_of(number)) if number != INTERNAL else ""


def _awaited(observation: Observation, thread: int) -> Location | None:
    """Return what a thread was found to wait for last."""
    for _, by, _, resource, part, op in reversed(observation.execution.noted):
        if op == WAIT and by == thread:
            return (resource, part)
    return None


def _of_signal(observation: Observation, state: ThreadState) -> str:
    """Say why nobody wakes who waits for a condition or an event, as far as the record tells."""
    name, accesses = state.awaits.partition(" ")[2], observation.accesses
    is_condition = state.waits_for.startswith("a notify of ")
    if not accesses or not (is_condition or state.waits_for.endswith(" to be set")):
        return ""
    mine = [index for index, each in enumerate(accesses) if each.thread == state.thread]
    signals = [
        (index, each)
        for index, each in enumerate(accesses)
        if each.location == name and each.op in ("notify", "set", "clear")
    ]
    if not mine:
        return ""
    return _of_condition(signals, mine[-1]) if is_condition else _of_event(signals)


def _of_condition(signals: Sequence[tuple[int, Access]], waited: int) -> str:
    notified = [(index, each) for index, each in signals if each.op == "notify"]
    if not notified:
        return ", which nobody has notified"
    index, last = notified[-1]
    became = "came before the wait" if index < waited else "woke another one"
    return f"; the last one, by {_by(last)}, {became}"


def _of_event(signals: Sequence[tuple[int, Access]]) -> str:
    done = {each.op: each for _, each in signals}
    if "set" not in done:
        return ", which nobody has set"
    if "clear" not in done:
        return ""
    return f"; it was set last by {_by(done['set'])}, and cleared by {_by(done['clear'])}"


def _by(access: Access) -> str:
    return f"{thread_name(access.thread, '')} at {line_of(access.site)}"
