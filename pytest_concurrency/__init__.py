"""Find concurrency hazards with pytest: controlled schedules, exact replay, an
isolation verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "explore"]

if TYPE_CHECKING:
    from pytest_concurrency.api import explore


def __getattr__(name: str) -> Any:
    # Lazy: the plugin is imported in every pytest run, the engine only where it is used.
    if name == "explore":
        from pytest_concurrency.api import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
