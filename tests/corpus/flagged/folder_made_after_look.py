"""A folder is looked for and made if it is not there; by then somebody else may have made it."""

import atexit
import os
import shutil
import tempfile

EXPECT = {"thread-exception", "lost-update"}
MAX_SCHEDULES = 100

HOME = tempfile.mkdtemp()
atexit.register(shutil.rmtree, HOME)
FOLDER = os.path.join(HOME, "invoices")


def setup() -> str:
    shutil.rmtree(FOLDER, ignore_errors=True)
    return FOLDER


def prepare(folder: str) -> None:
    if not os.path.isdir(folder):
        os.mkdir(folder)


WORKERS = [prepare, prepare]


def check(folder: str) -> bool:
    return os.path.isdir(folder)
