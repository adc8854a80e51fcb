"""What a thread stands before, also after it came back from another process."""

from __future__ import annotations

import copy
import pickle

from pytest_concurrency.runtime.trace.pending import Operation
from pytest_concurrency.runtime.trace.resource import WHOLE


def test_whole_stays_the_same_when_it_travels() -> None:
    assert pickle.loads(pickle.dumps(WHOLE)) is WHOLE
    assert copy.deepcopy(WHOLE) is WHOLE


def test_whole_conflicts_with_an_item_after_travelling() -> None:
    place = pickle.loads(pickle.dumps(("items", WHOLE)))[1]
    whole, item = Operation(0, 1, place, "read"), Operation(0, 1, "key", "write")
    assert whole.conflicts_with(item)
    assert item.conflicts_with(whole)
