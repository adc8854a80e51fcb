"""Keys are drawn at random before the lock is taken: which is first says nothing."""

import random
import threading
import uuid


class Vault:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.latest = ""
        self.luck = 0.0
        self.count = 0

    def key(self) -> str:
        drawn, self.luck = uuid.uuid4().hex, random.random()
        self.latest = drawn
        with self.lock:
            self.count += 1
        return drawn


def setup() -> Vault:
    return Vault()


WORKERS = [Vault.key, Vault.key]
