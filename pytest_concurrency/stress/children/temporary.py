"""A folder for the temporary files of a test in a child: it goes when the child has gone.

The test runs hundreds of times there, and may be killed. What it leaves once in an ordinary run
would be left as often.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_PREFIX = "stress-"
"""Short: names of sockets below it may have some hundred characters in all."""


@contextmanager
def temporary_folder() -> Iterator[str]:
    """Give a new folder in that of the system; it is gone afterwards."""
    path = os.fsdecode(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def use_temporary_folder(path: str) -> None:
    """Called in a child: it and whatever it starts put their temporary files there; with "" where
    its parent does."""
    if path:
        tempfile.tempdir = os.environ["TMPDIR"] = path
