"""How much is spent on a test, in one word: counts, schedules, runs and time together."""

from __future__ import annotations

from typing import Any

EFFORTS: dict[str, dict[str, Any]] = {
    "quick": {
        "threads": (2,),
        "processes": (2,),
        "schedules": 50,
        "runs": 5,
        "time": 10.0,
    },
    "normal": {},
    "thorough": {
        "threads": (2, 4, 8),
        "processes": (2, 4),
        "schedules": 2000,
        "runs": 100,
        "time": 600.0,
    },
}
"""By the word: what is other than the default; ``normal`` is the defaults."""
