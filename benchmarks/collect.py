"""Collects an empty file again and again, each time in a fork of a process that has just done so.

``python -m benchmarks.collect EMPTY_FILE PAIRS`` prints with and without the plugin, pair by pair,
as JSON: milliseconds by the clock, milliseconds of CPU time. What is the same on both sides, above
all pytest's own imports, has happened before the fork: it varies by more than the plugin costs.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter, process_time

import pytest

from benchmarks.neighbours import collect_only


def _quiet_main(arguments: list[str]) -> int:
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing):
        return pytest.main(arguments)


def _milliseconds(arguments: list[str]) -> list[float]:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        started, cpu_started = perf_counter(), process_time()
        status = _quiet_main(arguments)
        took = [perf_counter() - started, process_time() - cpu_started]
        os.write(writer, json.dumps([seconds * 1000 for seconds in took]).encode())
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != pytest.ExitCode.NO_TESTS_COLLECTED:
        raise RuntimeError(f"exit status {status}: pytest {' '.join(arguments)}")
    milliseconds: list[float] = json.loads(answer)
    return milliseconds


def main(empty: str, pairs: int) -> None:
    both = [collect_only(empty, with_plugin=with_plugin) for with_plugin in (True, False)]
    _quiet_main(collect_only(empty, with_plugin=False))
    found = [[_milliseconds(arguments) for arguments in both] for _ in range(pairs + 1)]
    print(json.dumps(found[1:]))  # the first ones fill the cache of byte code


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
