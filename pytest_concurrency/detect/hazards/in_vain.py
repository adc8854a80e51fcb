"""What threads wait for that nobody will do, told with what led to it: where a lock was taken by
whoever holds it, which notify came too early.
"""

from __future__ import annotations

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


def signals_told(observation: Observation, state: ThreadState) -> tuple[Access, ...]:
    """Return what has been done to the condition or event that a thread waits for, as far as it
    says why nobody wakes it: the last ``notify()``; the ``set()`` and the ``clear()`` after it.
    """
    signals = _signals(observation, state)
    if _is_condition(state):
        notified = [each for each in signals if each.op == "notify"]
        return tuple(notified[-1:])
    done = {each.op: each for each in signals}
    return (done["set"], done["clear"]) if "set" in done and "clear" in done else ()


def _is_condition(state: ThreadState) -> bool:
    return state.waits_for.startswith("a notify of ")


def _signals(observation: Observation, state: ThreadState) -> list[Access]:
    """Return all that was done to what a thread waits for, if that is a condition or an event."""
    if not (_is_condition(state) or state.waits_for.endswith(" to be set")):
        return []
    name, done = state.awaits.partition(" ")[2], ("notify", "set", "clear")
    return [each for each in observation.accesses if each.location == name and each.op in done]


def _of_signal(observation: Observation, state: ThreadState) -> str:
    """Say why nobody wakes who waits for a condition or an event, as far as the record tells."""
    accesses, told = observation.accesses, signals_told(observation, state)
    mine = [index for index, each in enumerate(accesses) if each.thread == state.thread]
    if not mine or not (_is_condition(state) or state.waits_for.endswith(" to be set")):
        return ""
    if _is_condition(state):
        if not told:
            return ", which nobody has notified"
        is_early = any(each is told[0] for each in accesses[: mine[-1]])
        became = "came before the wait" if is_early else "woke another one"
        return f"; the last one, by {_by(told[0])}, {became}"
    if told:
        return f"; it was set last by {_by(told[0])}, and cleared by {_by(told[1])}"
    was_set = any(each.op == "set" for each in _signals(observation, state))
    return "" if was_set else ", which nobody has set"


def _by(access: Access) -> str:
    return f"{thread_name(access.thread, '')} at {line_of(access.site)}"
