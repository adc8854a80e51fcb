"""Every hazard that is reported replays, every time: over all flagged programs of the corpus.

``CORPUS=full`` replays each a hundred times instead of a few.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from loading import load_module

from pytest_concurrency import explore
from pytest_concurrency.api import _run_once, instrumentation_for
from pytest_concurrency.detect.detector import Asked
from pytest_concurrency.detect.hazards import look
from pytest_concurrency.model import Schedule
from pytest_concurrency.search.bounded import search
from pytest_concurrency.search.execution.choices import Choices
from pytest_concurrency.search.execution.engine import exploring
from pytest_concurrency.search.execution.learning import Learning
from pytest_concurrency.search.executor import Executor
from pytest_concurrency.search.explorer import Explorer
from pytest_concurrency.search.strategies import make

FLAGGED = Path(__file__).parent.parent / "corpus" / "flagged"
FULL = os.environ.get("CORPUS") == "full"
TIMES = 100 if FULL else 3
SHARE = slice(None) if FULL else slice(sys.version_info[1] % 3, None, 3)
"""In CI each version of Python has a third of the programs, not each the same one."""
LIMIT = 20_000


def loaded(path: Path) -> ModuleType:
    name = f"replayed_{path.stem}"
    return load_module(name, path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("path", sorted(FLAGGED.glob("*.py"))[SHARE], ids=lambda path: path.stem)
def test_a_reported_hazard_replays(path: Path) -> None:
    program = loaded(path)
    check = getattr(program, "check", None)
    run = partial(_run_once, program.setup, tuple(program.WORKERS), check)
    learning = Learning()
    explorer = Explorer(
        run,
        make("auto", Choices(5), learning),
        learning,
        limit=LIMIT,
        token=lambda execution: json.dumps(execution.switches),
        deadline=float("inf"),
    )
    with exploring(instrumentation_for([program.setup, *program.WORKERS, check]), 60):
        (hazard,) = search(explorer, 3000).hazards
        assert "not deterministic" not in hazard.note, hazard.note
        schedule = Schedule(tuple(map(tuple, json.loads(hazard.replay))))
        seen = set()
        for _ in range(TIMES):
            executor = Executor(run, LIMIT, float("inf"), learning)
            # Recorded: a value may have to be followed through calls.
            observation = executor.replayed(schedule, LIMIT, record=True)
            suspect = look(observation, Asked(again=executor))
            assert suspect is not None
            assert {*schedule.switches} <= {*observation.execution.switches}
            assert suspect.kind == hazard.kind
            seen.add((suspect.identity, len(suspect.observation.execution.log)))
    assert len(seen) == 1


@pytest.mark.parametrize("seed", [3, 5, 9])
def test_a_failure_that_is_shortened_to_a_lost_update_is_told_as_that(seed: int) -> None:
    program = loaded(FLAGGED / "hash_chains.py")
    found = explore(program.setup, program.WORKERS, program.check, schedules=500, seed=seed)
    assert found.hazards[0].kind == "lost-update"
