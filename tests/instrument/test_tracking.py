"""Which functions get marks: those in which it depends on the way taken what flows into a write."""

from __future__ import annotations

import ast
import textwrap

import pytest

from pytest_concurrency.instrument.analysis.flows import Flows
from pytest_concurrency.instrument.analysis.tracking import Tracking


def tracked(body: str) -> tuple[set[str], set[str]]:
    """Return the targets that need marks, and the names that matter for them."""
    function = ast.parse("def f(o, p):\n" + textwrap.indent(textwrap.dedent(body), "    ")).body[0]
    assert isinstance(function, ast.FunctionDef)
    tracking = Tracking(Flows(function))
    return {ast.unparse(target) for target in tracking.targets}, set(tracking.names)


@pytest.mark.parametrize(
    "body",
    [
        "o.x = o.x + 1",
        "o.x += 1",
        "t = o.x\nu = t\no.x = u + 1",
        "for b in p:\n    b.x = o.x",
        "for b in p:\n    t = b.x\n    b.x = o.x\n    o.x = t",
        "o.x, p.x = p.x, o.x",
        "t = 0\nfor b in p:\n    t += b.y\no.x = t",  # of other names
        "o['a'] = p.get('b', 0) + 1",
        "if p:\n    p = p[0]\no[0] = p",  # of something else, as far as names tell
    ],
)
def test_what_was_read_last_flows(body: str) -> None:
    assert tracked(body) == (set(), set())


@pytest.mark.parametrize(
    ("body", "targets", "names"),
    [
        ("t = 0\nfor b in p:\n    t += b.x\no.x = t", {"o.x"}, {"t"}),
        ("if p:\n    t = o.x\nelse:\n    t = 0\no.x = t", {"o.x"}, {"t"}),
        ("t = o.x\nif p:\n    t = 5\nu = t\no.x = u", {"o.x"}, {"t", "u"}),
        ("o.x = sum(b.x for b in p)", {"o.x"}, set()),
        ("o.x = o.x if p else 0", {"o.x"}, set()),
        ("o.x = o.x or p", {"o.x"}, set()),
        ("q = o\nt = q[0] if p else 0\no[0] = t", {"o[0]"}, {"t"}),
        ("q = o[1] or p\nt = q[0] if p else 0\no[1][0] = t", {"o[1][0]"}, {"t"}),
        ("t = []\nfor b in p:\n    t.append(b.x)\no.x = sum(t)", {"o.x"}, {"t"}),
        ("t = {}\nfor b in p:\n    t[b] = b.x\no.x = t[0]", {"o.x"}, {"t"}),
        ("t = o.x\nf(t)\no.x = t", {"o.x"}, {"t"}),  # another activation in between
        ("t = o.x\nyield\no.x = t", {"o.x"}, {"t"}),
        ("global g\nt = g\nif p:\n    t = 0\ng = t", {"g"}, {"t"}),
    ],
)
def test_it_depends(body: str, targets: set[str], names: set[str]) -> None:
    assert tracked(body) == (targets, names)
