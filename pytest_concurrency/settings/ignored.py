"""Patterns of hazards that are known and may stay: ``lost-update Cache.hits: statistics only``.

The first word is the kind (``*``: any), then come the location as headlines call it, and, after
``at``, a file, a file and line, or a function; either may be left out. ``*`` stands for anything. A
colon and the reason end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from ..kinds import KINDS
from ..model import Accepted, CellResult, Hazard, Ignored, Site
from .rules import shown

Accepts: TypeAlias = Callable[[Hazard], Accepted | None]
"""Says who accepts a hazard, if anybody does."""

EXPECTED: Final = '"KIND LOCATION: REASON", as in "lost-update Cache.hits: statistics only"'
_FORM = re.compile(
    r"(?P<kind>[^\s:]+)(?:\s+(?!at\s)(?P<location>.+?))??(?:\s+at\s+(?P<site>\S+))?:\s+(?P<reason>.+)",
    re.DOTALL,
)


def never(hazard: Hazard) -> None:
    """Accept nothing."""


def parse(text: object) -> Ignored:
    """Read a pattern; ``ValueError`` says what is accepted."""
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(EXPECTED)
    kind = found["kind"]
    if kind != "*" and kind not in KINDS:
        raise ValueError(f"a kind as its first word: {', '.join(KINDS)}, or * for any")
    reason = " ".join(found["reason"].split())
    return Ignored(found[0], kind, found["location"] or "", found["site"] or "", reason)


def parse_all(texts: Iterable[object], shown_as: str) -> tuple[Ignored, ...]:
    """Read patterns; ``ValueError`` is one line for the user, which names where they were given."""
    patterns = []
    for text in texts:
        try:
            patterns.append(parse(text))
        except ValueError as error:
            raise ValueError(f"{shown_as}: got {shown(text)}, expected {error}") from None
    return tuple(patterns)


def matches(pattern: Ignored, hazard: Hazard) -> bool:
    """Whether a pattern means this hazard: a failure that was found to come from an accepted
    location is accepted with it.
    """
    kind = KINDS[hazard.kind]
    if pattern.kind not in ("*", kind.name) and not (
        kind.is_symptom and hazard.location and pattern.location
    ):
        return False
    if pattern.location and not _fits(pattern.location, hazard.location):
        return False
    return not pattern.site or any(_is_at(pattern.site, use.site) for use in hazard.sites)


def by_patterns(patterns: Iterable[Ignored]) -> Accepts:
    """Return what accepts the hazards that one of these patterns means."""
    return partial(_accepted, tuple(patterns))


def marked(result: CellResult, accepts: Accepts) -> CellResult:
    """Return what a cell gave with its hazards marked that may stay: where no other one is left, it
    is as good as clean.
    """
    hazards = tuple(
        replace(each, accepted=each.accepted or accepts(each)) for each in result.hazards
    )
    is_clean = result.outcome == "hazard" and not any(each.is_error for each in hazards)
    return replace(result, hazards=hazards, outcome="clean" if is_clean else result.outcome)


def _accepted(patterns: tuple[Ignored, ...], hazard: Hazard) -> Accepted | None:
    for pattern in patterns:
        if matches(pattern, hazard):
            return Accepted(pattern.text, pattern.reason)
    return None


def _is_at(pattern: str, site: Site) -> bool:
    path = site.path.replace("\\", "/")
    names = (site.function, path, f"{path}:{site.line}")
    return any(_fits(pattern, name) or _fits(f"*/{pattern}", name) for name in names) or _fits(
        f"*.{pattern}", site.function
    )


def _fits(pattern: str, text: str) -> bool:
    """Whether a text is like the pattern; brackets are what they are in a location: brackets."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
