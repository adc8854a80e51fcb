"""A number kept in an environment variable is read, counted up and set again."""

import os

EXPECT = {"lost-update", "test-failure"}
MAX_SCHEDULES = 100

VARIABLE = "CORPUS_VISITS"


def setup() -> None:
    os.environ[VARIABLE] = "0"


def visit(_: None) -> None:
    os.environ[VARIABLE] = str(int(os.environ[VARIABLE]) + 1)


WORKERS = [visit, visit]


def check(_: None) -> bool:
    return os.environ[VARIABLE] == "2"
