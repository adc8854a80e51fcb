"""Which memory maps are private: what a process writes there no other process sees."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, Final

_MAPS: Final = Path("/proc/self/maps")
_PERMISSIONS: Final = 1
"""Which column has them; the last letter is ``p`` or ``s``."""


class Mappings:
    """Tells private maps (``MAP_PRIVATE``, ``ACCESS_COPY``) from shared ones."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool] = {}
        """By the addresses of the object and of what it maps."""

    def forget(self) -> None:
        """Ask the system again: something else may lie at an address by now."""
        self._known.clear()

    def is_private(self, mapped: Any) -> bool:
        """Whether an ``mmap`` is known to be private: the object does not say so, the system does.

        Those that can only be read, or are closed, count as shared.
        """
        address = address_of(mapped)
        if address is None:
            return False
        key = (id(mapped), address)
        if key not in self._known:
            self._known[key] = _is_private_at(address)
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
