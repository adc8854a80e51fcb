"""The layout of an event is known in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_concurrency
from pytest_concurrency.runtime.trace import event as layout
from pytest_concurrency.runtime.trace.event import Event, access, done_by, names_attribute
from pytest_concurrency.runtime.trace.resource import WHOLE
from pytest_concurrency.runtime.trace.sites import SITES, InstrumentedSite, add_site

_PACKAGE = Path(pytest_concurrency.__file__).parent
_BY_POSITION = re.compile(
    r"\bevent\[|\blog\[[^\]]+\]\[|\blen\(event\)|\bfor \w+, \w+, .* in \w*log\b"
)


def test_nobody_else_takes_an_event_apart() -> None:
    sources = {path: path.read_text() for path in _PACKAGE.rglob("*.py")}
    found = [path.name for path, source in sources.items() if _BY_POSITION.search(source)]
    assert found == ["event.py"]


def test_accessors() -> None:
    event = access(2, 17, 5, "key", "read")
    assert layout.thread_of(event) == 2
    assert layout.site_number(event) == 17
    assert layout.resource_of(event) == 5
    assert layout.part_of(event) == "key"
    assert layout.location(event) == (5, "key")
    assert layout.operation(event) == "read"
    assert layout.thread_and_site(event) == (2, 17)
    assert list(layout.rows([event])) == [(2, 17, 5, "key", "read")]
    assert done_by(3, event) == access(3, 17, 5, "key", "read")


@pytest.fixture
def attribute():
    yield add_site(InstrumentedSite("m.py", 1, 0, "f", "write", "value", "C.value"))
    del SITES[-1]


@pytest.mark.parametrize(
    ("part", "op", "expected"),
    [("value", "write", True), ("value", "use", False), ("other", "write", False),
     (WHOLE, "write", False)],
)  # fmt: skip
def test_what_the_site_alone_tells(attribute: int, part: object, op: str, expected: bool) -> None:
    event: Event = access(1, attribute, 1, part, op)
    assert names_attribute(event) is expected
