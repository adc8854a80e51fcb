"""The scheduling point, as all helpers pass it; here the baton may go to another thread.

What is counted down at each is a matter of the site: the strategy may switch there, or it need not
be asked. The caller has made sure that the calling thread is managed.
"""

from __future__ import annotations

from typing import Any

from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.scheduler.identity import let_go, serial_of
from pytest_concurrency.runtime.tasks.task import Task
from pytest_concurrency.runtime.trace.event import Event
from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.resource import Outside, Resource
from pytest_concurrency.runtime.trace.sites import SITES


def pass_point(site: int, target: int, part: Any = "", op: str = "", waits: bool = False) -> None:
    """Pass the scheduling point before what is done at ``site`` to ``part`` of what has the ``id``
    ``target``; ``op`` as in ``Operation``.

    Raises ``Abort`` if the execution has been given up.
    """
    if _b.heat[site]:
        _b.budget = left = _b.budget - 1
    else:
        _b.cold = left = _b.cold - 1
    if left < 0:
        _b.consult(Operation(site, target, part, op, waits))


def reach(
    task: Task,
    site: int,
    target: Any,
    part: Any,
    op: str,
    obj: Any,
    name: Any,
    waits: bool = False,
) -> None:
    """Pass it, and note as an event what ``task``, which is the calling thread, does then; for what
    is not left out.

    ``op`` is what is done if it is not what the site says; ``obj`` and ``name`` are for whoever
    watches.
    """
    record = _b.record
    if record.held:
        let_go()
    # As in pass_point(): a call less is a tenth of an access.
    if _b.heat[site]:
        _b.budget = left = _b.budget - 1
    else:
        _b.cold = left = _b.cold - 1
    if left < 0:
        _b.consult(Operation(site, id(target), part, op, waits))
    entry = record.seen.get(id(target))
    serial: Resource = entry[1] if entry is not None and entry[0]() is target else _number(target)
    event: Event = (task.index, site, serial, part, op or SITES[site].op)
    record.log.append(event)
    if _b.observer is not None:
        _b.observer.observe(event, obj, name)


def _number(target: object) -> Resource:
    return target if type(target) is Outside else serial_of(target)
