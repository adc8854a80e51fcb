"""The record of an execution as others see it, which is made when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

from pytest_concurrency.detect.telling import site_of
from pytest_concurrency.model import Access, Site

SITE = 4
"""Where in a row the number of the site is, until it is an ``Access``."""


class Accesses(Sequence[Access]):
    """The record of an execution, made of rows for which each site has its number. Most executions
    are recorded for what was in the locations, and nobody looks at the rest.
    """

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows

    @cached_property
    def _made(self) -> tuple[Access, ...]:
        sites = {number: site_of(number) for number in {row[SITE] for row in self._rows}}
        return tuple(Access(*_with_site(row, sites)) for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Access: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Access]: ...

    def __getitem__(self, index: int | slice) -> Access | Sequence[Access]:
        return self._made[index]

    def __iter__(self) -> Iterator[Access]:
        return iter(self._made)

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._made,)  # numbers of sites mean something in this process only


def _with_site(row: Sequence[Any], sites: Mapping[int, Site]) -> list[Any]:
    return [*row[:SITE], sites[row[SITE]], *row[SITE + 1 :]]
