"""What happens out of the scheduler's sight while every managed thread waits: something is released
in C code or in code that is not instrumented, or by threads that are not managed (*strangers*).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from typing import Any

from pytest_concurrency._compat import threads_by_ident
from pytest_concurrency.real_time import perf_counter
from pytest_concurrency.runtime.scheduler.state import State
from pytest_concurrency.runtime.system.descriptors import wait_really
from pytest_concurrency.runtime.system.frames import current_frames

Wake = Callable[[int], object]
"""Makes those runnable that wait for a key."""
_MOMENT_SECONDS = 0.001
"""Between two looks at what strangers do."""
_STILL_SECONDS = 0.3
"""Seconds without movement after which strangers will not help."""
_NAP_SECONDS = 0.01
"""The same for strangers that have not moved since they did not help so long."""
_LONGEST_SECONDS = 5.0
"""Seconds that strangers may keep moving without helping."""
_TIMES = 20
"""If they did not help so often in a row before a wait ran out, they are asked as rarely."""
_asleep: dict[int, tuple[int, int]] = {}
"""Where the strangers stood, by thread, that have not helped."""


def wake_released(state: State, wake: Wake) -> bool:
    """Wake those who wait for something that is free; return whether there was anything."""
    found = False
    for task in state.tasks:
        reason: Any = task.blocked_on
        is_over = getattr(reason, "is_over", None)
        if is_over is not None and task not in state.enabled and not task.outside and is_over():
            wake(id(reason.target))
            found = True
    return found


def have_helped(state: State, wake: Wake) -> bool:
    """Give strangers a moment; return whether one of them has released something."""
    strangers = _strangers(state)
    if not strangers:
        return False
    can_run_out = bool(state.clock.timers)
    state.still += 1
    is_real = can_run_out and state.terms.sleeps_really
    if can_run_out and not is_real and state.still > _TIMES and state.still % _TIMES:
        return False
    until_next = state.clock.timers[0].when - state.clock.now if can_run_out else inf
    longest = min(_LONGEST_SECONDS, until_next)
    started = moved = perf_counter()
    places = _places(strangers)
    slept = all(_asleep.get(ident) == place for ident, place in places.items())
    patience = 2 * _MOMENT_SECONDS if can_run_out else _NAP_SECONDS if slept else _STILL_SECONDS
    if is_real:
        patience = longest
        state.slept_really = True
    while True:
        wait_really(state.polled.values(), _MOMENT_SECONDS)
        if wake_released(state, wake):
            state.still = 0
            return True
        now = perf_counter()
        before, places = places, _places(strangers)
        if places != before or any(map(_wants_to_run, strangers.values())):
            moved = now
            if not can_run_out:
                patience = _STILL_SECONDS
        if now - moved > patience or now - started > longest:
            if not can_run_out:
                _asleep.clear()
                _asleep.update(places)
            return False


def have_strangers(state: State) -> bool:
    """Whether there are threads that are neither managed nor the plugin's own."""
    return bool(_strangers(state))


def have_young_strangers(state: State) -> bool:
    """Whether there are any that a set-up has started since this process began to explore."""
    elders = state.terms.elders
    return elders is not None and any(ident not in elders for ident in _strangers(state))


def _strangers(state: State) -> dict[int, threading.Thread]:
    """Return the threads that are neither managed nor the plugin's own, by ``ident``.

    From the table behind ``threading.enumerate``, which is replaced while exploring.
    """
    known = (state.by_ident, state.ours, state.pool.idents)
    main = threading.main_thread().ident
    return {
        ident: thread
        for ident, thread in threads_by_ident().items()
        if ident != main and not any(ident in idents for idents in known)
    }


def _wants_to_run(thread: threading.Thread) -> bool:
    """Whether a thread has been woken and waits for a CPU, so that it has not moved yet."""
    try:
        stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "R"


def _places(idents: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return where the code of threads stands."""
    frames = current_frames()
    found = {ident: frames[ident] for ident in idents if ident in frames}
    return {ident: (id(frame), frame.f_lasti) for ident, frame in found.items()}
