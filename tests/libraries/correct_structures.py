"""Correct structures of the standard library, and of packages behind a lock, as four threads use
them: nothing may be found. ``test_correct_structures.py`` runs this file under stress.
"""

import collections
import functools
import io
import logging
import queue
import sched
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

pytestmark = pytest.mark.threadsafe(threads=4)


def test_queue(concurrency):
    jobs = queue.Queue(maxsize=2)

    def put_and_take():
        jobs.put("tea")
        return jobs.get()

    concurrency.run(put_and_take)


def test_priority_queue(concurrency):
    jobs = queue.PriorityQueue()

    def put_and_take():
        jobs.put(1)
        return jobs.get()

    concurrency.run(put_and_take)


def test_simple_queue(concurrency):
    jobs = queue.SimpleQueue()

    def put_and_take():
        jobs.put("tea")
        return jobs.get()

    concurrency.run(put_and_take)


def test_queue_join(concurrency):
    jobs = queue.Queue()

    def work():
        jobs.put("tea")
        jobs.get()
        jobs.task_done()

    concurrency.run(work)
    jobs.join()


def test_executor(concurrency):
    with ThreadPoolExecutor(2) as pool:
        concurrency.run(lambda: pool.submit(len, "tea").result())


def test_executor_map():
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(len, ["tea", "milk", "honey", "sugar"]))


def test_as_completed():
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(len, text) for text in ("tea", "milk", "honey", "sugar")]
        sorted(job.result() for job in as_completed(jobs))


def test_lru_cache(concurrency):
    @functools.lru_cache(maxsize=2)
    def length(text):
        return len(text)

    concurrency.run([functools.partial(length, text) for text in ("tea", "milk", "tea", "honey")])


def test_cached_property(concurrency):
    class Shop:
        @functools.cached_property
        def price(self):
            return 320

    shop = Shop()
    concurrency.run(lambda: shop.price)


def test_singledispatch(concurrency):
    @functools.singledispatch
    def describe(thing):
        return "thing"

    @describe.register
    def _(thing: int):
        return "number"

    concurrency.run([functools.partial(describe, thing) for thing in (1, True, "tea", 2.5)])


def test_deque(concurrency):
    line = collections.deque(maxlen=3)
    concurrency.run([functools.partial(line.append, i) for i in range(4)])


def test_counter_locked(concurrency):
    counts, lock = collections.Counter(), threading.Lock()

    def count():
        with lock:
            counts["tea"] += 1

    concurrency.run(count)


def test_ordered_dict_locked(concurrency):
    line, lock = collections.OrderedDict(), threading.Lock()

    def move(key):
        with lock:
            line[key] = 1
            line.move_to_end(key, last=False)
            if len(line) > 2:
                line.popitem()

    concurrency.run([functools.partial(move, key) for key in "abcd"])


def test_chain_map(concurrency):
    settings = collections.ChainMap({}, {"tea": 1})
    lock = threading.Lock()

    def change():
        with lock:
            settings["tea"] = settings["tea"] + 1

    concurrency.run(change)


def test_logging(concurrency):
    logger = logging.Logger("shop")
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    concurrency.run(lambda: logger.info("tea %d", 1))


def test_get_logger(concurrency):
    concurrency.run(lambda: logging.getLogger("shop.tea").isEnabledFor(10))


def test_condition(concurrency):
    condition, ready = threading.Condition(), []

    def give():
        with condition:
            ready.append(1)
            condition.notify()

    def take():
        with condition:
            while not ready:
                condition.wait()
            ready.pop()

    concurrency.run([give, take, give, take])


def test_barrier(concurrency):
    barrier = threading.Barrier(4)
    concurrency.run(barrier.wait, threads=4)


def test_semaphore(concurrency):
    permits = threading.BoundedSemaphore(2)

    def use():
        with permits:
            pass

    concurrency.run(use)


def test_event(concurrency):
    event = threading.Event()
    concurrency.run([event.set, event.wait, event.wait, event.is_set])


def test_timer():
    done = threading.Event()
    timer = threading.Timer(0.1, done.set)
    timer.start()
    done.wait()
    timer.join()


def test_local(concurrency):
    local = threading.local()

    def count():
        local.n = getattr(local, "n", 0) + 1
        return local.n

    concurrency.run(count)


def test_sched(concurrency):
    schedule = sched.scheduler()
    concurrency.run(lambda: schedule.enter(0, 1, len, ("tea",)) and None)
    schedule.run()


def test_cachetools(concurrency):
    cachetools = pytest.importorskip("cachetools")
    lock = threading.Lock()
    cache = cachetools.LRUCache(maxsize=2)

    @cachetools.cached(cache, lock=lock)
    def length(text):
        return len(text)

    concurrency.run([functools.partial(length, text) for text in ("tea", "milk", "tea", "honey")])


def test_cachetools_ttl(concurrency):
    cachetools = pytest.importorskip("cachetools")
    lock = threading.Lock()
    cache = cachetools.TTLCache(maxsize=2, ttl=60)

    def work(text):
        with lock:
            if text not in cache:
                cache[text] = len(text)
            return cache[text]

    concurrency.run([functools.partial(work, text) for text in ("tea", "milk", "tea", "honey")])


def test_sorted_list(concurrency):
    sortedcontainers = pytest.importorskip("sortedcontainers")
    line, lock = sortedcontainers.SortedList(), threading.Lock()

    def add(n):
        with lock:
            line.add(n)
            if len(line) > 2:
                line.pop(0)

    concurrency.run([functools.partial(add, n) for n in range(4)])


def test_sorted_dict(concurrency):
    sortedcontainers = pytest.importorskip("sortedcontainers")
    line, lock = sortedcontainers.SortedDict(), threading.Lock()

    def add(n):
        with lock:
            line.setdefault(n % 2, []).append(n)

    concurrency.run([functools.partial(add, n) for n in range(4)])


def test_blinker(concurrency):
    blinker = pytest.importorskip("blinker")
    signal, lock = blinker.Signal(), threading.Lock()

    def hear(sender):
        return 1

    def work():
        with lock:
            signal.connect(hear)
            signal.send("shop")
            signal.disconnect(hear)

    concurrency.run(work)
