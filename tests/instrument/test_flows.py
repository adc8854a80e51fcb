"""Which reads may flow into a write, within a function."""

from __future__ import annotations

import ast
import textwrap

import pytest

from pytest_concurrency.instrument.analysis.flows import Flows


def flowing(body: str) -> set[str]:
    """Return the attributes whose value may flow into what the last statement stores."""
    function = ast.parse("def f(o, p):\n" + textwrap.indent(textwrap.dedent(body), "    ")).body[0]
    assert isinstance(function, ast.FunctionDef)
    last = function.body[-1]
    assert isinstance(last, ast.Assign)
    reads = Flows(function).into(last.targets[0]).reads
    return {node.attr for node in reads if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("o.x = o.y + 1", {"y"}),
        ("t = o.y\no.x = t + 1", {"y"}),
        ("t = o.y\nt = 0\no.x = t", set()),
        ("t = o.y\nt += o.z\no.x = t", {"y", "z"}),
        ("t = o.y\nif p:\n    t = 0\no.x = t", {"y"}),
        ("if p:\n    t = o.y\nelse:\n    t = o.z\no.x = t", {"y", "z"}),
        ("t = o.y\nif p:\n    return\nelse:\n    t = o.z\no.x = t", {"z"}),
        ("t = 0\nfor v in o.y:\n    t = t + v\no.x = t", {"y"}),
        ("t = 0\nwhile p:\n    u = t\n    t = o.y\no.x = u", {"y"}),
        ("t = 0\nfor v in p:\n    if v:\n        t = o.y\n        break\no.x = t", {"y"}),
        ("t, u = o.y, 1\no.x = u", set()),
        ("t, u = o.y, 1\no.x = t", {"y"}),
        ("(t, u), w = (o.y, 1), o.z\no.x = w", {"z"}),
        ("t, *u = o.y, 1\no.x = u", {"y"}),
        ("t = 1 if o.y else 2\no.x = t", set()),
        ("if o.y:\n    t = 1\nelse:\n    t = 2\no.x = t", set()),
        ("with o.y as t:\n    pass\no.x = t", {"y"}),
        ("try:\n    t = o.y\n    p()\nexcept E:\n    pass\no.x = t", {"y"}),
        ("try:\n    t = o.y\nexcept E:\n    t = o.z\no.x = t", {"y", "z"}),
        ("match o.y:\n    case [t, *_]:\n        pass\no.x = t", {"y"}),
        ("if (t := o.y):\n    pass\no.x = t", {"y"}),
        ("o.x = [v for v in o.y]", {"y"}),
        ("t = [v for v in o.y]\no.x = f(t)", {"y"}),
        ("t = lambda: o.y\no.x = t()", {"y"}),
    ],
)
def test_reads_that_flow(body: str, reads: set[str]) -> None:
    assert flowing(body) == reads


def test_a_thousand_statements_take_no_time_and_no_memory() -> None:
    body = "t = o.y\n" + "t = t + o.y\n" * 3000 + "o.x = t"
    assert flowing(body) == {"y"}


def test_what_is_handed_to_a_file_flows_into_it() -> None:
    tree = ast.parse(
        "def f(o):\n"
        "    with open('a') as source, open('b', 'w') as target:\n"
        "        json.dump(int(source.read()) + o.y, target)\n"
    ).body[0]
    assert isinstance(tree, ast.FunctionDef)
    opens = {
        ast.unparse(node.args[0]): node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "open"
    }
    into = Flows(tree).into_file(opens["'b'"]).reads
    assert opens["'a'"] in into
    assert "o.y" in {ast.unparse(node) for node in into}


@pytest.mark.parametrize(
    "body",
    [
        "with open(p, 'w') as file:\n    file.write(o.y)\nos.replace(p, q)",
        "with p.open('w') as file:\n    json.dump(o.y, file)\np.replace(q)",
        "Path(p).write_text(o.y)\nshutil.move(p, q)",
        "handle, p = mkstemp()\nwith os.fdopen(handle, 'w') as file:\n    file.write(o.y)\n"
        "os.rename(p, q)",
        "handle, p = tempfile.mkstemp()\nos.write(handle, o.y)\nPath(p).rename(q)",
        "with NamedTemporaryFile('w', delete=False) as file:\n    file.write(o.y)\n"
        "os.replace(file.name, q)",
    ],
)
def test_what_was_written_to_a_file_goes_where_that_is_put(body: str) -> None:
    assert "o.y" in moved(body)


@pytest.mark.parametrize(
    "body",
    [
        "with open(p + 'log', 'w') as file:\n    file.write(o.y)\nos.replace(p, q)",
        "p.with_suffix('.log').write_text(o.y)\np.replace(q)",
        "with open(p) as file:\n    print(o.y)\nos.replace(p, q)",
    ],
)
def test_what_was_written_to_another_file_does_not(body: str) -> None:
    assert "o.y" not in moved(body)


def moved(body: str) -> set[str]:
    """Return what may flow where the last statement puts a file."""
    function = ast.parse("def f(o, p, q):\n" + textwrap.indent(textwrap.dedent(body), "    ")).body[
        0
    ]
    assert isinstance(function, ast.FunctionDef)
    last = function.body[-1]
    assert isinstance(last, ast.Expr)
    return {ast.unparse(node) for node in Flows(function).into_file(last.value).reads}
