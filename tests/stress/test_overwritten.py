"""What a process writes from what it had read before another one wrote: told as between threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_concurrency.model import Cell, CellResult, Hazard, Site, SiteUse
from pytest_concurrency.runtime.effects.outside import (
    LocationKind,
    add_location_kind,
    remove_location_kind,
)
from pytest_concurrency.runtime.trace.sites import InstrumentedSite, add_site
from pytest_concurrency.stress.outside.touch import Touch
from pytest_concurrency.stress.processes.overwritten import (
    Lines,
    flowing_lines,
    lost_update_between,
)

READ = add_site(InstrumentedSite("it.py", 1, 0, "work", "call", "", "get"))
WRITE = add_site(
    InstrumentedSite("it.py", 2, 0, "work", "call", "", "put", flows=frozenset({READ}))
)


@pytest.fixture(autouse=True)
def _store_keys() -> Iterator[None]:
    kind = LocationKind("store key", {})
    add_location_kind(kind)
    yield
    remove_location_kind(kind)


def between(location: str, *, foreign_write: int) -> Hazard | None:
    """One process reads at 1 and writes at 3, the other one writes at the given time."""
    one = [Touch(1, location, "read", READ), Touch(3, location, "write", WRITE)]
    return lost_update_between([one, [Touch(foreign_write, location, "write", WRITE)]])


@pytest.mark.parametrize(
    ("location", "name"),
    [("/tmp/data.txt", "file data.txt"), ("store key n", "store key n"), ("<object 7>", "put")],
)
def test_it_is_named_as_between_threads(location: str, name: str) -> None:
    found = between(location, foreign_write=2)
    assert found is not None
    assert (found.kind, found.location) == ("lost-update", name)
    assert found.message == (
        f"a process writes to {name} what follows from the value that it read before another one "
        "wrote there: that one's update is lost"
    )
    assert [(use.thread, use.op, use.site.line) for use in found.sites] == [
        (1, "read", 1),
        (2, "write", 2),
        (1, "write", 2),
    ]


@pytest.mark.parametrize("foreign_write", [0, 4])
def test_nothing_is_lost_before_or_afterwards(foreign_write: int) -> None:
    assert between("/tmp/data.txt", foreign_write=foreign_write) is None


HELPED_READ = add_site(
    InstrumentedSite("it.py", 5, 0, "load", "call", "", "get", is_given_away=True)
)
HELPED_WRITE = add_site(InstrumentedSite("it.py", 8, 0, "save", "call", "", "put", is_given=True))
FLOWING = flowing_lines(
    [
        CellResult(
            Cell("explored", threads=2),
            "hazard",
            hazards=(
                Hazard(
                    "lost-update",
                    "",
                    "file data.txt",
                    (
                        SiteUse(Site("it.py", 5), 1, "read"),
                        SiteUse(Site("it.py", 8), 2, "write"),
                        SiteUse(Site("it.py", 8), 1, "write"),
                    ),
                ),
            ),
        )
    ]
)


@pytest.mark.parametrize("flowing", [FLOWING, frozenset()])
def test_what_flows_through_calls_is_known_from_threads(flowing: frozenset[Lines]) -> None:
    one = [Touch(1, "/data.txt", "read", HELPED_READ), Touch(3, "/data.txt", "write", HELPED_WRITE)]
    other = [Touch(2, "/data.txt", "write", HELPED_WRITE)]
    found = lost_update_between([one, other], flowing)
    assert (found is not None) == bool(flowing)
    assert lost_update_between([one, [other[0]._replace(when=0)]], flowing) is None
