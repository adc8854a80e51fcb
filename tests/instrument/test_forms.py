"""Whoever reads and whoever changes something are brought into both orders, however they say it.

``CORPUS=full`` tries each way of reading with three ways of changing, and each way of changing with
three ways of reading; else it is every eighth of these pairs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forms import FORMS
from loading import load_module

from pytest_concurrency import explore

SOURCE = """
import array, bisect, collections, contextlib, copy, functools, heapq, itertools, json, operator
import pickle, pprint, random, statistics, string, struct, textwrap, types

class Box:
    def __init__(self): self.v = 1
    def get(self): return self.v
    def set(self, v): self.v = v

def setup():
    return {made}

def see(x):
    {read}

def change(x):
    {write}

def look(x):
    with contextlib.suppress(Exception):
        see(x)

def work(x):
    with contextlib.suppress(Exception):
        change(x)
"""


def pairs() -> Iterator[tuple[str, str, str]]:
    """Yield what is made, how it is read, and how it is changed."""
    for made, reads, writes in FORMS.values():
        some = (0, 1)
        yield from dict.fromkeys(
            [
                *(
                    (made, r, writes[w % len(writes)])
                    for n, r in enumerate(reads)
                    for w in (*some, n)
                ),
                *(
                    (made, reads[r % len(reads)], w)
                    for n, w in enumerate(writes)
                    for r in (*some, n)
                ),
            ]
        )


PAIRS = [*pairs()] if os.environ.get("CORPUS") == "full" else [*pairs()][::8]


@pytest.mark.parametrize(("made", "read", "write"), PAIRS)
def test_both_orders_are_run(made: str, read: str, write: str, tmp_path: Path) -> None:
    path = tmp_path / "forms_of_one.py"
    path.write_text(SOURCE.format(made=made, read=read, write=write))
    program = load_module("forms_of_one", path)
    untouched, changed = program.setup(), program.setup()
    program.work(changed)
    found = explore(program.setup, [program.look, program.work], strategy="dpor")
    assert found.exhausted
    is_seen = result_of(program.see, untouched) != result_of(program.see, changed)
    assert found.distinct > 1 or not is_seen


def result_of(see: Callable[[Any], Any], x: Any) -> str:
    try:
        return repr(see(x))
    except Exception as error:
        return repr(error)
