"""A number in a file is read, counted up and written back."""

import os
import tempfile
from pathlib import Path

EXPECT = {"lost-update", "test-failure", "thread-exception"}
MAX_SCHEDULES = 100


def setup() -> Path:
    path = Path(tempfile.gettempdir()) / f"corpus_file_counter_{os.getpid()}"
    path.write_text("0", encoding="utf-8")
    return path


def count(path: Path) -> None:
    value = int(path.read_text(encoding="utf-8"))
    path.write_text(str(value + 1), encoding="utf-8")


WORKERS = [count, count]


def check(path: Path) -> bool:
    value = path.read_text(encoding="utf-8")
    path.unlink()
    return value == "2"
