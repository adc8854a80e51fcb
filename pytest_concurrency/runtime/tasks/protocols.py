"""What the scheduler asks of others, and what it shows them: strategies, and who watches an
execution.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Thread
from types import FrameType
from typing import Any, Protocol

from pytest_concurrency.runtime.tasks.task import Task, Timer
from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.runtime.trace.synchronisation import Noted

SHORT_WAIT_SECONDS = 1.0
"""Virtual seconds: only so short a wait may run out while other threads could go on. Longer ones
are nets for when something hangs.
"""


class View(Protocol):
    """What a strategy sees of an execution. It is the scheduler's own: to be read only."""

    @property
    def tasks(self) -> Sequence[Task]:
        """All tasks so far, by index."""
        ...

    @property
    def enabled(self) -> Sequence[Task]:
        """Those that can go on, by index."""
        ...

    @property
    def timers(self) -> Sequence[Timer]:
        """The waits that may run out, as a heap."""
        ...

    @property
    def clock(self) -> float:
        """Virtual time in seconds."""
        ...

    @property
    def total(self) -> int:
        """Scheduling points passed by all tasks, as of the last decision."""
        ...

    @property
    def passed(self) -> int:
        """Those of them where the heat is on."""
        ...

    @property
    def log(self) -> Sequence[Event]:
        """The events so far."""
        ...

    @property
    def noted(self) -> Sequence[Noted]:
        """How threads have met so far, other than at scheduling points."""
        ...

    def number_at(self, target: int) -> int | None:
        """Return the number of the object with this ``id``, before which a thread stands; None if
        it has none yet.
        """
        ...

    def runnable(self) -> list[Task]:
        """Return those that can go on and do not stand before a lock that another one holds."""
        ...


class Strategy(Protocol):
    """Chooses who runs. Implementations: ``search/strategies`` and ``search/orders``."""

    longest_early_wait: float
    """Virtual seconds: waits that are longer do not run out while others can go on.
    """

    @property
    def offers(self) -> Sequence[Any]:
        """What it wants to be told of an execution when it is over, maybe in another process."""
        ...

    def begin(self, view: View) -> bytearray | None:
        """Prepare for an execution; return the heat: by site, whether one may switch there.

        None: everywhere. The strategy may change what it has returned while the execution goes on.
        """
        ...

    def changed(self) -> None:
        """Take note that the set of runnable tasks has changed; the next choice comes early."""
        ...

    def choose(self, enabled: list[Task], task: Task) -> Task:
        """Pick from ``enabled`` (sorted by index, at least two); ``task`` held the baton, and is
        in it or not.
        """
        ...

    def hurry(self, sleepers: list[Task], task: Task) -> Task | None:
        """Pick one of ``sleepers``, whose wait may run out now, to go on; None: none of them."""
        ...

    def grant(self, task: Task, enabled: list[Task]) -> int:
        """Say how many scheduling points ``task`` may pass before being asked again (``FREE``: no
        limit).
        """
        ...


class Observer(Protocol):
    """Watches the one execution that is shown; called by the holder."""

    def observe(self, event: Event, obj: object, name: object, /) -> None:
        """Take note of an event of the log, which is about to take place."""
        ...

    def blocked(self, task: Task, /) -> None:
        """Take note that the calling thread waits now, for ``task.blocked_on``."""
        ...

    def resumed(self, task: Task, /) -> None:
        """Take note that it goes on."""
        ...

    def ended(self, task: Task, /) -> None:
        """Take note that the calling thread has nothing left to do."""
        ...

    def names(self, objects: Sequence[object], frames: Iterable[FrameType], /) -> dict[int, str]:
        """Name what threads hold and wait for where an execution ends, as
        ``lock_names.names_of``.
        """
        ...


class Witness(Protocol):
    """Is told of the threads that the program starts itself, and of their ends."""

    def started(self, task: Task, thread: Thread, /) -> None:
        """Take note that a thread is about to be started."""
        ...

    def joined(self) -> None:
        """Take note that the end of a thread has been waited for."""
        ...
