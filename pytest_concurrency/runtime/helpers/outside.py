"""The calls that rewritten source makes right before it calls what may be anything: what is named
like something that another package knows, and what stands in an assert that pytest has taken apart.
"""

from __future__ import annotations

from typing import Any

from pytest_concurrency.runtime.effects.files import effects
from pytest_concurrency.runtime.effects.outside import known_of
from pytest_concurrency.runtime.helpers.access import touch
from pytest_concurrency.runtime.helpers.dynamic import note_effect, ready_call
from pytest_concurrency.runtime.helpers.methods import bound_method, prepared, touch_files
from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.trace.operations import READ, USE, WRITE

_DEEDS = (READ, WRITE, USE)


def ready_outside(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Return the call of ``callee`` with these arguments, ready to be made."""
    if _b.current is None and _b.amplifier is None:
        return prepared(callee, args, kwargs)
    if not _touched(callee, site, args, kwargs):
        return ready_call(callee, site, *args, **kwargs)
    return prepared(callee, args, kwargs)


def asserted(callee: Any, site: int, /, *args: Any, **kwargs: Any) -> Any:
    """Precede a call in an assert of which pytest has made ``@py_assert1 = f``, and then
    ``@py_assert1(@py_assert2)``: nothing in the source tells what is called. The arguments are
    variables, which are evaluated once more for the call itself.
    """
    if (_b.current is None and _b.amplifier is None) or _touched(callee, site, args, kwargs):
        return callee
    touch_files(site, effects(callee, args, kwargs))
    note_effect(callee, site, args)
    return bound_method(callee, site, *args)


def _touched(callee: Any, site: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Touch what is known of a call by another package; return whether anything is."""
    found = known_of(callee)
    if found is None:
        return False
    (resource, does), owner = found
    try:
        touches = [_checked(*each) for each in does(*owner, *args, **kwargs)]
    except Exception as error:
        _note_mistake(f"location kind {resource!r}", error)
        touches = []
    for name, deed in touches:
        # A number, since names may differ from execution to execution.
        number = _b.record.number_of_file(f"{resource} {name}")
        touch(site, resource, name, name, number, deed)
    return True


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
