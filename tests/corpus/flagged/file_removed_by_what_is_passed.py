"""What looks at a file and what removes it are passed: it may be gone between the two."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

EXPECT = {"thread-exception"}
MAX_SCHEDULES = 50


def setup() -> str:
    path = Path(tempfile.gettempdir()) / f"corpus_file_removed_{os.getpid()}"
    path.touch()
    return str(path)


def clear(path: str, look: Callable[[str], bool], remove: Callable[[str], None]) -> None:
    if look(path):
        remove(path)


WORKERS = [lambda path: clear(path, os.path.exists, os.remove)] * 2


def check(path: str) -> bool:
    return not Path(path).exists()
