"""Ways of running a coroutine twice at once in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Step = Callable[[Any], Coroutine[Any, Any, None]]


async def gathered(step: Step, box: Any) -> None:
    """Gather both."""
    await asyncio.gather(step(box), step(box))


async def in_a_group(step: Step, box: Any) -> None:
    """Let a group have both as tasks."""
    async with asyncio.TaskGroup() as group:
        group.create_task(step(box))
        group.create_task(step(box))
