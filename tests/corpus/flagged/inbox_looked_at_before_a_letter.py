"""A letter is left in a folder if that is empty; by then somebody else may have left one."""

import atexit
import os
import shutil
import tempfile

EXPECT = {"test-failure"}
MAX_SCHEDULES = 100

HOME = tempfile.mkdtemp()
atexit.register(shutil.rmtree, HOME)
INBOX = os.path.join(HOME, "inbox")


def setup() -> str:
    shutil.rmtree(INBOX, ignore_errors=True)
    os.mkdir(INBOX)
    return INBOX


def leave_letter(inbox: str) -> None:
    if not os.listdir(inbox):
        letter, _ = tempfile.mkstemp(dir=inbox)
        os.close(letter)


WORKERS = [leave_letter, leave_letter]


def check(inbox: str) -> bool:
    return len(os.listdir(inbox)) == 1
