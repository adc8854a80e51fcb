"""Plain runs: the test as pytest runs it without us, in a child.

What fails there, too, is no matter of how we run it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from pytest_concurrency.stress.item.outcomes import CopyOutcome
from pytest_concurrency.stress.item.rerun import Rerun


def plain_run(
    item: pytest.Function, around: AbstractContextManager[object] | None = None
) -> CopyOutcome:
    """Run the item once, uninstrumented and without a scheduler, its body in ``around``. To be
    called in a child.
    """

    def call(function: Callable[..., Any], kwargs: dict[str, Any]) -> None:
        __tracebackhide__ = True
        with around or nullcontext():
            function(**kwargs)

    return Rerun(item).run(call)
