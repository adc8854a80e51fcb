"""Small programs of the literature on partial order reduction: by name, what sets them up and their
workers.

``TRACES``: how many orders of conflicting operations they have (Mazurkiewicz traces), counted by
brute force, and as published where they are.
"""

import threading


class Obj:
    def __init__(self, **values):
        self.__dict__.update(values)


def lost(times):
    def setup():
        return Obj(v=0)

    def worker(s):
        for _ in range(times):
            t = s.v
            s.v = t + 1

    return setup, worker


def lost_update(threads, times):
    setup, worker = lost(times)
    return setup, [worker] * threads


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.balance = 100

    def deposit(self):
        with self.lock:
            self.balance += 10

    def withdraw(self):
        with self.lock:
            self.balance -= 10

    def check(self):
        with self.lock:
            self.seen = self.balance


def account_unsafe():
    def setup():
        return Obj(a=100, b=0)

    def move(s):
        if s.a >= 100:
            s.a = s.a - 100
            s.b = s.b + 100

    return setup, [move, move]


class Lazy:
    def __init__(self):
        self.lock = threading.Lock()
        self.data = 0


def lazy01():
    def one(s):
        with s.lock:
            s.data += 1

    def two(s):
        with s.lock:
            s.data += 2

    def three(s):
        with s.lock:
            if s.data >= 3:
                s.bad = True

    return Lazy, [one, two, three]


class Buffer:
    def __init__(self):
        self.lock = threading.Lock()
        self.text = "abc"

    def length(self):
        with self.lock:
            return len(self.text)

    def cut(self, n):
        with self.lock:
            return self.text[:n]

    def delete(self):
        with self.lock:
            self.text = ""


def stringbuffer():
    def setup():
        return Obj(b=Buffer(), out=None)

    def append(s):
        n = s.b.length()
        s.out = s.b.cut(n)

    def clear(s):
        s.b.delete()

    return setup, [append, clear]


def wronglock(n):
    def setup():
        return Obj(a=threading.Lock(), b=threading.Lock(), data=0)

    def with_a(s):
        with s.a:
            _ = s.data
            s.data += 1

    def with_b(s):
        with s.b:
            s.data += 1

    return setup, [with_a] + [with_b] * n


def token_ring(n):
    def setup():
        return Obj(x=[0] * n)

    def make(i):
        def worker(s):
            s.x[i] = s.x[(i - 1) % n] + 1

        return worker

    return setup, [make(i) for i in range(n)]


def independent(threads, times):
    """Each thread writes its own attribute, all read one at the end: few orders matter."""

    def setup():
        return Obj(**{f"v{i}": 0 for i in range(threads)})

    def make(i):
        name = f"v{i}"

        def worker(s):
            for _ in range(times):
                setattr(s, name, getattr(s, name) + 1)
            _ = s.v0

        return worker

    return setup, [make(i) for i in range(threads)]


def indexer(threads, size, each):
    """Each thread inserts into a shared hash table with open addressing, one lock a slot."""

    def setup():
        return Obj(table=[0] * size, locks=[threading.Lock() for _ in range(size)])

    def make(tid):
        def worker(s):
            for m in range(each):
                w = m * 11 + tid + 1
                h = (w * 7) % size
                while True:
                    with s.locks[h]:
                        if s.table[h] == 0:
                            s.table[h] = w
                            break
                    h = (h + 1) % size

        return worker

    return setup, [make(t) for t in range(threads)]


def last_zero(n):
    def setup():
        return Obj(a=[0] * (n + 1))

    def reader(s):
        i = n
        while s.a[i] != 0:
            i -= 1

    def make(j):
        def worker(s):
            s.a[j] = s.a[j - 1] + 1

        return worker

    return setup, [reader] + [make(j) for j in range(1, n + 1)]


def readers(n):
    def setup():
        return Obj(x=0)

    def writer(s):
        s.x = 1

    def pure(s):
        _ = s.x

    return setup, [writer] + [pure] * n


def locked(threads, times):
    """Counter under one lock: only the order of the critical sections matters."""

    def setup():
        return Obj(lock=threading.Lock(), v=0)

    def worker(s):
        for _ in range(times):
            with s.lock:
                s.v += 1

    return setup, [worker] * threads


def philosophers(n):
    def setup():
        return Obj(forks=[threading.Lock() for _ in range(n)])

    def make(i):
        first, second = sorted((i, (i + 1) % n))

        def worker(s):
            with s.forks[first], s.forks[second]:
                pass

        return worker

    return setup, [make(i) for i in range(n)]


PROGRAMS = {
    "lost update 2x1": lambda: lost_update(2, 1),
    "lost update 2x2": lambda: lost_update(2, 2),
    "lost update 2x3": lambda: lost_update(2, 3),
    "lost update 3x1": lambda: lost_update(3, 1),
    "account (unsafe, 2)": account_unsafe,
    "account (locked, 3)": lambda: (Account, [Account.deposit, Account.withdraw, Account.check]),
    "lazy01": lazy01,
    "stringbuffer": stringbuffer,
    "wronglock 1+1": lambda: wronglock(1),
    "wronglock 1+2": lambda: wronglock(2),
    "token ring 3": lambda: token_ring(3),
    "token ring 4": lambda: token_ring(4),
    "independent 3x2": lambda: independent(3, 2),
    "indexer 2x2 of 8": lambda: indexer(2, 8, 2),
    "indexer 3x2 of 8": lambda: indexer(3, 8, 2),
    "last-zero 3": lambda: last_zero(3),
    "last-zero 4": lambda: last_zero(4),
    "last-zero 5": lambda: last_zero(5),
    "last-zero 10": lambda: last_zero(10),
    "readers 3": lambda: readers(3),
    "readers 5": lambda: readers(5),
    "locked 2x2": lambda: locked(2, 2),
    "locked 2x4": lambda: locked(2, 4),
    "locked 3x2": lambda: locked(3, 2),
    "philosophers 3": lambda: philosophers(3),
    "philosophers 4": lambda: philosophers(4),
}

TRACES = {
    "lost update 2x1": 4,
    "lost update 2x2": 34,
    "lost update 2x3": 328,
    "lost update 3x1": 36,
    "account (unsafe, 2)": 18,
    "account (locked, 3)": 6,
    "lazy01": 6,
    "stringbuffer": 3,
    "wronglock 1+1": 5,
    "wronglock 1+2": 28,
    "token ring 3": 7,
    "token ring 4": 15,
    "independent 3x2": 9,
    "indexer 2x2 of 8": 1,
    "indexer 3x2 of 8": 1,
    "last-zero 3": 12,
    "last-zero 4": 28,
    "last-zero 5": 64,
    "last-zero 10": 3328,
    "readers 3": 8,
    "readers 5": 32,
    "locked 2x2": 6,
    "locked 2x4": 70,
    "locked 3x2": 90,
    "philosophers 3": 6,
    "philosophers 4": 14,
}
