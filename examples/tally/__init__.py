"""Tally counts visitors and stock: a small library, with the usual mistakes in it."""

from tally.catalogue import Catalogue, catalogue
from tally.counters import FileCounter, MemoryCounter, ThreadLockedFileCounter
from tally.shop import Board, Shelf, Store

__all__ = [
    "Board",
    "Catalogue",
    "FileCounter",
    "MemoryCounter",
    "Shelf",
    "Store",
    "ThreadLockedFileCounter",
    "catalogue",
]
