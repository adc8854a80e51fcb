"""What every report says about the interpreter it was made on."""

from __future__ import annotations

import sys


def gil_enabled() -> bool:
    """Whether this process runs with the global interpreter lock."""
    asks = getattr(sys, "_is_gil_enabled", None)  # 3.13+
    return True if asks is None else bool(asks())
