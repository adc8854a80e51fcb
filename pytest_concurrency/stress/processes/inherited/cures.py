"""What would help: a run is repeated with the one thing changed that is suspected. Where it passes
then, and failed before, that was the cause, executed both ways.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
from collections.abc import Iterable
from typing import Any, Literal

Cure = Literal["", "generator", "buffer", "offset"]
"""``generator``: each process seeds its generators anew. ``buffer``: nothing is buffered in memory
where a process begins and ends. ``offset``: each process has a position of its own in each file."""


def before_fork(cure: Cure, files: Iterable[Any]) -> None:
    """Do in the parent what is to be done there."""
    if cure == "buffer":
        empty_buffers(files)


def at_first_use(cure: Cure, obj: Any, thing: str) -> None:
    """Do in a worker what is to be done before it uses something inherited."""
    if cure == "generator" and thing == "generator":
        _seed_anew(obj)
    elif cure == "offset" and thing == "file":
        _open_again(obj)


def at_end(cure: Cure, objects: Iterable[Any]) -> None:
    """Do in a worker what is to be done when it has ended, to what it has used."""
    if cure == "buffer":
        empty_buffers(each for each in objects if issubclass(type(each), io.IOBase))


def empty_buffers(files: Iterable[Any]) -> None:
    """Write what is to be written, and give back what was read ahead."""
    for file in files:
        with contextlib.suppress(OSError, ValueError):
            file.flush()
            if file.readable() and file.seekable():
                file.seek(file.tell())


def _seed_anew(generator: Any) -> None:
    if issubclass(type(generator), random.Random):
        random.Random.seed(generator)
    elif hasattr(generator, "bit_generator"):
        own = generator.bit_generator
        own.state = type(own)().state
    else:
        generator.seed()


def _open_again(file: Any) -> None:
    """Put a description of its own, at the same position, behind a file's descriptor."""
    import fcntl  # not on Windows, where nothing is forked

    with contextlib.suppress(OSError, ValueError):
        number = file.fileno()
        position = os.lseek(number, 0, os.SEEK_CUR)
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        own = os.open(f"/proc/self/fd/{number}", flags & (os.O_ACCMODE | os.O_APPEND))
        os.lseek(own, position, os.SEEK_SET)
        os.dup2(own, number, inheritable=False)
        os.close(own)
