"""Messages between processes over a pipe: length-prefixed pickles, read without ever blocking.

A reader must survive a writer that dies in the middle of a message, never stops writing, or
leaves the pipe open in a grandchild; so it only ever takes what is there, and nobody waits for
the end of the stream.
"""

from __future__ import annotations

import os
import pickle
import struct
import threading
from typing import Any

_HEADER = struct.Struct("!Q")
_CHUNK = 1 << 20


def pack(value: object) -> bytes:
    """Turn anything into bytes for a process of ours, the program's own objects included; raises
    whatever they raise. What leaves the machine goes another way (``report/wire.py``).
    """
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def unpack(body: bytes) -> Any:
    """Turn them back; raises whatever the objects raise."""
    return pickle.loads(body)


class MessageWriter:
    """Sends whole messages, from any thread of the process that made it and from no other
    process.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pid = os.getpid()
        self._lock = threading.Lock()

    @property
    def is_mine(self) -> bool:
        """False in a process that the owner forked: what that one has to say is not the owner's
        result.
        """
        return os.getpid() == self._pid

    def send(self, message: Any) -> None:
        """Write ``message``; raises what ``pack`` raises, before anything is written."""
        if not self.is_mine:
            return
        body = pack(message)
        with self._lock:
            self._write(_HEADER.pack(len(body)))
            self._write(body)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]


class MessageReader:
    """Takes whole messages out of a pipe, as far as they have arrived."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.at_end = False
        self._buffer = bytearray()

    def receive(self) -> list[Any]:
        """One read's worth of complete messages; sets ``at_end`` when every writer is gone."""
        data = read_some(self.fd)
        if data is None:
            return []
        self.at_end = not data
        self._buffer += data
        messages = []
        while (body := self._next_body()) is not None:
            messages.append(unpack(body))
        return messages

    def _next_body(self) -> bytes | None:
        if len(self._buffer) < _HEADER.size:
            return None
        (length,) = _HEADER.unpack_from(self._buffer)
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(memoryview(self._buffer)[_HEADER.size : end])
        del self._buffer[:end]
        return body


def read_some(fd: int) -> bytes | None:
    """What a non-blocking ``fd`` holds now: ``None`` if nothing yet, ``b""`` at the end."""
    try:
        return os.read(fd, _CHUNK)
    except BlockingIOError:
        return None
