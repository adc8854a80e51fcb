"""Replay tokens: a schedule as a short string that survives copying, shells and Python versions.

Layout, before base32 (RFC 4648; lower case, no padding) and after the version: a checksum (CRC-32,
its first three bytes), a fingerprint of the test, a fingerprint of the sources the execution
touched, the number of threads or processes, and the schedule's deviations as variable-length
integers (seven bits a byte, the low ones first: LEB128).
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from binascii import crc32
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from pytest_concurrency.model import Schedule
from pytest_concurrency.settings.rules import shown

VERSION = "c1"
OF_PROCESSES = "p1"
"""What the tokens of schedules of processes begin with."""
_HEAD = 3 + 3 + 3


class TokenError(ValueError):
    """A token that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Token:
    """A schedule and what it belongs to."""

    schedule: Schedule
    threads: int
    test: bytes
    """Fingerprint of the test's id."""
    sources: bytes
    """Fingerprint of the files that the execution touched."""
    in_processes: bool = False
    """Whether its threads are processes."""

    def encode(self) -> str:
        """Return the token's text: letters and digits only."""
        numbers = [self.threads]
        for switch in self.schedule.switches:
            numbers.extend(switch)
        body = self.test + self.sources + bytes(_pack(numbers))
        checksum = crc32(body).to_bytes(4, "big")[:3]
        version = OF_PROCESSES if self.in_processes else VERSION
        return version + b32encode(checksum + body).decode().rstrip("=").lower()


def decode(text: str) -> Token:
    """Return the token that ``text`` spells; raise TokenError if it is damaged or of another
    version.
    """
    given = text.strip().strip("'\"")
    name = shown(text)
    if not given.startswith((VERSION, OF_PROCESSES)):
        raise TokenError(
            f"{name} is no replay token of this version: tokens start with {VERSION!r} "
            f"or {OF_PROCESSES!r}"
        )
    digits = given[len(VERSION) :].upper()
    try:
        raw = b32decode(digits + "=" * (-len(digits) % 8))
    except ValueError:
        raise TokenError(
            f"replay token {name} is damaged: it has characters that tokens do not have"
        ) from None
    body = raw[3:]
    if len(raw) < _HEAD + 1 or crc32(body).to_bytes(4, "big")[:3] != raw[:3]:
        raise TokenError(f"replay token {name} is damaged: was it copied whole?")
    numbers = list(_unpack(body[6:]))
    triples = zip(numbers[1::3], numbers[2::3], numbers[3::3], strict=False)
    if not numbers or len(numbers) % 3 != 1:
        raise TokenError(f"replay token {name} is damaged: its schedule is incomplete")
    return Token(
        Schedule(tuple(triples)),
        numbers[0],
        body[:3],
        body[3:6],
        given.startswith(OF_PROCESSES),
    )


def fingerprint(nodeid: str) -> bytes:
    """Return three bytes that tell one test from another.

    The folders do not count: in the id they start wherever pytest found its rootdir.
    """
    path, separator, name = nodeid.partition("::")
    text = path.rpartition("/")[2] + separator + name
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).digest()


def source_fingerprint(paths: Iterable[str]) -> bytes:
    """Return a fingerprint of the contents of files, whatever their line ends and wherever they
    lie.
    """
    digest = blake2b(digest_size=3)
    contents = []
    for path in set(paths):
        try:
            contents.append(Path(path).name.encode() + Path(path).read_bytes().replace(b"\r", b""))
        except OSError:
            continue
    for content in sorted(contents):
        digest.update(content)
    return digest.digest()


def _pack(numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        while number > 127:
            yield number & 127 | 128
            number >>= 7
        yield number


def _unpack(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0
