"""Stacks of a process as ``faulthandler`` writes them down: read, and shortened for people."""

from __future__ import annotations

import re

from pytest_concurrency._origins import is_own, origin_of

_FRAME = re.compile(r'^ *File "(.*)", line (\d+)', re.MULTILINE)
_STARTS_PROGRAMS = "<frozen runpy>"


def frames_in(stacks: str) -> list[tuple[str, int]]:
    """Return path and line of each frame."""
    return [(path, int(line)) for path, line in _FRAME.findall(stacks)]


def without_own_frames(stacks: str) -> str:
    """Leave out the frames of this package."""
    lines = stacks.strip().splitlines()
    return "\n".join(line for line in lines if not is_own(_path_in(line)))


def without_runner_frames(stacks: str) -> str:
    """Leave out the frames in which every test of pytest runs."""
    return "\n".join(line for line in stacks.splitlines() if not _is_runners(_path_in(line)))


def _is_runners(path: str) -> bool:
    return path == _STARTS_PROGRAMS or origin_of(path) == "runner"


def _path_in(line: str) -> str:
    found = _FRAME.match(line)
    return found.group(1) if found else ""
