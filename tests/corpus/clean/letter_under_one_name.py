"""A letter is left in a folder under the one name there is: the second one is refused."""

import atexit
import os
import shutil
import tempfile

HOME = tempfile.mkdtemp()
atexit.register(shutil.rmtree, HOME)
INBOX = os.path.join(HOME, "inbox")


def setup() -> str:
    shutil.rmtree(INBOX, ignore_errors=True)
    os.mkdir(INBOX)
    return INBOX


def leave_letter(inbox: str) -> None:
    try:
        letter = os.open(os.path.join(inbox, "letter"), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return
    os.close(letter)


WORKERS = [leave_letter, leave_letter]


def check(inbox: str) -> bool:
    return len(os.listdir(inbox)) == 1
