"""What the patterns of ``match`` read of the thing that is matched, and of what is in there."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

PatternReads = tuple[Any, ...]
"""What a pattern reads, as ``dynamic.matched`` describes it."""


def reads_of(pattern: ast.pattern) -> PatternReads | None:
    """Say what a pattern reads, as ``matched`` wants it; None if it reads nothing."""
    match pattern:
        case ast.MatchAs(pattern=inner) if inner is not None:
            return reads_of(inner)
        case ast.MatchOr(patterns=parts):
            return ("or", *filter(None, map(reads_of, parts)))
        case ast.MatchSequence(patterns=parts):
            stars = [n for n, part in enumerate(parts) if isinstance(part, ast.MatchStar)]
            after = len(parts) - stars[0] if stars else 0
            # Those after a star are counted from the end.
            places = [n - len(parts) if n > len(parts) - after else n for n in range(len(parts))]
            return ("items", *_named(places, parts))
        case ast.MatchMapping(keys=keys, patterns=parts):
            names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            return ("items", *_named(names, parts))
        case ast.MatchClass(patterns=parts, kwd_attrs=names, kwd_patterns=named):
            by_place = [*enumerate(map(reads_of, parts))]
            by_name = [*zip(names, map(reads_of, named), strict=True)]
            return ("attributes", *by_place, *by_name)
    return None


def _named(
    names: Sequence[object], parts: Sequence[ast.pattern]
) -> list[tuple[object, PatternReads]]:
    """Return the parts that read something themselves, each with where it is found."""
    found = zip(names, map(reads_of, parts), strict=True)
    return [(name, reads) for name, reads in found if reads is not None and name is not None]
