"""Who finds the table in a file incomplete completes it: two that do write the same."""

import json
import os
import tempfile
from pathlib import Path


def setup() -> str:
    path = Path(tempfile.gettempdir()) / f"corpus_file_put_in_place_twice_{os.getpid()}"
    path.write_text("{}", encoding="utf-8")
    return str(path)


def complete(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        table = json.load(file)
    table["limit"] = 10
    handle, new = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(table, file)
    os.rename(new, path)


WORKERS = [complete, complete]


def check(path: str) -> bool:
    Path(path).unlink()
    return True
