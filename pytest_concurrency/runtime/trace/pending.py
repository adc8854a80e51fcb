"""What a thread will do next when it is let go, and which of two such things have an order that
matters."""

from __future__ import annotations

from typing import Any

from pytest_concurrency.runtime.trace.operations import ONLY_READ
from pytest_concurrency.runtime.trace.resource import overlap
from pytest_concurrency.runtime.trace.sites import SITES


class Operation:
    """The access or synchronisation that a thread stands before, at a scheduling point."""

    __slots__ = ("_kind", "_place", "site", "target", "waits")

    def __init__(
        self, site: int, target: int, place: Any = None, kind: str = "", waits: bool = False
    ) -> None:
        self.site = site
        self.target = target
        """The ``id`` of what is touched; the thread that stands there keeps it alive."""
        self.waits = waits
        """Whether it takes a lock, and waits for it as long as it takes."""
        self._place = place
        self._kind = kind

    @property
    def place(self) -> Any:
        """Which part of the target: an attribute's name, a key, ``WHOLE``."""
        return SITES[self.site].name if self._place is None else self._place

    @property
    def kind(self) -> str:
        """What it does: reads, writes, synchronises."""
        return self._kind or SITES[self.site].op

    def is_hot(self, heat: bytearray | None) -> bool:
        """Whether the heat is on there: None is on everywhere, and so is what is not known yet."""
        return heat is None or heat[self.site : self.site + 1] != b"\0"

    def conflicts_with(self, other: Operation) -> bool:
        """Whether the two touch one location and one of them writes (synchronises)."""
        if self.target != other.target or (self.kind in ONLY_READ and other.kind in ONLY_READ):
            return False
        return overlap((self.target, self.place), (other.target, other.place))
