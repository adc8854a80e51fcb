"""The same seed gives the same search, and the same schedule the same interleaving, on each Python.

``same_everywhere.json`` says what CPython 3.11 does. To make it anew after a change of the engine:
``PYTHONPATH=tests python tests/search/test_same_everywhere.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loading import load_module

from pytest_concurrency import explore

HERE = Path(__file__).parent
RECORD = HERE / "same_everywhere.json"
FLAGGED = HERE.parent / "corpus" / "flagged"
DIFFERS = {"executor_counter"}
"""How often threads of an executor block inside depends on the version of the library."""


def told(path: Path) -> dict[str, object]:
    """Explore a program with one seed; say which execution showed what, step by step."""
    name = f"everywhere_{path.stem}"
    program = load_module(name, path)
    check = getattr(program, "check", None)
    found = explore(program.setup, program.WORKERS, check, schedules=program.MAX_SCHEDULES, seed=1)
    hazard = found.hazards[0]
    return {
        "kind": hazard.kind,
        "executions": found.executions,
        "preemptions": hazard.preemptions,
        # Lines of the standard library are others in each version.
        "steps": [
            [a.thread, a.step, a.op, a.site.line if a.site.path == str(path) else 0]
            for a in hazard.timeline
        ],
    }


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", sorted({p.stem for p in FLAGGED.glob("*.py")} - DIFFERS))
def test_same_everywhere(name):
    assert told(FLAGGED / f"{name}.py") == json.loads(RECORD.read_text())[name]


if __name__ == "__main__":
    lines = (
        f"{json.dumps(path.stem)}: {json.dumps(told(path))}"
        for path in sorted(FLAGGED.glob("*.py"))
    )
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")
