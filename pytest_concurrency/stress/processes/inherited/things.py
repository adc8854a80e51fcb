"""Which objects a fork copies, although what they stand for is not copied, or not wanted twice."""

from __future__ import annotations

import random
import socket
import sys
from typing import Any, Final, Literal

from pytest_concurrency._compat import LOCK, RLOCK, shared_generator
from pytest_concurrency.runtime.effects.foreign import class_name, is_one_of, module_of, mro
from pytest_concurrency.runtime.effects.memory import memory, remember
from pytest_concurrency.runtime.helpers.blocking.simple_queues import SIMPLE_QUEUE

Thing = Literal["", "generator", "file", "connection", "stream", "loop", "synchronised"]
"""``generator``: of random numbers; ``connection``: to a database; ``stream``: a socket or pipe;
``loop``: of events; ``synchronised``: locks and what threads meet at; "": nothing of the kind."""

_THINGS: dict[int, Thing] = memory()
"""By class."""
_NUMPYS: Final = frozenset({"Generator", "RandomState"})
_ENDS: Final[dict[str, tuple[str, Thing]]] = {
    "_socket": ("socket", "stream"),
    "multiprocessing.connection": ("Connection", "stream"),
    "asyncio.base_events": ("BaseEventLoop", "loop"),
    "uvloop": ("Loop", "loop"),
}
"""By module: a class, and what it is."""
_FILES: Final = frozenset(
    {"BufferedRandom", "BufferedReader", "BufferedWriter", "FileIO", "TextIOWrapper"}
)


def thing_of(obj: object) -> Thing:
    """Return what an object is, judged by its class alone."""
    if obj is shared_generator or obj is sys.stdout or obj is sys.stderr:
        return ""  # Python itself seeds it anew in each child; nobody keeps anything there
    cls = type(obj)
    found = _THINGS.get(id(cls))
    return remember(_THINGS, cls, _classify(cls)) if found is None else found


def _classify(cls: type) -> Thing:
    if cls is LOCK or cls is RLOCK or cls is SIMPLE_QUEUE:
        return "synchronised"
    bases = mro(cls) or ()
    if is_one_of(random.SystemRandom, bases):
        return ""
    for base in bases:
        name, module = class_name(base), module_of(base)
        if base is random.Random or (_is_in("numpy.random", module) and name in _NUMPYS):
            return "generator"
        if module == "_io" and name in _FILES:
            return "file"
        end = _ENDS.get(module) if type(module) is str else None
        if end is not None and name == end[0]:
            return end[1]
        if module in ("sqlite3", "_sqlite3") and name in ("Connection", "Cursor"):
            return "connection"
    return ""


def _is_in(package: str, module: object) -> bool:
    return type(module) is str and f"{module}.".startswith(f"{package}.")


def is_private_stream(obj: Any) -> bool:
    """Whether the one at the other end of a socket or pipe takes whoever uses it for one and the
    same: not so of a socket that listens, or sends single messages.
    """
    if not issubclass(type(obj), socket.socket):
        return True
    try:
        listens = obj.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:  # closed
        return False
    return obj.type == socket.SOCK_STREAM and not listens
