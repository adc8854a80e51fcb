"""The corpus: every flagged program is flagged, no clean one is; quickly here, at length on demand.

``CORPUS=full`` runs 20 seeds and 2,000 schedules instead of the quick part of CI.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest
from loading import load_module

from pytest_concurrency import explore

CORPUS = Path(__file__).parent / "corpus"
FULL = os.environ.get("CORPUS") == "full"
SEEDS = 20 if FULL else 1
CLEAN_SCHEDULES = 2000 if FULL else 60


def programs(verdict: str) -> list[object]:
    paths = sorted((CORPUS / verdict).glob("*.py"))
    assert paths, f"no programs in {CORPUS / verdict}"
    return [pytest.param(path, id=path.stem) for path in paths]


def load(path: Path) -> ModuleType:
    name = f"corpus_{path.parent.name}_{path.stem}"
    return load_module(name, path)


def explored(program: ModuleType, schedules: int, seed: int):
    check = getattr(program, "check", None)
    return explore(program.setup, program.WORKERS, check, schedules=schedules, seed=seed)


# Threads that die of a race are what some programs show; pytest need not warn of them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("path", programs("flagged"))
def test_flagged(path):
    program = load(path)
    for seed in range(SEEDS):
        found = explored(program, program.MAX_SCHEDULES, seed)
        assert found.hazards, f"seed {seed}: nothing found in {found.executions} schedules"
        hazard = found.hazards[0]
        assert hazard.kind in program.EXPECT, hazard.message
        assert "not deterministic" not in hazard.note, f"seed {seed}: {hazard.note}"


@pytest.mark.parametrize("path", programs("clean"))
def test_clean(path):
    found = explored(load(path), CLEAN_SCHEDULES, 0)
    assert not found.hazards, found.hazards[0].message
    assert found.exhausted or found.executions == CLEAN_SCHEDULES
