"""Thirty small tests that share something: most of them correct."""

import threading

import pytest
from shop import Cache, Diary, Stock, Visits

pytestmark = pytest.mark.threadsafe


@pytest.fixture
def stock():
    return Stock(10)


@pytest.fixture
def cache():
    return Cache()


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_stock_of_copies(stock, pieces):
    for _ in range(pieces):
        stock.take()
    assert stock.pieces < 10


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 5, 6])
def test_stock(concurrency, pieces):
    stock = Stock(pieces)
    taken = concurrency.run(stock.take)
    assert sum(taken) + stock.pieces == pieces


@pytest.mark.parametrize("title", ["One", "Two Words", "Three, Words!"])
def test_cache_of_copies(cache, title):
    assert cache.get(title) == cache.get(title)


@pytest.mark.parametrize("title", ["One", "Two Words", "Three, Words!"])
def test_cache(cache, concurrency, title):
    concurrency.run(lambda: cache.get(title))
    assert cache.hits == concurrency.count - 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_own_threads(stock, count):
    threads = [threading.Thread(target=stock.take) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stock.pieces == 10 - count


@pytest.mark.parametrize("title", ["One", "Two Words", "Three, Words!"])
def test_two_callables(stock, cache, concurrency, title):
    concurrency.run([stock.take, lambda: cache.get(title)])
    assert stock.pieces == 9
    assert cache.get(title) == cache.kept[title]


@pytest.mark.parametrize("line", ["rain", "sun", "snow"])
def test_diary(tmp_path, concurrency, line):
    diary = Diary(tmp_path / "diary.txt")
    concurrency.run(lambda: diary.write(line))
    assert diary.path.read_text(encoding="utf-8").splitlines() == [line] * concurrency.count


@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, 5])
def test_visits(concurrency, start):
    visits = Visits()
    visits.count = start
    concurrency.run(visits.note)
    assert visits.count == start + concurrency.count
