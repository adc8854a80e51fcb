"""What does not end is told from what is only long, and from what is kept from its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_concurrency import explore


class LockFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.total = 0

    def add(self) -> None:
        while True:
            try:
                handle = os.open(self.path, os.O_CREAT | os.O_EXCL)
                break
            except FileExistsError:
                continue
        self.total += 1
        os.close(handle)
        self.path.unlink()


class Flag:
    def __init__(self) -> None:
        self.is_up = False

    def wait(self) -> None:
        while not self.is_up:
            pass

    def nothing(self) -> None: ...


@pytest.mark.parametrize("strategy", ["auto", "random", "pct", "pos", "surw", "systematic"])
def test_who_spins_for_a_lock_file_gets_it_in_the_end(tmp_path: Path, strategy: str) -> None:
    found = explore(
        lambda: LockFile(tmp_path / "lock"),
        [LockFile.add, LockFile.add],
        lambda thing: thing.total == 2,
        schedules=40,
        strategy=strategy,
    )
    assert not found.hazards


def test_a_flag_that_nobody_raises_is_no_progress() -> None:
    found = explore(Flag, [Flag.wait, Flag.nothing], schedules=5)
    assert [hazard.kind for hazard in found.hazards] == ["no-progress"]
    assert "which nobody writes" in found.hazards[0].message
