"""Whether a process waits for another one, as far as the system shows it (``/proc``).

A process that sleeps because it told the clock to goes on by itself; so does one that waits for a
child which works. One that sleeps in the kernel for any other reason goes on when somebody else
does something.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

State = Literal["busy", "sleeping", "waiting", "unknown"]
LOOKS = 3
"""Looks in a row that must find a process waiting, and no CPU time used between them."""
_SLEEPS = ("nanosleep", "nsleep")
_PROC = Path("/proc")


class Stillness:
    """Looks at one process again and again."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._used = -1
        self._still = 0

    def look(self) -> State:
        """Return what it does now; ``waiting`` only after several looks."""
        state, used = _state_of(self._pid)
        self._still = self._still + 1 if state == "waiting" and used == self._used else 0
        self._used = used
        return "busy" if state == "waiting" and self._still < LOOKS else state

    def cpu_time(self) -> int:
        """Return the nanoseconds that it has used."""
        return max(self._used, 0)

    def where(self) -> tuple[str, ...]:
        """Return what its threads wait for, as far as the system says: the system call, with its
        arguments."""
        return tuple(_text(task / "syscall") for task in _tasks(self._pid))

    def forget(self) -> None:
        """Begin anew: it was let go on."""
        self._still = 0


def _state_of(pid: int) -> tuple[State, int]:
    """Return what a process and those that it has started do, and the CPU time that they used."""
    used = 0
    states: set[State] = set()
    for task in _tasks(pid):
        try:
            used += int((task / "schedstat").read_text().split()[0])
            letter = (task / "stat").read_text().rpartition(")")[2].split()[0]
            where = (task / "wchan").read_text()
            children = (task / "children").read_text().split()
        except (OSError, IndexError, ValueError):
            continue
        if letter in "SI":
            states.add("sleeping" if any(name in where for name in _SLEEPS) else "waiting")
        elif letter not in "TtZX":
            states.add("busy")
        for child in children:
            state, more = _state_of(int(child))
            used += more
            states |= {state} - {"unknown"}
    for state in ("busy", "sleeping", "waiting"):
        if state in states:
            return state, used
    return "unknown", used


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _tasks(pid: int) -> list[Path]:
    try:
        return list((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return []
