"""What memory maps are of: in a private one nobody else sees what a process writes."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, Final

_MAPS: Final = Path("/proc/self/maps")
_PERMISSIONS: Final = 1
"""Which column has them; the last letter is ``p`` or ``s``."""


class Mappings:
    """Tells private maps (``MAP_PRIVATE``, ``ACCESS_COPY``) from shared ones, and names these."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str | None] = {}
        """By the addresses of the object and of what it maps: its name, None of a private one."""

    def forget(self) -> None:
        """Ask the system again: something else may lie at an address by now."""
        self._known.clear()

    def name_of(self, mapped: Any) -> str | None:
        """Name what an ``mmap`` is of, the same in all processes that map it: the object does not
        say so, the system does. None: it is private.

        "" for those that can only be read, or are closed: they count as shared.
        """
        address = address_of(mapped)
        if address is None:
            return ""
        key = (id(mapped), address)
        if key not in self._known:
            self._known[key] = None if _is_private_at(address) else map_at(address)
        return self._known[key]


def address_of(mapped: Any) -> int | None:
    """Return where an ``mmap`` begins; None of one that can only be read, or is closed."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(mapped))
    except (TypeError, ValueError):
        return None


def map_at(address: int) -> str:
    """Name what is mapped at an address, the same in all processes that map it; "" if that is no
    shared memory."""
    begin, columns = _line_at(address)
    if not columns or not columns[_PERMISSIONS].endswith("s"):
        return ""
    offset, device, number = columns[2:5]
    return f"<{device} {number} at {int(offset, 16) + address - begin}>"


def _is_private_at(address: int) -> bool:
    _, columns = _line_at(address)
    return bool(columns) and columns[_PERMISSIONS].endswith("p")


def _line_at(address: int) -> tuple[int, list[str]]:
    """Return where the map begins that holds an address, and what the system says of it; nothing
    where it does not show them."""
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0, []
    for line in lines:
        columns = line.split(maxsplit=5)
        begin, end = (int(number, 16) for number in columns[0].split("-"))
        if begin <= address < end:
            return begin, columns
    return 0, []
