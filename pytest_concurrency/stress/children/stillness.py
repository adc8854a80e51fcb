"""Whether a process waits for another one, or hangs, as far as the system shows it (``/proc``).

A process that sleeps because it told the clock to goes on by itself; so does one that waits for a
child which works. One that sleeps in the kernel for any other reason goes on when somebody else
does something.
"""

from __future__ import annotations

import math
import os
from typing import Literal

from pytest_concurrency import real_time as time

State = Literal["busy", "sleeping", "waiting", "unknown"]
LOOKS = 3
"""Looks in a row that must find a process waiting, and no CPU time used between them."""
_SLEEPS = ("nanosleep", "nsleep")
_LONGEST_TEXT_BYTES = 1 << 16
WAITS_FOR_GOOD_SECONDS = 3.0
_SHARE_OF_WAITING = 1 / 4
"""Who has waited for so long, and for so much of its time, waits for what does not come."""
_ASLEEP_SECONDS = 1.0
"""Who sleeps, or pauses, when its time is up may wake and go on: for so long it is looked at."""
_LONGEST_BETWEEN_LOOKS_SECONDS = 0.1
"""Whoever looks may have had no CPU either: no look tells of more time than this."""
_MOST_TIMES = 100
"""Who has not ended after so many times its time hangs, whatever it has had of the CPU."""


class Stillness:
    """Looks at one process again and again."""

    def __init__(self, pid: int, *, but: int = 0) -> None:
        self._pid = pid
        self._but = but
        """A thread that does not count, by its native id: the one that looks."""
        self._used = -1
        self._still = 0

    def look(self) -> State:
        """Return what it does now; ``waiting`` only after several looks."""
        state, used = _state_of(self._pid, self._but)
        self._still = self._still + 1 if state == "waiting" and used == self._used else 0
        self._used = used
        return "busy" if state == "waiting" and self._still < LOOKS else state

    def cpu_time(self) -> int:
        """Return the nanoseconds that it has used."""
        return max(self._used, 0)

    def where(self) -> tuple[str, ...]:
        """Return what its threads wait for, as far as the system says: the system call, with its
        arguments."""
        return tuple(_text(f"{task}/syscall") for task in _tasks(self._pid))

    def forget(self) -> None:
        """Begin anew: it was let go on."""
        self._still = 0


_WITHOUT_LIMIT: dict[str, dict[int, int]] = {
    "x86_64": {202: 4, 73: 0, 72: 0, 0: 0, 45: 0, 7: 3, 61: 0, 1: 0, 271: 3},
    "aarch64": {98: 4, 32: 0, 25: 0, 63: 0, 207: 0, 73: 3, 260: 0, 64: 0},
}
"""By machine: system calls (futex, flock, fcntl, read, recvfrom, poll, wait4, write, ppoll), and
which of their arguments says for how long they wait at most; 0: none does."""
_NO_LIMIT = frozenset({0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF})


def waits_without_limit(pid: int) -> bool:
    """Whether each thread of a process waits in the kernel for as long as it takes, as far as the
    system says."""
    calls = _WITHOUT_LIMIT.get(os.uname().machine, {})
    found = [_text(f"{task}/syscall").split() for task in _tasks(pid)]
    return bool(found) and all(_is_without_limit(each, calls) for each in found)


def _is_without_limit(call: list[str], calls: dict[int, int]) -> bool:
    if not call or not call[0].isdigit() or int(call[0]) not in calls:
        return False
    position = calls[int(call[0])]
    return position == 0 or int(call[position], 16) in _NO_LIMIT


class Overdue:
    """Tells who hangs from who only has had no CPU, when its time is up: on a busy machine, seconds
    pass for whoever does not run, too.
    """

    def __init__(self, pid: int, seconds: float, *, but: int = 0) -> None:
        self._stillness = Stillness(pid, but=but)
        self._stillness.look()
        self._seconds = seconds
        self._used_before = self._stillness.cpu_time()
        self._last = math.inf
        self._went_on = self._looked = time.monotonic()
        self._asleep = 0.0

    def waits_for_good(self) -> bool:
        """Whether it has waited for long, and used no CPU meanwhile; to be asked again and again,
        before its time is up.
        """
        now = time.monotonic()
        if self._stillness.look() != "waiting":
            self._went_on = now
        longest = max(WAITS_FOR_GOOD_SECONDS, self._seconds * _SHARE_OF_WAITING)
        return now - self._went_on >= longest

    def hangs(self) -> bool:
        """Whether it stands still, or has used as much of the CPU as it had time; to be asked again
        and again, a moment apart, from the time on when that is up. It hangs, too, where it sleeps
        on, or the system shows nothing.
        """
        now = time.monotonic()
        if self._last == math.inf:
            self._last = now + (_MOST_TIMES - 1) * self._seconds
            self._looked = now
        state = self._stillness.look()
        used = (self._stillness.cpu_time() - self._used_before) / 1e9
        if state != "busy":
            self._asleep += min(now - self._looked, _LONGEST_BETWEEN_LOOKS_SECONDS)
        self._looked = now
        sleeps_on = self._asleep >= min(self._seconds, _ASLEEP_SECONDS)
        return state == "waiting" or sleeps_on or used >= self._seconds or now >= self._last


def _state_of(pid: int, but: int = 0) -> tuple[State, int]:
    """Return what a process and those that it has started do, and the CPU time that they used."""
    used = 0
    states: set[State] = set()
    for task in _tasks(pid):
        try:
            children = _read(f"{task}/children").split()
            if not task.endswith(f"/{but}"):
                used += int(_read(f"{task}/schedstat").split()[0])
                states |= _states_of(task)
        except (OSError, IndexError, ValueError):
            continue
        for child in children:
            state, more = _state_of(int(child))
            used += more
            states |= {state} - {"unknown"}
    for state in ("busy", "sleeping", "waiting"):
        if state in states:
            return state, used
    return "unknown", used


def _states_of(task: str) -> set[State]:
    letter = _read(f"{task}/stat").rpartition(")")[2].split()[0]
    if letter in "SI":
        where = _read(f"{task}/wchan")
        return {"sleeping" if any(name in where for name in _SLEEPS) else "waiting"}
    return set() if letter in "TtZX" else {"busy"}


def _read(path: str) -> str:
    """Return what a file of the system says. It is asked for by the thousand: no file object."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, _LONGEST_TEXT_BYTES).decode(errors="replace")
    finally:
        os.close(descriptor)


def _text(path: str) -> str:
    try:
        return _read(path)
    except OSError:
        return ""


def _tasks(pid: int) -> list[str]:
    folder = f"/proc/{pid}/task"
    try:
        # Ctrl-C would leave what looks through the folder open, in Path.iterdir() as well.
        return [f"{folder}/{task}" for task in os.listdir(folder)]  # noqa: PTH208
    except OSError:
        return []
