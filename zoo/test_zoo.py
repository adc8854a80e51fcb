"""Known races of real packages, found by tests that assert nothing about them: ``tox -e zoo``."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from animals import ANIMALS, Animal
from stressing import PROGRAMS, hazard_of, stress, version

PINNED = dict(
    re.findall(
        r"^(\S+)==(\S+)$",
        Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)


def test_each_program_has_its_package_and_the_other_way_round():
    assert {program.name for program in PROGRAMS.glob("zoo_*.py")} == {
        animal.program for animal in ANIMALS
    }
    assert set(PINNED) == {animal.package for animal in ANIMALS}


@pytest.mark.parametrize("animal", ANIMALS, ids=lambda animal: animal.package)
def test_is_found(animal: Animal):
    try:
        importlib.import_module(animal.module)
    except Exception as error:
        pytest.skip(f"{animal.package} does not run on this Python: {error!r}")
    assert version(animal) == PINNED[animal.package]
    report, printed = stress(animal)
    assert hazard_of(animal, report), printed
    assert report["outcome"] == "failed"
