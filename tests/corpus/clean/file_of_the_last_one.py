"""What is in a file is looked at and reported; whoever is last puts one of its own in its place."""

import os
import tempfile
from pathlib import Path


class Status:
    def __init__(self, path: str) -> None:
        self.path = path
        self.seen: list[str] = []

    def say(self, text: str) -> None:
        with open(self.path, encoding="utf-8") as file:
            before = file.read()
        self.seen.append(before)
        new = f"{self.path}.{text}"
        with open(new, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(new, self.path)


def setup() -> Status:
    path = Path(tempfile.gettempdir()) / f"corpus_file_of_the_last_one_{os.getpid()}"
    path.write_text("none", encoding="utf-8")
    return Status(str(path))


WORKERS = [lambda status: status.say("a"), lambda status: status.say("b")]
EACH_ONCE = True


def check(status: Status) -> bool:
    Path(status.path).unlink()
    return True
