"""A number kept in an environment variable is counted up under a lock."""

import os
import threading

VARIABLE = "CORPUS_VISITS_LOCKED"


def setup() -> threading.Lock:
    os.environ[VARIABLE] = "0"
    return threading.Lock()


def visit(lock: threading.Lock) -> None:
    with lock:
        os.environ[VARIABLE] = str(int(os.environ[VARIABLE]) + 1)


WORKERS = [visit, visit]


def check(_: threading.Lock) -> bool:
    return os.environ[VARIABLE] == "2"
