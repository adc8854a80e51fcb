"""Numbers in instrumented code: which site is meant, which mark.

A file's code is made with numbers that count from its own first site and mark, so that it is the
same in each process and can be kept on disk. Where it is used its tables are appended to those of
the process, and its numbers moved by as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import CodeType
from typing import NamedTuple

from pytest_concurrency.runtime.helpers.marks import MEANINGS, Meaning, Origin
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite

_SITE, _MARK = "\0site of pytest-concurrency", "\0mark of pytest-concurrency"
"""What such a number is a pair with until then: no program has these among its constants."""

Number = tuple[str, int]


def site_number(number: int) -> Number:
    """Return the constant that stands for the file's site of this number."""
    return (_SITE, number)


def mark_number(number: int) -> Number:
    """Return the constant that stands for the file's mark of this number."""
    return (_MARK, number)


class _First(NamedTuple):
    site: int
    mark: int


def entered(
    code: CodeType, sites: Sequence[InstrumentedSite], meanings: Sequence[Meaning]
) -> CodeType:
    """Append a file's tables to those of the process; return its code with the numbers there."""
    first = _First(len(SITES), len(MEANINGS))
    SITES.extend(_moved_site(site, first.site) for site in sites)
    MEANINGS.extend(_moved_meaning(meaning, first.site) for meaning in meanings)
    return _moved_code(code, first)


def _moved_code(code: CodeType, first: _First) -> CodeType:
    constants = tuple(_moved_constant(constant, first) for constant in code.co_consts)
    return code.replace(co_consts=constants)


def _moved_constant(constant: object, first: _First) -> object:
    if isinstance(constant, CodeType):
        return _moved_code(constant, first)
    match constant:
        case (str(kind), int(number)) if kind == _SITE:
            return number + first.site
        case (str(kind), int(number)) if kind == _MARK:
            return number + first.mark
    return constant


def _moved_site(site: InstrumentedSite, first: int) -> InstrumentedSite:
    if not site.flows and not site.compared:
        return site
    compared = frozenset((_moved(one, first), _moved(other, first)) for one, other in site.compared)
    return replace(site, flows=_moved(site.flows, first), compared=compared)


def _moved_meaning(meaning: Meaning, first: int) -> Meaning:
    if not meaning.bound and not meaning.stored:
        return meaning
    return replace(
        meaning,
        bound=tuple((name, _moved_origin(origin, first)) for name, origin in meaning.bound),
        stored=tuple(
            (number + first, _moved_origin(origin, first)) for number, origin in meaning.stored
        ),
    )


def _moved_origin(origin: Origin, first: int) -> Origin:
    return Origin(_moved(origin.sites, first), origin.names)


def _moved(numbers: frozenset[int], first: int) -> frozenset[int]:
    return frozenset(number + first for number in numbers)
