"""What is written down of an execution, and when that ends."""

from __future__ import annotations

import gc
from weakref import ref

from pytest_concurrency.runtime.trace.operations import ACQUIRED, RELEASED, START, WRITE
from pytest_concurrency.runtime.trace.record import Record
from pytest_concurrency.runtime.trace.resource import THREAD
from pytest_concurrency.runtime.trace.sites import INTERNAL


class Thing:
    pass


def test_what_is_noted_knows_how_long_the_log_was():
    record = Record()
    record.note(0, 7, "", ACQUIRED)
    record.log.append((0, 3, 1, "x", WRITE))
    record.note(0, 7, "", RELEASED, 5)
    record.note_each(0, THREAD, (1, 2), START)
    assert record.noted == [
        (0, 0, INTERNAL, 7, "", ACQUIRED),
        (1, 0, 5, 7, "", RELEASED),
        (1, 0, INTERNAL, THREAD, 1, START),
        (1, 0, INTERNAL, THREAD, 2, START),
    ]


def test_unwinding_is_no_part_of_it():
    record = Record()
    for part in ("before", "after"):
        record.log.append((0, 3, 1, part, WRITE))
        record.note(0, 7, part, ACQUIRED)
        if not record.is_over:
            record.end_here()
    assert len(record.log) == len(record.noted) == 2
    record.close()
    assert [each[3] for each in record.log] == [each[4] for each in record.noted] == ["before"]


def test_it_keeps_nothing_alive_once_it_is_closed():
    record, thing = Record(), Thing()
    gone = ref(thing)
    record.held.append(thing)
    record.seen[id(thing)] = (lambda kept=thing: kept, 1)
    assert record.number_at(id(thing)) == 1
    record.close()
    assert record.number_at(id(thing)) is None
    del thing
    gc.collect()
    assert gone() is None


def test_a_number_is_that_of_one_that_is_alive():
    record = Record()
    record.seen[1234] = (lambda: None, 1)
    assert record.number_at(1234) is None


def test_files_are_numbered_in_the_order_in_which_they_are_met():
    record = Record()
    assert [record.number_of_file(name) for name in ("b", "a", "b")] == [0, 1, 0]
