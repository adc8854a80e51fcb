"""Entries are added under a lock to a file that is put in place of the old one whole."""

import json
import os
import tempfile
import threading
from pathlib import Path


class Store:
    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()

    def load(self) -> dict[str, int]:
        try:
            with open(self.path, encoding="utf-8") as file:
                found: dict[str, int] = json.load(file)
                return found
        except FileNotFoundError:
            return {}

    def save(self, entries: dict[str, int]) -> None:
        handle, new = tempfile.mkstemp(dir=os.path.dirname(self.path))
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(entries))
        os.replace(new, self.path)

    def add(self, key: str) -> None:
        with self.lock:
            entries = self.load()
            entries[key] = 1
            self.save(entries)


def setup() -> Store:
    path = Path(tempfile.gettempdir()) / f"corpus_file_put_in_place_locked_{os.getpid()}"
    path.unlink(missing_ok=True)
    return Store(str(path))


WORKERS = [lambda store: store.add("a"), lambda store: store.add("b")]


def check(store: Store) -> bool:
    Path(store.path).unlink()
    return True
