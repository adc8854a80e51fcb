"""Both threads see that a pipe is ready, and both read what is there once: one waits for ever."""

import os
import select

SEQUENTIAL = False
EXPECT = {"deadlock"}
MAX_SCHEDULES = 100


def setup():
    reading, writing = os.pipe()
    os.write(writing, b"x")
    return {"reading": reading, "writing": writing}


def take(pipe):
    ready, _, _ = select.select([pipe["reading"]], [], [], 0)
    if ready:
        os.read(pipe["reading"], 1)


def check(pipe):
    os.close(pipe["reading"])
    os.close(pipe["writing"])


WORKERS = [take, take]
