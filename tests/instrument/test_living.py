"""What is new among all objects, without looking at all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from pytest_concurrency.instrument import living
from pytest_concurrency.instrument.living import AGEING, Mark

pytestmark = pytest.mark.skipif(
    not living._HAS_GENERATIONS, reason="this collector has no generations"
)


@pytest.fixture(autouse=True)
def callbacks() -> Iterator[None]:
    before = list(gc.callbacks)
    yield
    gc.callbacks[:] = before


@pytest.fixture
def mark() -> Mark:
    AGEING.since(None)
    return AGEING.since(None)[1]


def new() -> Callable[[], None]:
    return lambda: None


def came_since(mark: Mark) -> set[int]:
    found, _ = AGEING.since(mark)
    assert found is not None
    return set(map(id, found))


def test_what_is_new_is_known_however_old_it_is(mark: Mark) -> None:
    first = new()
    gc.collect(1)
    second = new()
    gc.collect()
    third, numbers = new(), {1}
    assert came_since(mark) >= {id(first), id(second), id(third), id(numbers)}


def test_what_was_known_is_not_new(mark: Mark) -> None:
    first = new()
    gc.collect()
    _, later = AGEING.since(mark)
    gc.collect()
    second = new()
    assert id(first) not in came_since(later)
    assert id(second) in came_since(later)


def test_what_is_gone_does_not_come_back(mark: Mark) -> None:
    gc.collect(1)
    functions = [new() for _ in range(3)]
    gc.collect(1)
    kept = functions.pop()
    del functions
    found, _ = AGEING.since(mark)
    assert found is not None
    qualnames = [getattr(each, "__qualname__", "") for each in found]
    assert qualnames.count(kept.__qualname__) == 1


def test_where_a_collection_was_not_seen_nothing_is_known(mark: Mark) -> None:
    gc.callbacks.clear()
    gc.collect()
    assert AGEING.since(mark)[0] is None
    assert AGEING.since(AGEING.since(mark)[1])[0] is not None


def test_where_there_was_too_much_nothing_is_known(
    mark: Mark, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = [new() for _ in range(living._MOST_AGED + 1)]
    gc.collect()
    assert AGEING.since(mark)[0] is None
    assert len(functions) > living._MOST_AGED


def test_another_process_looks_at_everything(mark: Mark) -> None:
    assert AGEING.since((mark[0] + 1, mark[1]))[0] is None
