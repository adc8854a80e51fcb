"""Tests as people write them: their own body at once, threads of their own, two different parts."""

import threading
from pathlib import Path

import pytest
from tally import Board, Catalogue, Shelf, Store, catalogue


@pytest.fixture
def shelf():
    return Shelf(tea=1)


@pytest.mark.threadsafe
def test_nobody_takes_what_is_not_there(shelf):
    """The test itself is run by several threads at once, on one shelf."""
    shelf.take("tea")
    assert shelf.left("tea") >= 0


@pytest.mark.threadsafe
def test_every_cashier_writes_a_report_of_her_own(tmp_path, thread_index):
    """Every copy has its own ``tmp_path``; there is nothing to find here."""
    report = tmp_path / "report.txt"
    report.write_text(f"cashier {thread_index}: 3 teas")
    assert report.read_text() == f"cashier {thread_index}: 3 teas"


@pytest.mark.threadsafe
def test_every_visitor_is_on_the_board(thread_count):
    """The test starts threads of its own."""
    board = Board()
    entrances = [threading.Thread(target=board.add, args=("north", 2)) for _ in range(thread_count)]
    for entrance in entrances:
        entrance.start()
    for entrance in entrances:
        entrance.join()
    assert board.visitors == {"north": 2 * thread_count}


@pytest.mark.threadsafe
def test_stores_send_stock_to_each_other(concurrency):
    """Two different things at once; each locks its own store first, then the other's."""
    north, south = Store(10), Store(10)
    concurrency.run([lambda: north.send(south, 3), lambda: south.send(north, 4)])
    assert north.stock + south.stock == 20


@pytest.mark.threadsafe
def test_there_is_one_catalogue(concurrency):
    """The catalogue is made at first use, which happens once in a program's life."""
    seen = []
    concurrency.run(lambda: seen.append(catalogue()))
    assert all(each is seen[0] for each in seen)


@pytest.mark.thread_unsafe(reason="changes the working directory, which all threads share")
def test_reports_go_to_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("today.txt").write_text("12 visitors")
    assert (tmp_path / "today.txt").read_text() == "12 visitors"


def test_tea_has_a_price():
    """An ordinary test, not marked: it runs once, as always."""
    assert Catalogue().price("tea") == 320
