"""Sockets under the scheduler: a call that would block waits for the baton to come round instead.

The real method is called when it will not block. Before that the thread waits, as for a lock, until
its socket is ready, and others go on.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from pytest_concurrency.runtime.scheduler.baton import baton as _b
from pytest_concurrency.runtime.system.descriptors import READABLE, WRITABLE, Descriptors

_AT_ONCE: int = getattr(socket, "MSG_DONTWAIT", 0)
_real_send, _real_sendall = socket.socket.send, socket.socket.sendall


def _wait_for(one: socket.socket, event: int, what: str) -> bool:
    """Wait, if the calling thread is managed, until a call will not block; return whether it is."""
    task = _b.holder()
    if task is None:
        return False
    timeout, number = one.gettimeout(), one.fileno()
    if timeout == 0 or number < 0:
        return True
    if not _b.wait_until_ready(task, Descriptors(what, {number: event}), timeout):
        raise TimeoutError("timed out")
    return True


def _receiving(name: str, what: str = "data from a socket") -> Callable[..., Any]:
    real = getattr(socket.socket, name)

    def receive(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        _wait_for(self, READABLE, what)
        return real(self, *args, **kwargs)

    return receive


def _sending(name: str) -> Callable[..., Any]:
    real = getattr(socket.socket, name)

    def send(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        if _wait_for(self, WRITABLE, "room in a socket"):
            sent = real(self, *args, **kwargs)
            _b.tell_pollers()
            return sent
        return real(self, *args, **kwargs)

    return send


def _send_all(self: socket.socket, data: Any, flags: int = 0, /) -> None:
    if _b.holder() is None or self.gettimeout() == 0:
        _real_sendall(self, data, flags)
        _b.tell_pollers()
        return
    _send_until(self, data, flags, _real_sendall)


def _send(self: socket.socket, data: Any, flags: int = 0, /) -> int:
    # A blocking socket takes all of it; with a time-out, or if it does not block, what there is
    # room for.
    if self.gettimeout() is None and _b.holder() is not None:
        return _send_until(self, data, flags, _real_send)
    return int(_send_once(self, data, flags))


_send_once = _sending("send")


def _send_until(self: socket.socket, data: Any, flags: int, real: Callable[..., Any]) -> int:
    """Send all of ``data``, in pieces for which there is room; return how many bytes that was."""
    with memoryview(data) as view, view.cast("B") as rest:
        if not rest:
            real(self, data, flags)
        sent = 0
        while sent < len(rest):
            _wait_for(self, WRITABLE, "room in a socket")
            sent += _real_send(self, rest[sent:], flags | _AT_ONCE)
            _b.tell_pollers()
    return sent


def closing(owner: Any, name: str) -> Callable[..., Any]:
    """Replace a function after which the other end may have something to read: that it is over."""
    real = getattr(owner, name)

    def close(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        _b.tell_pollers()
        return result

    return close


def patches() -> dict[Any, dict[str, Any]]:
    """Return what is replaced, by the class that holds it."""
    incoming = ("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into")
    return {
        socket.socket: {
            **{name: _receiving(name) for name in incoming},
            "accept": _receiving("accept", "a connection"),
            "send": _send,
            "sendall": _send_all,
            "sendto": _sending("sendto"),
            "sendmsg": _sending("sendmsg"),
            "shutdown": closing(socket.socket, "shutdown"),
            "close": closing(socket.socket, "close"),
        }
    }
