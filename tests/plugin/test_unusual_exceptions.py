"""What threads die of, and who is told: hooks that tests leave broken, exceptions that mean
something to pytest, and chains of ten thousand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import FEW, needs_proc

pytestmark = [needs_proc, pytest.mark.timeout(180)]

SETTINGS = (*FEW, "--concurrency-select=all", "--concurrency-gate=none")
DYING = """
import sys, threading
import pytest

def die():
    raise ValueError("boo")

def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()

class Counter:
    value = 0

def increment_twice():
    counter = Counter()
    def increment():
        value = counter.value
        counter.value = value + 1
    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return counter.value
"""


@pytest.fixture
def tests(pytester: pytest.Pytester) -> Callable[..., dict[str, Any]]:
    """Run tests in a process of their own; their reports by name."""

    def tests(source: str, *args: str) -> dict[str, Any]:
        pytester.makepyfile(test_it=DYING + source)
        result = pytester.runpytest_subprocess(*SETTINGS, "--concurrency-json=it.json", *args)
        text = (pytester.path / "it.json").read_text()
        assert "internal error" not in text + result.stdout.str()
        return {each["nodeid"].rpartition("::")[2]: each for each in json.loads(text)["tests"]}

    return tests


def outcomes(test: dict[str, Any]) -> set[str]:
    return {cell["outcome"] for cell in test["cells"]}


LEAVE = {
    "threading_raises": "def hook(args): 1 / 0\n    threading.excepthook = hook",
    "threading_none": "threading.excepthook = None",
    "threading_deleted": "del threading.excepthook",
    "sys_none": "sys.excepthook = None",
    "sys_deleted": "del sys.excepthook",
    "unraisable_deleted": "del sys.unraisablehook",
    "unraisable_raises": "def hook(args): 1 / 0\n    sys.unraisablehook = hook",
}


@pytest.mark.parametrize("what", LEAVE)
def test_a_hook_left_broken_is_the_programs_and_costs_nobody_else(
    tests: Callable[..., dict[str, Any]], what: str
) -> None:
    found = tests(
        f"""
def test_leaves():
    {LEAVE[what]}

def test_next():
    assert increment_twice() == 2

@pytest.fixture(autouse=True)
def threads_can_be_made():
    yield
    for module in (sys, threading):
        module.excepthook = module.__excepthook__
"""
    )
    assert found["test_next"]["cells"][0]["outcome"] == "clean"
    hazards = found["test_next"]["hazards"]
    assert hazards[0]["kind"] == "lost-update"
    # Whether it fails at full speed, too, is chance; the place of that failure is the same then.
    assert {hazard["location"] for hazard in hazards} == {"Counter.value"}
    assert {hazard["kind"] for hazard in hazards[1:]} <= {"test-failure"}


@pytest.mark.parametrize(
    ("hook", "takes_care"),
    [
        ("threading.excepthook = lambda args: seen.append(args.exc_value)", True),
        ("threading.excepthook = lambda args: 1 / 0", False),
        ("threading.excepthook = Strange()", True),
        ("threading.excepthook = Raising()", False),
    ],
)
def test_what_a_thread_dies_of_is_lost_only_to_a_hook_that_works(
    tests: Callable[..., dict[str, Any]], hook: str, takes_care: bool
) -> None:
    found = tests(
        f"""
class Strange:
    def __call__(self, args): seen.append(args.exc_value)
    def __eq__(self, other): raise RuntimeError("compared")
    def __getattr__(self, name): raise RuntimeError(name)

class Raising(Strange):
    def __call__(self, args): raise RuntimeError("called")

seen = []

def test_it():
    # Left as it is: the next execution begins with the usual one.
    {hook}
    if increment_twice() != 2:
        in_thread(die)
        seen.clear()
"""
    )
    assert ("ValueError: boo" in json.dumps(found["test_it"])) is not takes_care


def test_a_hook_takes_care_in_processes_too(tests: Callable[..., dict[str, Any]]) -> None:
    found = tests(
        """
def test_hook():
    seen = []
    threading.excepthook = lambda args: seen.append(args.exc_value)
    try:
        in_thread(die)
    finally:
        threading.excepthook = threading.__excepthook__

def test_exits():
    in_thread(lambda: sys.exit(3))

def test_skips():
    in_thread(lambda: pytest.skip("only this thread"))

def test_dies_every_time():
    in_thread(die)

def test_meets_in_memory():
    box = []
    in_thread(lambda: box.append(1))
    def look():
        assert box == [1]
    in_thread(look)
""",
    )
    for name in ("test_hook", "test_exits", "test_skips", "test_dies_every_time"):
        assert outcomes(found[name]) == {"clean"}, name
    assert found["test_meets_in_memory"]["cells"][-1]["outcome"] == "not-shared"
    assert found["test_meets_in_memory"]["hazards"] == []


def test_what_would_end_the_session_is_the_programs(tests: Callable[..., dict[str, Any]]) -> None:
    found = tests(
        """
def test_exit():
    if increment_twice() != 2: pytest.exit("lost")

def test_interrupt():
    if increment_twice() != 2: raise KeyboardInterrupt

def test_thread():
    def interrupt(): raise KeyboardInterrupt
    if increment_twice() != 2: in_thread(interrupt)

def test_fixture(request):
    request.getfixturevalue("exiting")

@pytest.fixture
def exiting():
    if increment_twice() != 2: pytest.exit("lost")
"""
    )
    for name in ("test_exit", "test_interrupt", "test_fixture"):
        hazards = found[name]["hazards"]
        assert "lost-update" in {hazard["kind"] for hazard in hazards}, name
        assert found[name]["cells"][-1]["outcome"] in ("not-shared", "clean"), name
    assert {hazard["kind"] for hazard in found["test_thread"]["hazards"]} >= {"lost-update"}


def test_long_chains_of_exceptions_are_no_hang(tests: Callable[..., dict[str, Any]]) -> None:
    found = tests(
        """
def chain(how, length=10_000):
    error = ValueError("the first")
    for number in range(length):
        last, error = error, ValueError(number)
        setattr(error, how, last)
    return error

def circle():
    one, other = ValueError("one"), KeyError("other")
    one.__cause__, other.__cause__ = other, one
    return one

def doubled():
    error = ValueError("the only one")
    for number in range(60):
        error = ExceptionGroup(str(number), [error, error])
    return error

def deeper(number=0):
    return deeper(number + 1)

MAKE = {
    "cause": lambda: chain("__cause__"),
    "context": lambda: chain("__context__"),
    "circle": circle,
    "doubled": doubled,
    "recursion": deeper,
}

@pytest.mark.parametrize("what", MAKE)
def test_body(what):
    if increment_twice() != 2: raise MAKE[what]()

@pytest.mark.parametrize("what", MAKE)
def test_thread(what):
    def fail(): raise MAKE[what]()
    if increment_twice() != 2: in_thread(fail)
""",
        "--concurrency-processes=none",
    )
    assert len(found) == 10
    for name, test in found.items():
        kinds = {hazard["kind"] for hazard in test["hazards"]}
        assert "lost-update" in kinds, name
        assert kinds <= {"lost-update", "test-failure", "thread-exception"}, name
        for hazard in test["hazards"]:
            assert len(hazard["detail"].splitlines()) < 200
