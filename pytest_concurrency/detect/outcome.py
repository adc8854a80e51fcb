"""What an execution comes to, as plain data, and where two of them differ.

The place of a difference is a *path*: ``("state", "account", "balance")``, ``("results", "*")``.
Items of lists have no place of their own in it: what is true of one of them is of all. Those of a
record have: a value that is kept with the time when it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import pairwise
from typing import Any, NamedTuple

Path = tuple[str, ...]
ITEM = "*"


class Placed(list[Any]):
    """A list into which a thread has put something at a place of its choice."""


class Outcome(NamedTuple):
    """What an execution has come to when its workers have ended."""

    results: list[Any]
    """What each worker has returned, or ``{"raised": type}``."""
    state: dict[str, Any]
    """What has become of what they were given, by name."""
    are_alike: bool = False
    """Whether all workers do the same, with the same arguments: which is which says nothing."""

    @property
    def shown(self) -> dict[str, Any]:
        """What a person is shown: results only where there are some."""
        told = {"results": self.results} if any(r is not None for r in self.results) else {}
        return {**told, **self.state}


def differences(one: Outcome, other: Outcome, passing: Set[Path] = frozenset()) -> set[Path]:
    """Return where two outcomes differ, other than at paths in ``passing`` and below.

    Of the state only what is named in both is compared, and lists in no order: who came first is
    no matter there, nor who has brought back first what was lent. But where items are put in their
    places, and are sorted in the first outcome, so they have to be in the second.
    """
    compare = _Comparison(passing, are_alike=one.are_alike and other.are_alike)
    found = set(compare.differing(one.results, other.results, ("results",)))
    for name in one.state.keys() & other.state.keys():
        found.update(compare.differing(one.state[name], other.state[name], ("state", name)))
    return found


class _Comparison:
    def __init__(self, passing: Set[Path], *, are_alike: bool) -> None:
        self._passing = passing
        self._are_alike = are_alike

    def differing(self, one: Any, other: Any, path: Path) -> Iterator[Path]:
        if path in self._passing:
            return
        if Placed in (type(one), type(other)) and isinstance(one, list) and isinstance(other, list):
            if _is_sorted(one) and not _is_sorted(other):
                yield path
                return
            one, other = [*one], [*other]
        if type(one) is not type(other):
            yield path
        elif type(one) is dict:
            yield from self._in_dicts(one, other, path)
        elif _is_record(one) and _is_record(other) and len(one) == len(other):
            for place, (item, other_item) in enumerate(zip(one, other, strict=True)):
                yield from self.differing(item, other_item, (*path, str(place)))
        elif type(one) in (list, tuple):
            yield from self._in_lists(one, other, path)
        elif one != other:
            yield path

    def _in_dicts(self, one: Any, other: Any, path: Path) -> Iterator[Path]:
        if one.keys() != other.keys():
            yield path
            return
        for key, value in one.items():
            yield from self.differing(value, other[key], (*path, str(key)))

    def _in_lists(self, one: Any, other: Any, path: Path) -> Iterator[Path]:
        if len(one) != len(other):
            yield path
            return
        if path[0] == "state" or (self._are_alike and len(path) == 1):
            one, other = sorted(one, key=repr), sorted(other, key=repr)
        for item, other_item in zip(one, other, strict=True):
            yield from self.differing(item, other_item, (*path, ITEM))


def _is_sorted(items: list[Any]) -> bool:
    try:
        return all(one <= other for one, other in pairwise(items))
    except TypeError:
        return False


def _is_record(value: object) -> bool:
    """Whether it is a tuple whose places have a meaning each: no two items are of one type."""
    return type(value) is tuple and len({type(item) for item in value}) == len(value)
