"""Name and value go into one checksum in one piece; either pair may come first."""

import hashlib


class Checksum:
    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def add(self, name: bytes, value: bytes) -> None:
        self.digest.update(name + value)


def setup() -> Checksum:
    return Checksum()


def add_tea(checksum: Checksum) -> None:
    checksum.add(b"tea", b"3")


def add_milk(checksum: Checksum) -> None:
    checksum.add(b"milk", b"1")


WORKERS = [add_tea, add_milk]


def check(checksum: Checksum) -> bool:
    return checksum.digest.hexdigest() in {
        hashlib.sha256(b"tea3milk1").hexdigest(),
        hashlib.sha256(b"milk1tea3").hexdigest(),
    }
