"""What blocks on descriptors: others go on, nobody waits for longer than it takes."""

from __future__ import annotations

import asyncio
import http.server
import multiprocessing
import os
import select
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections import deque
from functools import partial
from multiprocessing import resource_tracker

import pytest

from pytest_concurrency import explore
from pytest_concurrency.runtime.scheduler import unmanaged, waits
from pytest_concurrency.runtime.scheduler.baton import baton
from pytest_concurrency.runtime.system import descriptors
from pytest_concurrency.runtime.system.descriptors import READABLE, Descriptors, noticed

pytestmark = [
    pytest.mark.skipif(not hasattr(select, "poll"), reason="needs poll"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]
_ROUND_TRIPS = 200


@pytest.fixture
def waited(monkeypatch):
    """How many seconds were to be waited for what others do, each time."""
    unseen = {"asked": [], "real": descriptors.wait_really}
    source = "def wait(*told):\n    asked.append(told[1])\n    real(*told)"
    exec(source, unseen)  # it is called within the scheduler, and must not be instrumented
    for module in (unmanaged, waits):
        monkeypatch.setattr(module, "wait_really", unseen["wait"])
    return unseen["asked"]


class Shared:
    def __init__(self):
        self.lock = threading.Lock()
        self.hits = 0

    def record(self):
        with self.lock:
            seen = self.hits
            self.hits = seen + 1


def with_thread(other, work):
    thread = threading.Thread(target=other)
    thread.start()
    work()
    thread.join()


# -- in pairs: none of these may cost a period of the watchdog -----------------------------------


def _messages(shared):
    client, server = socket.socketpair()

    def serve():
        for _ in range(_ROUND_TRIPS):
            server.sendall(server.recv(4))

    def ask():
        for number in range(_ROUND_TRIPS):
            client.sendall(struct.pack("i", number))
            assert client.recv(4) == struct.pack("i", number)

    with client, server:
        with_thread(serve, ask)


def _datagrams(shared):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def receive():
        for _ in range(_ROUND_TRIPS):
            assert other.recvfrom(10)[0] == b"x"

    with one, other:
        with_thread(receive, lambda: [one.send(b"x") for _ in range(_ROUND_TRIPS)])


def _large_message(shared):
    one, other = socket.socketpair()
    data = b"x" * 1_000_000

    def send():
        assert one.send(data) == len(data)
        one.sendall(data)
        one.shutdown(socket.SHUT_RDWR)

    def receive():
        size = 0
        while part := other.recv(65536):
            size += len(part)
        assert size == 2 * len(data)

    with one, other:
        with_thread(send, receive)


def _pipe(shared):
    reading, writing = os.pipe()
    data = b"x" * 300_000

    def write():
        assert os.write(writing, data) == len(data)
        os.close(writing)

    def read():
        size = 0
        while part := os.read(reading, 65536):
            size += len(part)
        assert size == len(data)
        os.close(reading)

    with_thread(write, read)


def _file_of_a_socket(shared):
    one, other = socket.socketpair()

    def write():
        with other, other.makefile("w") as file:
            for number in range(20):
                print(number, file=file, flush=True)

    def read():
        with one.makefile() as file:
            assert [int(line) for line in file] == list(range(20))

    with one:
        with_thread(write, read)


def _connections(shared):
    one, other = multiprocessing.Pipe()

    def send():
        for number in range(20):
            other.send("x" * (10_000 * number))

    def receive():
        for number in range(20):
            assert len(one.recv()) == 10_000 * number
        assert not one.poll(0.5)

    with one, other:
        with_thread(send, receive)


def _messages_in_a_row(shared):
    """Of two small ones the second is kept until the first is confirmed, which may be late."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                while connection.recv(1) and connection.recv(1):
                    connection.send(b"x")

        def ask():
            with socket.create_connection(server.getsockname()) as client:
                for _ in range(10):
                    client.send(b"a")
                    client.send(b"b")
                    assert client.recv(1) == b"x"

        with_thread(serve, ask)


def _queue_of_processes(shared):
    queue = multiprocessing.get_context("fork").Queue()
    with_thread(
        lambda: [queue.put(number) for number in range(10)],
        lambda: [queue.get(timeout=20) for _ in range(10)],
    )
    queue.close()
    queue.join_thread()


def _select(shared):
    one, other = socket.socketpair()

    def receive():
        for _ in range(20):
            assert select.select([one], [], [], 30)[0] == [one]
            one.recv(1)

    with one, other:
        with_thread(receive, lambda: [other.send(b"x") for _ in range(20)])


def _ready_for_another(shared):
    """Whoever looks passes no point, and what he finds is for the other to take."""
    reader, writer = os.pipe()
    os.write(writer, b"x")
    nothing = ([], [], [])
    with_thread(
        lambda: os.read(reader, 1),
        lambda: deque(iter(partial(select.select, [reader], [], [], 0.1), nothing), 0),
    )
    os.close(reader)
    os.close(writer)


def _selectors(shared):
    for kind in (selectors.SelectSelector, selectors.PollSelector, selectors.DefaultSelector):
        one, other = socket.socketpair()
        with one, other, kind() as selector:
            selector.register(one, selectors.EVENT_READ)
            with_thread(lambda: other.send(b"x"), lambda: selector.select(30))  # noqa: B023
            assert one.recv(1) == b"x"


def _timeouts(shared):
    one, other = socket.socketpair()
    one.settimeout(1000)
    poll = select.poll()
    poll.register(one, select.POLLIN)
    before = time.monotonic()
    with one, other, selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ)
        with pytest.raises(TimeoutError):
            one.recv(1)
        assert select.select([one], [], [], 1000) == ([], [], [])
        assert poll.poll(1_000_000) == []
        assert selector.select(1000) == []
    assert 4000 <= time.monotonic() - before < 4001


# -- event loops ------------------------------------------------------------------------------


def _executor_of_a_loop(shared):
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(None, shared.record) for _ in range(2)))

    asyncio.run(main())
    assert shared.hits == 2


def _loop_in_a_thread(shared):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def record():
        await asyncio.sleep(0)
        shared.record()
        return shared.hits

    assert asyncio.run_coroutine_threadsafe(record(), loop).result(30) == 1
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def _sleep_of_a_loop(shared):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(5000), 1000)
        await asyncio.wait_for(asyncio.to_thread(shared.record), 1000)

    before = time.monotonic()
    asyncio.run(main())
    assert 1000 <= time.monotonic() - before < 1001


def _server_of_a_loop(shared):
    async def answer(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()

        def ask():
            with socket.create_connection(address) as client:
                client.sendall(b"x\n")
                return client.recv(10)

        assert await asyncio.to_thread(ask) == b"x\n"
        server.close()

    asyncio.run(main())


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"answer")

    def log_message(self, *_):
        pass


def _web_server(shared):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)

    def ask():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=9) as r:
                assert r.read() == b"answer"
        finally:
            server.shutdown()

    with server:
        with_thread(server.serve_forever, ask)


_QUICK = [
    _messages,
    _datagrams,
    _large_message,
    _pipe,
    _file_of_a_socket,
    _connections,
    _messages_in_a_row,
    _queue_of_processes,
    _select,
    _ready_for_another,
    _selectors,
    _timeouts,
    _executor_of_a_loop,
    _loop_in_a_thread,
    _sleep_of_a_loop,
    _server_of_a_loop,
    _web_server,
]


@pytest.fixture
def sleeping(monkeypatch):
    """How often the watchdog has taken a sleeping thread for a blocked one."""
    from pytest_concurrency.runtime.scheduler.baton import Baton

    taken = []
    take_away = Baton.take_away
    monkeypatch.setattr(Baton, "take_away", lambda *args: taken.append(args) or take_away(*args))
    return taken


@pytest.mark.parametrize("work", _QUICK)
def test_others_go_on_at_once(work, sleeping):
    found = explore(Shared, [work], schedules=10)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail
    assert not sleeping


# -- what other processes do ----------------------------------------------------------------------


def _talk(shared):
    code = "for line in iter(input, 'end'): print(line, flush=True)"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, bufsize=1) as child:
        child.stdin.write("hello\n")
        assert child.stdout.readline() == "hello\n"
        assert child.communicate("end\n") == ("", None)
    assert child.returncode == 0


def _check_output(shared):
    assert subprocess.check_output([sys.executable, "-c", "print(1)"]) == b"1\n"


def _wait_in_vain(shared):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    assert child.wait(20) == 0


def _child_of_a_loop(shared):
    async def main():
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(1)", stdout=-1)
        assert (await child.communicate())[0] == b"1\n"

    asyncio.run(main())


@pytest.mark.parametrize("work", [_talk, _check_output, _wait_in_vain, _child_of_a_loop])
@pytest.mark.parametrize("threads", [1, 2])
def test_processes_are_waited_for_in_real_time(work, threads):
    if work is _child_of_a_loop and threads == 2 and sys.version_info < (3, 12):
        pytest.skip("event loops of two threads have one watcher of processes")
    found = explore(Shared, [work] * threads, schedules=2)
    assert not found.hazards, found.hazards[0].message + found.hazards[0].detail


# -- deadlocks ------------------------------------------------------------------------------------


def _read_for_ever(shared):
    reading, writing = os.pipe()
    try:
        os.read(reading, 1)
    finally:
        os.close(reading)
        os.close(writing)


def _hold_over_await(shared):
    async def main():
        with shared.lock:
            await asyncio.to_thread(shared.record)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (_read_for_ever, "thread 1 waits for data from a pipe"),
        (
            _hold_over_await,
            "thread 1 waits for what its selector or event loop waits for; "
            "thread 2 waits for lock Shared.lock held by thread 1, which took it at "
            f"test_pipes_and_children.py:{_hold_over_await.__code__.co_firstlineno + 2}",
        ),
    ],
)
def test_a_deadlock_over_descriptors_is_known_at_once(work, told, waited):
    (hazard,) = explore(Shared, [work], schedules=1).hazards
    assert (hazard.kind, hazard.message) == ("deadlock", f"no thread can go on: {told}")
    assert sum(waited) < 1


def test_a_child_that_was_there_before_is_nobody_to_wait_for(waited):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as older:
        (hazard,) = explore(Shared, [_read_for_ever], schedules=1).hazards
        older.kill()
    assert hazard.kind == "deadlock"
    assert sum(waited) < 1


def test_what_tidies_up_for_multiprocessing_is_nobody_to_wait_for():
    def work(shared):
        name = f"/{os.urandom(8).hex()}"
        resource_tracker.register(name, "semaphore")  # its process starts, and never ends
        resource_tracker.unregister(name, "semaphore")
        _read_for_ever(shared)

    started = time.monotonic()
    (hazard,) = explore(Shared, [work], schedules=1, seconds=30).hazards
    assert hazard.kind == "deadlock"
    assert time.monotonic() - started < 20


def test_what_comes_while_one_looks_who_could_send_it_is_no_deadlock(monkeypatch):
    """Between two looks, the last message of a TCP connection may come and be confirmed."""
    ends = {}

    def set_up():
        ends["reader"], ends["writer"] = socket.socketpair()

    namespace = {"ends": ends, "baton": baton}
    # Not instrumented: it stands for the system, and is called by the scheduler itself.
    exec(
        "def comes_late():\n"
        "    with baton.unmanaged():\n"
        "        ends['writer'].send(b'x')\n"
        "    return False\n",
        namespace,
    )

    def read():
        with ends["reader"] as reader, ends["writer"]:
            assert reader.recv(1) == b"x"

    monkeypatch.setattr(descriptors, "_is_data_on_its_way", namespace["comes_late"])
    # While threads of pytest's plugins are given a moment, one looks again.
    monkeypatch.setattr(unmanaged, "_strangers", lambda _: {})
    found = explore(set_up, [lambda _: read()], schedules=3)
    assert not found.hazards, found.hazards[0].message


# -- who could make a descriptor ready ------------------------------------------------------------


def depend(*files):
    return Descriptors("", dict.fromkeys([each.fileno() for each in files], READABLE))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere everything may be")
class TestOutside:
    def test_pairs_made_here_are_ours(self):
        with noticed():
            one, other = socket.socketpair()
            with one, other:
                assert not depend(one, other).depend_on_outside()

    def test_what_was_open_before_is_not(self):
        one, other = socket.socketpair()
        with one, other, noticed():
            assert depend(one).depend_on_outside()

    def test_connections_within_the_process_are_ours(self):
        with noticed(), socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.create_connection(server.getsockname())
            there = server.accept()[0]
            with client, there:
                assert not depend(server, client, there).depend_on_outside()

    def test_connections_to_a_server_that_is_older_are_not(self):
        server = socket.create_server(("127.0.0.1", 0))
        with server, noticed(), socket.create_connection(server.getsockname()) as client:
            assert depend(client).depend_on_outside()

    def test_what_is_on_its_way_is_outside(self):
        with noticed(), socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.create_connection(server.getsockname())
            there = server.accept()[0]
            with client, there:
                for _ in range(20):  # until answers confirm what they answer
                    client.send(b"a")
                    there.send(there.recv(1))
                    client.recv(1)
                client.send(b"a")
                client.send(b"b")
                assert depend(there).depend_on_outside()

    def test_nothing_is_ours_while_there_is_a_child(self):
        with noticed():
            one, other = socket.socketpair()
            with one, other:
                child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
                assert depend(one).depend_on_outside()
                child.communicate(b"\n")
                assert not depend(one).depend_on_outside()

    def test_terminals_and_time_are_outside(self):
        with noticed(), open("/dev/null") as file:
            assert depend(file).depend_on_outside()
        assert Descriptors("a while", {}).depend_on_outside()
