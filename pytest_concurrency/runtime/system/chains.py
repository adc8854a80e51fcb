"""Exceptions that come from others (causes, contexts, members of groups): how many there are.

Who formats one formats them all: of ten thousand that takes a minute, and of a group that holds
another one twice, which again ..., it never ends.
"""

from __future__ import annotations

from collections.abc import Iterator

MOST = 30
"""Exceptions that are formatted, and read, together."""
_MOST_LOOKED_AT = 1_000_000


def is_long(error: BaseException) -> bool:
    """Whether more exceptions hang together than should be formatted; one that is reached in two
    ways counts twice, and circles are long.
    """
    left, count = [error], 0
    while left and count <= MOST:
        left += _parents(left.pop())
        count += 1
    return count > MOST


def first_of(error: BaseException) -> BaseException:
    """Return the exception in which the chain of causes began, as far as it is no circle."""
    seen = {id(error)}
    while len(seen) < _MOST_LOOKED_AT:
        before = error.__cause__ or error.__context__
        if before is None or id(before) in seen:
            break
        error = before
        seen.add(id(error))
    return error


def _parents(error: BaseException) -> Iterator[BaseException]:
    cause, context = error.__cause__, error.__context__
    if cause is not None:
        yield cause
    if context is not None and context is not cause:
        yield context
    if isinstance(error, BaseExceptionGroup):
        yield from error.exceptions[: MOST + 1]
