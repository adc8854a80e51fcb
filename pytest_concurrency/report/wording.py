"""The words for hazards, threads and places, so that every report uses the same ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from pytest_concurrency.kinds import KINDS
from pytest_concurrency.model import (
    CellKind,
    Hazard,
    IsolationVerdict,
    Operation,
    Site,
    StressReport,
)
from pytest_concurrency.report.page import Markup

VERBS: dict[Operation, str] = {
    "read": "reads",
    "write": "writes",
    "remove": "removes",
    "acquire": "acquires",
    "release": "releases",
    "wait": "waits",
    "wake": "goes on",
    "set": "sets",
    "clear": "clears",
    "notify": "notifies",
    "start": "starts a thread",
    "join": "joins a thread",
    "call": "calls",
    "use": "uses",
}


def headline(hazard: Hazard, *, short: bool = False) -> str:
    """Name a hazard in one line: kind, location and the lines that met on it.

    ``short`` leaves the directories away.
    """
    title = KINDS[hazard.kind].title
    if hazard.location:
        title += f" on {hazard.location}"
    else:
        title += f": {' '.join(hazard.message.split())}"
    places = lines_met(hazard)
    if not places:
        return title
    names = shortest_names(path for path, _ in places) if short else {}
    shown = [f"{names.get(path, path)}:{number}" for path, number in places]
    if len(shown) > 2:
        return f"{title} ({shown[0]}, {shown[1]} and {len(shown) - 2} more)"
    return f"{title} ({' and '.join(shown)})"


def summary(hazards: Sequence[Hazard]) -> str:
    """Name what was found in a test in one short line: the first hazard, and how many more."""
    text = headline(hazards[0], short=True)
    return text if len(hazards) == 1 else f"{text}; and {count(len(hazards) - 1, 'more hazard')}"


def lines_met(hazard: Hazard) -> list[tuple[str, int]]:
    """List the different lines of a hazard's sites, in the order given."""
    return list(dict.fromkeys((use.site.path, use.site.line) for use in hazard.sites))


def worker(index: int, kind: CellKind = "explored") -> str:
    """Name a thread, or in a cell of processes a process, by its index."""
    noun = "process" if kind in ("explored-processes", "processes") else "thread"
    return f"{noun} {index}" if index else f"main {noun}"


def unseen_code(report: StressReport) -> str:
    """Say what code of a test is not seen, and how to have it seen; empty if all of it is."""
    if not report.unseen:
        return ""
    packages = [each.package for each in report.unseen if each.package]
    whose = [f"code of {', '.join(packages)}"] if packages else []
    if len(packages) < len(report.unseen):
        whose.append("code made by exec() or eval()")
    missing = [each.package for each in report.unseen if each.package and not each.on_purpose]
    add = f"; add --concurrency-source={','.join(missing)}" if missing else ""
    seen = report.entered - sum(each.functions for each in report.unseen)
    return (
        f"{seen} of {count(report.entered, 'function')} instrumented: "
        f"{' and '.join(whose)} is not seen{add}"
    )


def verdict_color(verdict: IsolationVerdict) -> Markup:
    """Choose the colour that an isolation verdict has everywhere."""
    if verdict == "clean":
        return "green"
    return "yellow" if verdict in ("inconclusive", "not-shared") else "red"


def place(site: Site) -> str:
    """Name a site the way editors understand, with its function."""
    where = f"{site.path}:{site.line}"
    return f"{where}, in {site.function}" if site.function else where


def shortest_names(paths: Iterable[str]) -> dict[str, str]:
    """Map paths to as few of their last parts as tell them apart; ``__init__.py`` alone tells
    nothing.
    """
    parts = {path: path.replace(os.sep, "/").split("/") for path in paths}
    longest = max((len(each) for each in parts.values()), default=1)
    for size in range(1, longest):
        names = {
            path: "/".join(each[-max(size, 2 if each[-1] == "__init__.py" else 1) :])
            for path, each in parts.items()
        }
        if len(set(names.values())) == len(names):
            return names
    return {path: path for path in parts}


def count(number: int, noun: str) -> str:
    """Put a number before a noun: ``1 hazard``, ``2 hazards``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"
