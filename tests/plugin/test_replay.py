"""A printed token runs the same interleaving again; one that cannot is refused in one line."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from .conftest import COUNTER, EXPLORED_ONLY, RACY, Run

DEADLOCK = """
import threading
import pytest

class Pair:
    def __init__(self):
        self.left, self.right = threading.Lock(), threading.Lock()

@pytest.mark.threadsafe
def test_racy(concurrency):
    pair = Pair()

    def one():
        with pair.left, pair.right: pass

    def other():
        with pair.right, pair.left: pass

    concurrency.run([one, other])
"""
OWN_THREADS = f"""{COUNTER}
import threading

@pytest.mark.threadsafe
def test_racy(counter):
    threads = [threading.Thread(target=counter.increment) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert counter.value == 2
"""
COPIES = f"""{COUNTER}
@pytest.mark.threadsafe
def test_racy(counter):
    before = counter.value
    counter.increment()
    assert counter.value == before + 1
"""
SINGLETON = """
import pytest

class Settings:
    instance = None

def settings():
    if Settings.instance is None:
        Settings.instance = object()
    return Settings.instance

@pytest.mark.threadsafe
def test_racy(concurrency):
    first, second = concurrency.run(settings, threads=2)
    assert first is second
"""

PATH_IN_MESSAGE = """
import pytest

@pytest.mark.threadsafe
def test_racy(concurrency, tmp_path):
    there = [True]

    def drop():
        if there:
            if not there:
                raise LookupError(str(tmp_path))
            there.clear()

    concurrency.run(drop)
"""
UNNAMED_THREAD = """
import threading
import pytest

@pytest.mark.threadsafe
def test_racy():
    there = [True]

    def drop():
        if there:
            there.pop()

    threads = [threading.Thread(target=drop) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def command(found: Run) -> list[str]:
    """What the failure section says to type."""
    shown = re.search(r"^    pytest (.+)$", found.out, re.MULTILINE)
    assert shown is not None, found.out
    return shown[1].split()


@pytest.mark.parametrize(
    "source",
    [RACY, DEADLOCK, OWN_THREADS, COPIES, SINGLETON, PATH_IN_MESSAGE, UNNAMED_THREAD],
)
def test_a_token_reproduces_its_hazard_every_time(run: Callable[..., Run], source: str) -> None:
    found = run(source, *EXPLORED_ONLY)
    hazard = next(h for h in found.of["test_racy"].hazards if h.replay in command(found)[-1])
    assert hazard.replay
    for _ in range(2):
        again = run("", *command(found))
        assert again.ret == 1
        again.result.assert_outcomes(failed=1)
        (replayed,) = again.of["test_racy"].hazards
        numbers = re.compile(r"0x[0-9a-f]+|\d+")  # addresses, and of the temporary folder
        assert numbers.sub("", replayed.message) == numbers.sub("", hazard.message)
        assert replayed.timeline == hazard.timeline
        assert replayed.replay == hazard.replay
        assert f"concurrency: replaying {hazard.replay}" in again.out


def test_an_unmarked_test_can_be_replayed_too(run: Callable[..., Run]) -> None:
    source = COPIES.replace("@pytest.mark.threadsafe\n", "")
    found = run(source, *EXPLORED_ONLY, "--concurrency-select=all")
    assert found.ret == 0
    again = run("", "test_it.py", f"--concurrency-replay={found.token()}")
    assert again.ret == 1
    assert again.of["test_racy"].hazards


@pytest.mark.parametrize("change", [lambda t: t[:-3], lambda t: "c1" + t[4:], lambda t: t + "é"])
def test_a_damaged_token(run: Callable[..., Run], change: Callable[[str], str]) -> None:
    token = change(run(RACY, *EXPLORED_ONLY).token())
    refused = run("", f"--concurrency-replay={token}")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in refused.result.errlines if line]
    assert line.startswith(f"ERROR: replay token {token!r} is damaged: ")


def test_a_token_of_another_version(run: Callable[..., Run]) -> None:
    refused = run(RACY, "--concurrency-replay=z9abc")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in refused.result.errlines if line]
    assert "'z9abc' is no replay token of this version" in line


def test_the_token_of_another_test(run: Callable[..., Run]) -> None:
    token = run(f"{RACY}\ndef test_other(): pass\n", *EXPLORED_ONLY).token()
    refused = run("", "test_it.py::test_other", f"--concurrency-replay={token}")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in refused.result.errlines if line]
    assert line.endswith("belongs to another test than test_it.py::test_other")


def test_several_tests_selected(run: Callable[..., Run]) -> None:
    token = run(f"{RACY}\ndef test_other(): pass\n", *EXPLORED_ONLY).token()
    refused = run("", f"--concurrency-replay={token}")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in refused.result.errlines if line]
    assert "replays one test, but 2 are selected" in line


def test_changed_sources_are_searched_anew(run: Callable[..., Run]) -> None:
    source = RACY.replace("value = self.value", "value = self.value  # read")
    token = f"--concurrency-replay={run(source, *EXPLORED_ONLY).token()}"
    stale = run(RACY, *EXPLORED_ONLY, token)
    stale.result.assert_outcomes(failed=1)
    assert stale.token()
    told = "the replay token is stale: the sources that its interleaving went through have changed"
    assert told in " ".join(stale.out.split())
    assert "a new search found what follows" in " ".join(stale.out.split())
    stop = f"--concurrency-replay={stale.token()}"
    assert run("", *EXPLORED_ONLY, stop).ret == 1


def test_after_a_fix_the_stale_token_fails_nothing(run: Callable[..., Run]) -> None:
    token = f"--concurrency-replay={run(RACY, *EXPLORED_ONLY).token()}"
    mended = RACY.replace(
        "        value = self.value\n        self.value = value + 1", "        pass"
    )
    fixed = run(mended.replace("counter.value ==", "True or"), *EXPLORED_ONLY, token)
    assert fixed.ret == 0
    out = " ".join(fixed.out.split())
    assert "a new search found no hazard in " in out
    assert "the token can be thrown away" in out


def test_a_test_that_fails_by_now_anyway(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    token = run(RACY, *EXPLORED_ONLY).token()
    broken = run(RACY.replace("== concurrency.count", "== 99"), f"--concurrency-replay={token}")
    assert broken.ret == 1
    assert "fails without concurrency" in broken.out


def test_the_command_works_from_where_pytest_was_called(pytester):
    """The rootdir may be below: ids are relative to it, paths on the command line are not."""
    below = pytester.mkdir("below")
    (below / "pytest.ini").write_text("[pytest]\n")
    (below / "test_below.py").write_text(
        "import pytest\n"
        "class Counter:\n"
        "    value = 0\n"
        "    def increment(self):\n"
        "        self.value += 1\n"
        "@pytest.mark.threadsafe(threads=2, runs=0)\n"
        "def test_counter(concurrency):\n"
        "    counter = Counter()\n"
        "    concurrency.run(counter.increment)\n"
        "    assert counter.value == 2\n"
    )
    result = pytester.runpytest("--concurrency-stress", "below")
    command = next(line for line in result.outlines if "--concurrency-replay=" in line).split()
    assert command[:2] == ["pytest", "below/test_below.py::test_counter"]
    again = pytester.runpytest(*command[1:])
    assert again.ret == 1
    again.stdout.fnmatch_lines(["lost update on Counter.value*"])


def test_a_token_belongs_to_the_test_and_not_to_the_rootdir(
    run: Callable[..., Run], pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(**{"inner/tests/test_it": RACY, "inner/pytest": ""})
    found = run("", *EXPLORED_ONLY, "inner/tests")
    token = f"--concurrency-replay={found.token()}"
    (pytester.path / "inner" / "pytest.ini").write_text("[pytest]\n")
    again = run("", "inner/tests/test_it.py", token)
    assert again.result.stdout.fnmatch_lines(["rootdir: */inner"]) is None
    assert again.ret == 1
    assert again.of["test_racy"].hazards


def test_a_token_pasted_where_the_test_is_not(run: Callable[..., Run]) -> None:
    found = run(RACY, *EXPLORED_ONLY)
    lost = run("", "elsewhere/test_it.py", f"--concurrency-replay={found.token()}")
    assert lost.ret == pytest.ExitCode.USAGE_ERROR
    assert any("the test is not here: run the command in" in line for line in lost.result.errlines)
