"""Fork servers of our own: what their processes begin with, and that nothing of them stays."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.stress.outside.identities import identity_of
from pytest_concurrency.stress.outside.touch import meeting_places
from pytest_concurrency.stress.processes import fork_server
from pytest_concurrency.stress.processes.fork_server import ForkServers
from pytest_concurrency.stress.processes.turns import AtOnce, InTurn
from pytest_concurrency.stress.processes.worker import WorkerResult
from pytest_concurrency.stress.processes.workers import run_workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
LIBRARY = "library_of_workers"
SOURCE = """
import sys

ALREADY_THERE = sys.modules.keys() - set()

def bump(shared):
    for _ in range(3):
        shared.value += 1

def has(name):
    return name in sys.modules
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = tmp_path_factory.mktemp("program")
    (found / f"{LIBRARY}.py").write_text(SOURCE)
    sys.path.insert(0, str(found))
    yield found
    sys.path.remove(str(found))
    sys.modules.pop(LIBRARY, None)


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[ForkServers]:
    made = ForkServers()
    made.prepare((LIBRARY, "there_is_none"), Instrumentation(Scope([folder])))
    yield made
    made.end()


def at_once(servers: ForkServers, *callables: Any, watched: bool = False) -> list[WorkerResult]:
    server = servers.last
    assert server is not None
    if watched:
        server = replace(server, begin=fork_server.instrument)
    told: dict[str, Any] = {"start_method": "forkserver", "fork_server": server}
    way = InTurn() if watched else AtOnce(1)
    return list(run_workers(callables, way, deadline=time.monotonic() + 60, **told).results)


def modules_there(name: str) -> bool:
    return name in sys.modules


def made_by_nobody() -> None:
    raise RuntimeError("it cannot be made here")


class NotMadeAnew:
    def __reduce__(self) -> Any:
        return made_by_nobody, ()


def test_its_processes_have_imported_what_the_test_does(servers: ForkServers) -> None:
    results = at_once(servers, partial(modules_there, LIBRARY), partial(modules_there, "wsgiref"))
    assert [each.value for each in results] == [True, False], results


def test_they_have_the_surroundings_of_the_test(
    servers: ForkServers, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SET_LATER", "yes")
    monkeypatch.delenv("HOME", raising=False)
    asks = partial(os.getenv, "SET_LATER"), partial(os.getenv, "HOME"), partial(os.write, 1, b"hi")
    assert [each.value for each in at_once(servers, *asks)] == ["yes", None, 2]
    assert capfd.readouterr().out == "hi"


def test_what_cannot_be_made_anew_is_no_failure_of_the_worker(servers: ForkServers) -> None:
    (result,) = at_once(servers, partial(print, NotMadeAnew()))
    assert (result.outcome.status, result.outcome.phase) == ("error", "setup")
    told = "cannot be run in a process started with forkserver: RuntimeError: it cannot be made"
    assert result.outcome.message.startswith(told)


def test_they_meet_where_they_were_sent_the_same(servers: ForkServers) -> None:
    library = __import__(LIBRARY)
    context = multiprocessing.get_context("forkserver")
    one, other = context.Value("i"), context.Value("i")
    met = at_once(servers, *[partial(library.bump, one)] * 2, watched=True)
    assert [each.outcome.status for each in met] == ["passed", "passed"]
    assert meeting_places([each.trace for each in met])
    touches = [touch for each in met for touch in each.trace]
    assert {touch.line[2] for touch in touches if touch.line is not None} == {"bump"}
    apart = at_once(servers, *[partial(library.bump, each) for each in (one, other)], watched=True)
    assert not meeting_places([each.trace for each in apart])


@pytest.mark.parametrize("shared", [True, False])
def test_what_was_sent_is_a_place_to_meet_on_where_nothing_shows_its_use(
    servers: ForkServers, *, shared: bool
) -> None:
    value = multiprocessing.get_context("forkserver").Value("i") if shared else 1
    met = at_once(servers, *[partial(type, value)] * 2)
    assert bool(meeting_places([each.trace for each in met])) == shared


def test_parts_of_one_thing_have_one_identity() -> None:
    context = multiprocessing.get_context("forkserver")
    queue, event, value = context.SimpleQueue(), context.Event(), context.RawArray("i", 4)
    known = [identity_of(each) for each in (queue, event, value, context.Lock())]
    assert all(known)
    assert len({*known}) == len(known)
    assert identity_of(object()) == ""


def test_other_uses_of_fork_servers_stay_as_they_are(servers: ForkServers) -> None:
    from multiprocessing import forkserver

    theirs: Any = forkserver.__dict__["_forkserver"]
    before = forkserver.connect_to_new_process, theirs._forkserver_pid
    at_once(servers, os.getpid)
    assert before == (forkserver.connect_to_new_process, theirs._forkserver_pid)
    assert multiprocessing.active_children() == []


PROGRAM = """
import os, sys
from pathlib import Path
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.stress.processes.fork_server import ForkServers
servers = ForkServers()
servers.prepare(("json",), Instrumentation(Scope([])))
print(servers._pid, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["servers.end(); os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_nothing_of_them_stays_however_their_owner_ends(end: str) -> None:
    """A main module without ``if __name__ == "__main__"`` is not run once more either."""
    program = [sys.executable, "-c", PROGRAM.format(end=end)]
    done = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=False)
    (number,) = done.stdout.split()
    until = time.monotonic() + 30
    while session_of(number) and time.monotonic() < until:
        time.sleep(0.01)
    assert not session_of(number)


def session_of(number: str) -> list[str]:
    """The processes of a session, whose leader has this number."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == number and fields[0] != "Z":
            found.append(stat.parent.name)
    return found
