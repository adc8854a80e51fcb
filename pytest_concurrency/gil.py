"""Whether Python code runs under the global interpreter lock."""

from __future__ import annotations

import sys


def gil_enabled() -> bool:
    """Whether this process runs with the global interpreter lock."""
    asks = getattr(sys, "_is_gil_enabled", None)  # 3.13+
    return True if asks is None else bool(asks())
