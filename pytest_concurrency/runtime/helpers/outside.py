"""The call that rewritten source makes right before it calls what may touch locations of a kind
that another package knows.
"""

from __future__ import annotations

from typing import Any

from pytest_concurrency.runtime.effects.outside import known_of
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.helpers.dynamic import ready_call
from pytest_concurrency.runtime.helpers.methods import prepared
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.trace.operations import READ, USE, WRITE

_DEEDS = (READ, WRITE, USE)


def ready_outside(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Return the call of ``callee`` with these arguments, ready to be made."""
    if _b.current is None and _b.amplifier is None:
        return prepared(callee, args, kwargs)
    found = known_of(callee)
    if found is None:
        return ready_call(callee, site, *args, **kwargs)
    (resource, does), owner = found
    try:
        effects = [_checked(*effect) for effect in does(*owner, *args, **kwargs)]
    except Exception as error:
        _note_mistake(f"location kind {resource!r}", error)
        effects = []
    for name, deed in effects:
        # A number, since names may differ from execution to execution.
        number = _b.record.number_of_file(f"{resource} {name}")
        touch(site, resource, name, name, number, deed)
    return prepared(callee, args, kwargs)


def _note_mistake(whose: str, error: Exception) -> None:
    """The program goes on: what the other package does wrong is told when the execution is over."""
    is_raised_inside = error.__traceback__ is not None and error.__traceback__.tb_next is not None
    # Wrong arguments: the call itself is about to say so.
    if _b.current is not None and (is_raised_inside or type(error) is not TypeError):
        mistake = RuntimeError(f"{whose}: {type(error).__name__}: {error}")
        mistake.__cause__ = error
        _b.account.mistake = _b.account.mistake or mistake


def _checked(name: str, deed: str) -> tuple[str, str]:
    if type(name) is not str or deed not in _DEEDS:
        raise ValueError(f"a name, and one of {', '.join(_DEEDS)}: not {name!r}, {deed!r}")
    return name, deed
