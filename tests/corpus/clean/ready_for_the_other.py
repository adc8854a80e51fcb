"""One thread asks again and again whether a pipe is ready, the only other one reads it: the asking
ends when it has."""

import os
import select
from collections import deque
from functools import partial

SEQUENTIAL = False
EACH_ONCE = True


def setup():
    reading, writing = os.pipe()
    os.write(writing, b"x")
    return {"reading": reading, "writing": writing, "got": b""}


def take(pipe):
    pipe["got"] = os.read(pipe["reading"], 1)


def look(pipe):
    ask = partial(select.select, [pipe["reading"]], [], [], 1)
    deque(iter(ask, ([], [], [])), 0)


def check(pipe):
    os.close(pipe["reading"])
    os.close(pipe["writing"])
    return pipe["got"] == b"x"


WORKERS = [look, take]
