"""What removes a file is passed: that it is gone already is no mistake."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def setup() -> str:
    path = Path(tempfile.gettempdir()) / f"corpus_file_removed_tried_{os.getpid()}"
    path.touch()
    return str(path)


def clear(path: str, look: Callable[[str], bool], remove: Callable[[str], None]) -> None:
    if look(path):
        with contextlib.suppress(FileNotFoundError):
            remove(path)


WORKERS = [lambda path: clear(path, os.path.exists, os.remove)] * 2


def check(path: str) -> bool:
    return not Path(path).exists()
