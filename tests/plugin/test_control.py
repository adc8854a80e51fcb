"""What tests do where their threads do not meet, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import EXPLORED_ONLY, FEW, Run

TILL = """
import threading, time, unittest, pytest
pytestmark = pytest.mark.threadsafe

class Till:
    def __init__(self): self.total = 0
    def take(self, n): self.total += n

@pytest.fixture
def till(): return Till()
"""
OWN = f"""{TILL}
def test_fixture(till):
    till.take(1)
    assert till.total == 1

@pytest.fixture
def later(request): return request.getfixturevalue("till")

def test_asked_for_late_by_a_fixture(later):
    later.take(1)
    assert later.total == 1

class TestAutouse:
    @pytest.fixture(autouse=True)
    def start(self, till): self.till = till

    def test_autouse(self):
        self.till.take(1)
        assert self.till.total == 1

class TestMethods:
    def setup_method(self): self.till = Till()
    def teardown_method(self): assert self.till.total == 1
    def test_setup_method(self): self.till.take(1)

class TestUnit(unittest.TestCase):
    def setUp(self): self.till = Till()
    def tearDown(self): self.assertEqual(self.till.total, 1)
    def test_setup(self): self.till.take(1)

@pytest.mark.parametrize("rows", [[1, 2]])
def test_parameter(rows):
    rows.append(3)
    assert rows == [1, 2, 3]

def test_directory(tmp_path, till):
    (tmp_path / "rows").mkdir()
    till.take(1)
    assert till.total == 1

@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rows").write_text("1")
    return tmp_path

def test_fixture_and_test_share_a_directory(folder, tmp_path):
    assert (tmp_path / "rows").read_text() == "1"
    (tmp_path / "rows").unlink()
"""


def test_copies_that_fail_one_after_another_get_fixtures_of_their_own(
    run: Callable[..., Run],
) -> None:
    found = run(OWN, *FEW, "-v")
    found.result.assert_outcomes(passed=8)
    assert len(found.of) == 8
    for name, report in found.of.items():
        assert report.hazards == (), name
        assert report.isolation.verdict in ("clean", "not-shared"), (name, report.isolation)
        assert all(cell.own_fixtures for cell in report.cells[1:]), name
    found.result.stdout.fnmatch_lines(["*clean (own fixtures)"])


def test_what_a_copy_assigns_to_self_is_its_own(run: Callable[..., Run]) -> None:
    found = run(
        f"""{TILL}
class TestSelf:
    def test_instance(self):
        self.till = Till()
        self.till.take(1)
        assert self.till.total == 1
""",
        *FEW,
    )
    report = found.of["test_instance"]
    assert (report.hazards, report.isolation.verdict) == ((), "clean")
    assert not any(cell.own_fixtures for cell in report.cells)


HIDDEN = f"""{TILL}
class Ids:
    last = 0

    @classmethod
    def next(cls):
        cls.last = cls.last + 1
        return cls.last

def test_hidden(till):
    till.take(Ids.next())
    first = till.total
    till.take(Ids.next())
    assert till.total == 2 * first + 1
"""


def test_hidden_global_state_is_found_with_fixtures_of_their_own(run: Callable[..., Run]) -> None:
    found = run(HIDDEN, *EXPLORED_ONLY)
    report = found.of["test_hidden"]
    (hazard, *_) = report.hazards
    assert (hazard.kind, hazard.location) == ("lost-update", "Ids.last")
    assert report.cells[1].own_fixtures
    again = run(HIDDEN, "--concurrency-stress", f"--concurrency-replay={hazard.replay}")
    assert [each.kind for each in again.of["test_hidden"].hazards] == ["lost-update"]
    assert again.of["test_hidden"].hazards[0].sites == hazard.sites


def test_what_fails_one_after_another_in_any_case_is_not_meant_for_copies(
    run: Callable[..., Run],
) -> None:
    found = run(
        """
        import pytest
        SEEN = []

        @pytest.mark.threadsafe
        def test_once():
            assert not SEEN
            SEEN.append(1)
        """,
        *FEW,
    )
    found.result.assert_outcomes(passed=1)
    report = found.of["test_once"]
    assert report.hazards == ()
    assert report.reason.startswith("not meant for copies: ")
    assert [cell.outcome for cell in report.cells[:3]] == ["clean", "skipped", "skipped"]
    assert report.not_judged


def test_fixtures_of_their_own_are_set_up_one_after_another_and_torn_down_backwards(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    found = run(
        f"""
        import os, pytest
        main = os.getpid()
        up = []

        def note(text):
            if os.getpid() != main:
                with open({str(notes)!r}, "a") as file: file.write(text + "\\n")

        @pytest.fixture(scope="module")
        def wide():
            note("wide")
            return []

        @pytest.fixture
        def narrow(wide):
            up.append(1)
            number = len(up)
            note(f"up {{number}}")
            yield {{}}
            note(f"down {{number}}")
            up.pop()

        @pytest.mark.threadsafe
        def test_it(narrow, wide):
            assert "x" not in narrow
            narrow["x"] = 1
            note(f"body {{len(up)}}")
        """,
        "--concurrency-stress",
        "--concurrency-threads=3",
        "--concurrency-schedules=1",
        "--concurrency-runs=0",
    )
    found.result.assert_outcomes(passed=1)
    assert found.of["test_it"].hazards == ()
    lines = notes.read_text().splitlines()
    one = ["up 2", "body 2", "down 2"]  # the parent's is 1
    three = ["up 2", "up 3", "up 4", *["body 4"] * 3, "down 4", "down 3", "down 2"]
    assert lines[: len(one * 2)] == one * 2
    assert lines[-len(three) :] == three
    assert "wide" not in lines


def test_a_set_up_that_can_be_done_once_only_is_told(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest
        TAKEN = []

        @pytest.fixture
        def port():
            if TAKEN: raise OSError("port in use")
            TAKEN.append(1)
            yield {}
            TAKEN.clear()

        @pytest.mark.threadsafe
        def test_port(port):
            assert not port
            port["x"] = 1
        """,
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(passed=1)
    report = found.of["test_port"]
    assert report.hazards == ()
    assert "port in use" in report.reason


METER = """
import threading, time, pytest
pytestmark = pytest.mark.threadsafe

class Meter:
    def __init__(self): self.value = 0
    def tick(self):
        seen = self.value
        WAIT
        self.value = seen + 1

def test_meter(concurrency):
    meter = Meter()
    concurrency.run(meter.tick)
    assert meter.value == concurrency.count
"""


@pytest.mark.parametrize(
    "wait", ["time.sleep(0.01)", "time.sleep(2)", "threading.Event().wait(0.1)"]
)
def test_callables_run_one_after_another_whatever_they_wait_for(
    run: Callable[..., Run], wait: str
) -> None:
    found = run(METER.replace("WAIT", wait), *EXPLORED_ONLY)
    found.result.assert_outcomes(failed=1)
    (hazard, *_) = found.of["test_meter"].hazards
    assert (hazard.kind, hazard.location, bool(hazard.replay)) == (
        "lost-update",
        "Meter.value",
        True,
    )


def test_callables_that_wait_for_each_other_may(run: Callable[..., Run]) -> None:
    found = run(
        """
        import threading, time, pytest

        @pytest.mark.threadsafe
        def test_it(concurrency):
            ready = threading.Event()

            def first():
                time.sleep(0.01)
                assert ready.wait(5)

            def second():
                time.sleep(0.01)
                ready.set()

            concurrency.run([first, second])
        """,
        *EXPLORED_ONLY,
    )
    report = found.of["test_it"]
    assert (report.hazards, report.cells[0].outcome, report.outcome) == ((), "clean", "passed")


JOIN = """
import threading, pytest

class Loader:
    def __init__(self): self.rows = []
    def _work(self): self.rows.append(1)
    def load(self):
        threading.Thread(target=self._work).start()
        return self

@pytest.mark.threadsafe
def test_rows():
    assert Loader().load().rows == [1]
"""


def test_a_schedule_without_preemption_that_fails_is_a_finding(run: Callable[..., Run]) -> None:
    found = run(JOIN, *EXPLORED_ONLY)
    report = found.of["test_rows"]
    hazard = report.hazards[0]
    assert (hazard.kind, hazard.preemptions) == ("test-failure", 0)
    assert "without any preemption" in hazard.message
    assert "3 plain runs pass" in report.cells[0].reason
    again = run(JOIN, "--concurrency-stress", f"--concurrency-replay={hazard.replay}")
    assert [each.kind for each in again.of["test_rows"].hazards] == ["test-failure"]


ASLEEP = """
import threading, time, pytest

class Counter:
    def __init__(self): self.value = 0
    def increment(self):
        seen = self.value
        time.sleep(0.5)
        self.value = seen + 1

def count():
    counter = Counter()
    threads = [threading.Thread(target=counter.increment) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert counter.value == 2

@pytest.mark.threadsafe
def test_count(): count()

@pytest.mark.threadsafe
@pytest.mark.xfail
def test_known(): count()
"""


def test_a_race_that_plain_runs_lose_as_well_is_a_finding(run: Callable[..., Run]) -> None:
    found = run(ASLEEP, *EXPLORED_ONLY)
    report = found.of["test_count"]
    hazard = report.hazards[0]
    assert (hazard.kind, hazard.location) == ("lost-update", "Counter.value")
    assert hazard.replay
    assert report.cells[0].reason.startswith("one schedule without preemption fails")
    assert not found.of["test_known"].hazards


def test_callables_that_lock_each_other_out_are_a_finding(run: Callable[..., Run]) -> None:
    """In the order in which they are given they always do, in plain runs as well."""
    found = run(
        """
        import queue, threading, pytest

        @pytest.mark.threadsafe
        def test_it(concurrency):
            lock, jobs = threading.Lock(), queue.Queue()

            def take():
                with lock:
                    return jobs.get()

            def put():
                with lock:
                    jobs.put(1)

            concurrency.run([take, put])
        """,
        *EXPLORED_ONLY,
    )
    report = found.of["test_it"]
    assert [hazard.kind for hazard in report.hazards] == ["deadlock"]
    assert report.hazards[0].replay
    assert report.cells[0].reason.endswith("; another one passes")


ALWAYS = """
import asyncio, threading, pytest
pytestmark = pytest.mark.threadsafe

def test_wrong():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    assert thread.is_alive()

def test_in_one_thread():
    assert threading.active_count() == 0

def test_in_one_task():
    async def main():
        await asyncio.sleep(0)
    assert asyncio.run(main()) == 1

def test_of_tasks():
    counts = {"paid": 0}

    async def pay():
        paid = counts["paid"]
        await asyncio.sleep(0)
        counts["paid"] = paid + 1

    async def main():
        await asyncio.gather(pay(), pay())

    asyncio.run(main())
    assert counts["paid"] == 2
"""


def test_what_plain_runs_fail_as_well_is_told_by_what_was_tried(run: Callable[..., Run]) -> None:
    found = run(ALWAYS, *EXPLORED_ONLY)
    found.result.assert_outcomes(failed=4)
    reasons = {name: report.reason for name, report in found.of.items()}
    tried = r"fails in (\d+) of \1 schedules, and in 3 of 3 plain runs: AssertionError: "
    assert re.match(tried, reasons["test_wrong"])
    alone = "fails without concurrency: AssertionError"
    assert reasons["test_in_one_thread"].startswith(alone)
    assert reasons["test_in_one_task"].startswith(alone)
    told = reasons["test_of_tasks"]
    assert told.startswith("fails without other threads: AssertionError: assert 1 == 2")
    assert re.search(
        r"\(a task acts on what it has read of counts\['paid'\] at test_it.py:\d+ after another "
        r"one has written that at test_it.py:\d+\)$",
        told,
    )


def test_threads_that_always_lock_each_other_out(run: Callable[..., Run]) -> None:
    found = run(
        """
        import threading, pytest

        @pytest.mark.threadsafe
        def test_it():
            one, other, both = threading.Lock(), threading.Lock(), threading.Barrier(2)

            def take(first, second):
                with first:
                    both.wait()
                    with second: pass

            threads = [
                threading.Thread(target=take, args=locks, daemon=True)
                for locks in ((one, other), (other, one))
            ]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """,
        *EXPLORED_ONLY,
        "--concurrency-time=6",
    )
    reason = found.of["test_it"].reason
    tried = r"fails in (\d+) of \1 schedules, and in a plain run: no thread can go on: "
    assert re.match(tried, reason)
    assert "waits for lock other held by thread 2" in reason


BEATING = """
import threading, time, pytest
pytestmark = pytest.mark.threadsafe

@pytest.fixture
def beats():
    found, over = [], threading.Event()

    def beat():
        while not over.wait(0.01): found.append(1)

    thread = threading.Thread(target=beat, name="heart")
    thread.start()
    yield found
    over.set()
    thread.join()

def test_sleeps(beats):
    time.sleep(0.3)
    assert len(beats) > 3

def test_does_not_wait(beats):
    assert beats is not None
"""


def test_who_sleeps_while_a_fixture_works_is_not_judged(run: Callable[..., Run]) -> None:
    found = run(BEATING, *EXPLORED_ONLY)
    found.result.assert_outcomes(passed=2)
    assert found.of["test_sleeps"].reason.startswith(
        "fails under the scheduler, where sleeping takes no time, and passes where it does: a "
        "thread that a fixture has started works meanwhile: AssertionError: "
    )
    assert "heart" not in found.of["test_sleeps"].reason
    assert found.of["test_does_not_wait"].cells[0].outcome == "clean"


def test_what_fails_only_when_instrumented_is_told_as_that(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest

        def get(obj): return obj.value

        @pytest.mark.threadsafe
        def test_code():
            assert get.__code__.co_names == ("value",)
        """,
        *EXPLORED_ONLY,
    )
    found.result.assert_outcomes(passed=1)
    report = found.of["test_code"]
    assert report.reason.startswith("fails when instrumented, in one thread: AssertionError")
    assert (report.hazards, bool(report.not_judged)) == ((), True)


def test_json_says_whose_fixtures(run: Callable[..., Run], pytester: Any) -> None:
    import json

    run(OWN, *EXPLORED_ONLY, "-k", "test_setup_method", "--concurrency-json=report.json")
    document = json.loads((pytester.path / "report.json").read_text())
    (test,) = document["tests"]
    assert [cell["own_fixtures"] for cell in test["cells"]][:2] == [False, True]


NOTHING = """
import asyncio, threading, pytest
from functools import partial
pytestmark = pytest.mark.threadsafe

class Counter:
    def __init__(self): self.value = 0
    def add(self): self.value += 1
    async def add_later(self): self.value += 1

def test_never_called(concurrency): pass

def test_returns_another(concurrency):
    counter = Counter()
    concurrency.run(lambda: counter.add)

def test_coroutine_function(concurrency):
    with pytest.raises(TypeError, match="coroutine, which nobody awaits"):
        concurrency.run(Counter().add_later)
    with pytest.raises(TypeError, match="coroutine, which nobody awaits"):
        concurrency.run([partial(Counter().add_later)])
    with pytest.raises(TypeError, match="returned a coroutine, which nobody awaits"):
        concurrency.run(lambda: Counter().add_later())

def test_own_threads(concurrency):
    thread = threading.Thread(target=Counter().add)
    thread.start()
    thread.join()

def test_returns_what_it_has_made(concurrency):
    counters = [Counter()]
    def make():
        counters.append(Counter())
        return counters[-1].add
    concurrency.run(make)
"""


def test_where_nothing_runs_at_once_nothing_is_claimed(run: Callable[..., Run]) -> None:
    found = run(NOTHING, *EXPLORED_ONLY)
    found.result.assert_outcomes(passed=5)
    reasons = {name: report.reason for name, report in found.of.items()}
    assert "never called" in reasons["test_never_called"]
    assert "only returns other callables" in reasons["test_returns_another"]
    assert "test_coroutine_function" in reasons
    assert found.of["test_own_threads"].outcome == "passed"
    assert found.of["test_returns_what_it_has_made"].outcome == "passed"


def test_callables_fixed_in_number_have_one_cell_of_each_kind(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest
        pytestmark = pytest.mark.threadsafe

        def test_two(concurrency): concurrency.run([list, dict])
        def test_three(concurrency): concurrency.run(list, threads=3)
        def test_some(concurrency): concurrency.run(list)
        def test_count(concurrency, thread_count): concurrency.run([list] * thread_count)
        """,
        "--concurrency-stress",
        "--concurrency-threads=2,4",
        "--concurrency-schedules=5",
        "--concurrency-runs=1",
    )
    counts = {
        name: [cell.cell.threads for cell in report.cells if cell.cell.kind != "processes"]
        for name, report in found.of.items()
    }
    assert counts == {
        "test_two": [1, 2, 2],
        "test_three": [1, 2, 2],
        "test_some": [1, 2, 4, 2, 4],
        "test_count": [1, 2, 4, 2, 4],
    }


def test_a_failure_is_not_said_to_need_more_than_was_seen(run: Callable[..., Run]) -> None:
    found = run(
        """
        import pytest
        DATA = {}

        @pytest.mark.threadsafe
        def test_store():
            DATA.clear()
            DATA["key"] = 1
            assert DATA.get("key") == 1
        """,
        *EXPLORED_ONLY,
    )
    (hazard,) = found.of["test_store"].hazards
    assert hazard.preemptions
    assert hazard.message.startswith("fails in this interleaving: AssertionError")


MEETING = """
import os, shutil, tempfile, unittest, pytest
pytestmark = pytest.mark.threadsafe

def save(path, text):
    with open(path, "w") as file: file.write(text)

def load(path):
    with open(path) as file: return file.read()

class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self): return self.items.pop()

class Counter:
    def __init__(self): self.value = 0
    def increase(self): self.value = self.value + 1

class Table:
    def __init__(self): self.rows = {}
    def add(self, key): self.rows[key] = 1
    def total(self): return sum(self.rows[key] for key in self.rows)

@pytest.fixture
def counter(): return Counter()

@pytest.fixture
def table(): return Table()
"""
ONLY_COPIES_SHARE = f"""{MEETING}
class TestFolder(unittest.TestCase):
    def setUp(self): self.folder = tempfile.mkdtemp()
    def tearDown(self): shutil.rmtree(self.folder)
    def test_folder(self):
        path = os.path.join(self.folder, "text")
        save(path, "one")
        self.assertEqual(load(path), "one")
        os.remove(path)

class TestDirectory:
    def setup_method(self): self.directory = tempfile.TemporaryDirectory()
    def teardown_method(self): self.directory.cleanup()
    def test_directory(self):
        path = os.path.join(self.directory.name, "sub")
        os.mkdir(path)
        assert os.listdir(path) == []
        os.rmdir(path)

class TestStack(unittest.TestCase):
    def setUp(self): self.stack = Stack()
    def test_stack(self):
        self.stack.push(1)
        self.assertEqual(self.stack.pop(), 1)
        self.assertEqual(self.stack.items, [])
"""


def test_copies_that_meet_between_statements_get_fixtures_of_their_own(
    run: Callable[..., Run],
) -> None:
    found = run(ONLY_COPIES_SHARE, *FEW)
    found.result.assert_outcomes(passed=3)
    for name in ("test_folder", "test_directory", "test_stack"):
        report = found.of[name]
        assert (report.hazards, report.isolation.verdict) == ((), "clean"), name
        assert all(cell.own_fixtures for cell in report.cells[1:]), name


ONE_FOR_ALL = f"""{MEETING}
class TestFixed(unittest.TestCase):
    folder = os.path.join(os.getcwd(), "fixed")
    def setUp(self): os.mkdir(self.folder)
    def tearDown(self): shutil.rmtree(self.folder)
    def test_fixed(self):
        path = os.path.join(self.folder, "text")
        save(path, "one")
        self.assertEqual(load(path), "one")
        os.remove(path)

@pytest.fixture
def here(tmp_path, monkeypatch): monkeypatch.chdir(tmp_path)

def test_here(here):
    save("text", "one")
    assert load("text") == "one"
    os.remove("text")
"""


def test_copies_that_can_have_no_fixtures_of_their_own_are_not_judged(
    run: Callable[..., Run],
) -> None:
    found = run(ONE_FOR_ALL, *FEW)
    found.result.assert_outcomes(passed=2)
    for name in ("test_fixed", "test_here"):
        report = found.of[name]
        assert report.hazards == (), name
        assert report.reason.startswith("not meant for copies: they fail on shared fixtures "), name
        assert report.isolation.verdict == "inconclusive"


def test_what_needs_no_check_of_the_test_is_found_on_shared_fixtures(
    run: Callable[..., Run],
) -> None:
    program = f"""{MEETING}
def test_difference(counter):
    before = counter.value
    counter.increase()
    assert counter.value == before + 1
"""
    found = run(program, *EXPLORED_ONLY)
    report = found.of["test_difference"]
    assert {each.kind for each in report.hazards} == {"lost-update"}
    assert report.hazards[0].location == "Counter.value"
    assert not report.cells[1].own_fixtures
    token = report.hazards[0].replay
    again = run(program, "--concurrency-stress", f"--concurrency-replay={token}")
    assert [each.kind for each in again.of["test_difference"].hazards] == ["lost-update"]


def test_what_fails_within_a_call_only_is_a_hazard(run: Callable[..., Run]) -> None:
    found = run(
        f"""{MEETING}
def test_table(table, thread_index):
    table.add(thread_index)
    assert table.total() >= 1
""",
        *EXPLORED_ONLY,
    )
    report = found.of["test_table"]
    assert report.hazards
    assert not report.cells[1].own_fixtures


ON_FILES = f"""{MEETING}
class Store:
    def __init__(self, folder): self.folder, self.lock = folder, threading.Lock()
    def put(self, name, text):
        with self.lock: save(self.folder / name, text)
    def get(self, name):
        with self.lock: return load(self.folder / name)
    def drop(self, name):
        with self.lock: os.remove(self.folder / name)
    def names(self):
        with self.lock: return os.listdir(self.folder)

class Meter:
    def __init__(self, path):
        self.path = path
        save(path, "0")
    def read(self): return int(load(self.path) or 0)
    def tick(self): save(self.path, str(self.read() + 1))

@pytest.fixture
def store(tmp_path): return Store(tmp_path)

@pytest.fixture
def meter(tmp_path): return Meter(tmp_path / "count")

def test_store(store):
    store.put("a", "one")
    assert store.get("a") == "one"
    store.drop("a")
    assert store.names() == []

def test_meter(meter):
    before = meter.read()
    meter.tick()
    meter.tick()
    assert meter.read() >= before + 2
"""


def test_an_object_that_lives_in_a_file_is_an_object_like_any_other(
    run: Callable[..., Run],
) -> None:
    more = "--concurrency-schedules=200"
    found = run(ON_FILES.replace("import os", "import threading, os"), *EXPLORED_ONLY, more)
    store, meter = found.of["test_store"], found.of["test_meter"]
    assert store.hazards == ()
    assert store.cells[1].own_fixtures
    assert [each.location for each in meter.hazards if each.kind == "test-failure"]
    assert not meter.cells[1].own_fixtures


def test_what_statements_of_the_test_hand_on_is_not_lost(run: Callable[..., Run]) -> None:
    found = run(
        f"""{MEETING}
class Box:
    def __init__(self): self.value = 0
    def get(self): return self.value
    def set(self, value): self.value = value
    def add(self, amount): self.set(self.get() + amount)

@pytest.fixture
def box(): return Box()

def test_by_hand(box):
    before = box.value
    box.value = before + 1
    assert box.value == before + 1

def test_in_one_line(box):
    before = box.get(); box.set(before + 1); assert box.get() == before + 1

def test_by_calls(box):
    before = box.get()
    box.set(before + 1)
    assert box.get() == before + 1

def test_within_a_call(box):
    before = box.get()
    box.add(1)
    assert box.get() == before + 1
""",
        *EXPLORED_ONLY,
    )
    hazards = {name: [each.kind for each in report.hazards] for name, report in found.of.items()}
    assert hazards == {
        "test_by_hand": [],
        "test_in_one_line": [],
        "test_by_calls": [],
        "test_within_a_call": ["lost-update"],
    }


YIELDING = """
import os, pytest
from contextlib import contextmanager

def note(what):
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{what}-{os.getpid()}\\n")

@contextmanager
def noted():
    note("entered")
    try:
        yield
    finally:
        note("left")

@pytest.fixture
def thing():
    with noted():
        yield 1

@pytest.mark.threadsafe
def test_thing(thing):
    assert thing == 1
"""


def test_what_a_fixture_has_entered_is_left_where_it_was_entered(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("NOTES", str(notes))
    assert run(YIELDING, *FEW).ret == 0
    noted = [line.split("-") for line in notes.read_text(encoding="utf-8").split()]
    entered = sorted(process for what, process in noted if what == "entered")
    left = sorted(process for what, process in noted if what == "left")
    assert entered == left
    assert len(set(left)) > 1


def test_copies_take_turns_in_the_process_of_the_rounds(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    found = run(
        f"""
        import os
        from pathlib import Path
        import pytest

        @pytest.mark.threadsafe
        def test_it():
            with Path({str(tmp_path / "pids")!r}).open("a") as file:
                file.write(f"{{os.getpid()}} ")
        """,
        *EXPLORED_ONLY,
    )
    assert found.of["test_it"].outcome == "passed"
    pids = (tmp_path / "pids").read_text().split()
    # The survey, the rounds, the explored cell, pytest itself.
    assert len(set(pids)) == 4
    assert pids[1:5] == [pids[1]] * 4


def test_copies_that_die_there_leave_what_the_rounds_have_told(run: Callable[..., Run]) -> None:
    found = run(
        """
        import os
        import pytest

        @pytest.fixture
        def guests():
            return []

        @pytest.mark.threadsafe
        def test_it(guests):
            guests.append(1)
            if len(guests) == 2:
                os._exit(3)
        """,
        *EXPLORED_ONLY,
    )
    serial, explored = found.of["test_it"].cells
    assert (serial.cell.kind, serial.outcome) == ("serial", "clean")
    assert [hazard.kind for hazard in explored.hazards] == ["crash"]
