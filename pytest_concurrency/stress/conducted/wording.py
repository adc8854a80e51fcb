"""What was found between processes, in words: the detectors speak of threads, which they judge
alike.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_concurrency.model import Hazard, ThreadState

_THREAD = re.compile(r"\b(?:(the main) thread|thread (?=\d)|(no|the|other) threads?\b)")


def of_processes(hazard: Hazard) -> Hazard:
    """Speak of processes; and say nothing of the GIL, of which each process has its own."""
    return replace(
        hazard,
        message=spoken(hazard.message),
        note=spoken(hazard.note),
        states=tuple(map(_state, hazard.states)),
        gil="unknown",
        threads=0,
    )


def _state(state: ThreadState) -> ThreadState:
    return replace(state, waits_for=spoken(state.waits_for), holds=tuple(map(spoken, state.holds)))


def spoken(text: str) -> str:
    """Put processes where a sentence has threads."""
    return _THREAD.sub(_noun, text)


def _noun(found: re.Match[str]) -> str:
    if found[1]:
        return f"{found[1]} process"
    if found[2]:
        plural = "es" if found[0].endswith("s") else ""
        return f"{found[2]} process{plural}"
    return "process "
