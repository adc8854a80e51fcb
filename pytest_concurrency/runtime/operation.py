"""What a thread will do next when it is let go, and which of two such things have an order that
matters."""

from __future__ import annotations

from typing import Any

from pytest_concurrency.runtime.sites import SITES

WHOLE = object()
"""The key of an access to a container as a whole: it overlaps with every key of that container."""
_READS = frozenset({"read", "file-read"})


class Operation:
    """The access or synchronisation that a thread stands before, at a scheduling point."""

    __slots__ = ("place", "site", "target", "waits", "writes")

    def __init__(
        self, site: int, target: int, place: Any = None, kind: str = "", *, waits: bool = False
    ) -> None:
        self.site = site
        self.target = target
        """The ``id`` of what is touched; the thread that stands there keeps it alive."""
        self.place = SITES[site].name if place is None else place
        """Which part of it: an attribute's name, a key, ``WHOLE``."""
        self.waits = waits
        """Whether it takes a lock, and waits for it as long as it takes."""
        self.writes = (kind or SITES[site].op) not in _READS

    def conflicts_with(self, other: Operation) -> bool:
        """Whether the two touch one location and one of them writes (synchronises)."""
        return (
            self.target == other.target
            and (self.writes or other.writes)
            and (self.place == other.place or self.place is WHOLE or other.place is WHOLE)
        )
