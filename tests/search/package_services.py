"""Programs made as packages that serve others are: events, pools, registries, limits."""

# ruff: noqa: N805
# mypy: ignore-errors
from __future__ import annotations

import threading


class Emitter:
    def __init__(self):
        self.handlers = {}
        self.calls = 0

    def on(self, e, f):
        if e not in self.handlers:
            self.handlers[e] = []
        self.handlers[e].append(f)

    def emit(self, e):
        self.calls = 1
        for f in list(self.handlers.get(e, [])):
            f()


class OfEmitter:
    location = "Emitter.handlers"

    def new():
        return Emitter()

    workers = (lambda e: e.on("x", int), lambda e: e.on("x", str))

    def check(e):
        assert len(e.handlers["x"]) == 2


class Once(Emitter):
    def once(self, e, f):
        self.on(e, f)
        self.fired = []

    def emit_once(self, e):
        for f in list(self.handlers[e]):
            self.handlers[e].remove(f)
            self.fired.append(f)


class OfOnce:
    location = "Once.handlers"

    def new():
        e = Once()
        e.once("x", int)
        return e

    workers = (lambda e: e.emit_once("x"), lambda e: e.emit_once("x"))
    check = None


class Signal:
    def __init__(self):
        self.receivers = {}
        self.cache = None
        self.by_sender = {}

    def connect(self, k, r):
        self.receivers[k] = r
        self.cache = None

    def send(self):
        if self.cache is None:
            self.cache = list(self.receivers.values())
        return self.cache


class OfSignal:
    location = "Signal."

    def new():
        s = Signal()
        s.connect(1, "a")
        return s

    workers = (lambda s: s.send(), lambda s: s.connect(2, "b"))

    def check(s):
        assert len(s.send()) == 2


class Registry:
    def __init__(self):
        self.lock = threading.Lock()
        self.by_name = {}
        self.order = []
        self.count = 0

    def register(self, n, v):
        with self.lock:
            there = n in self.by_name
        if there:
            raise KeyError(n)
        with self.lock:
            self.by_name[n] = v
            self.order.append(n)
            self.count += 1


class OfRegistry:
    location = "Registry.by_name"

    def new():
        return Registry()

    def w(r):
        try:
            r.register("a", 1)
        except KeyError:
            pass

    workers = (w, w)

    def check(r):
        assert r.order == ["a"]


class Pool:
    def __init__(self, n):
        self.lock = threading.Lock()
        self.idle = [object() for _ in range(n)]
        self.used = 0
        self.max = n
        self.made = n
        self.stats = 0

    def get(self):
        with self.lock:
            self.stats += 1
        if self.idle:
            return self.idle.pop()
        self.made += 1
        return object()

    def put(self, c):
        with self.lock:
            self.idle.append(c)


class OfPool:
    location = "Pool.idle"

    def new():
        return Pool(1)

    def w(q):
        q.put(q.get())

    workers = (w, w)
    check = None


class PoolMax:
    def __init__(self):
        self.lock = threading.Lock()
        self.open = 0
        self.peak = 0
        self.ops = 0

    def connect(self):
        with self.lock:
            self.ops += 1
        if self.open < 1:
            self.open += 1
            self.peak = max(self.peak, self.open)


class OfPoolmax:
    location = "PoolMax.open"

    def new():
        return PoolMax()

    workers = (PoolMax.connect, PoolMax.connect)

    def check(q):
        assert q.open <= 1


class Config:
    def __init__(self):
        self.stack = [{"a": 1}]
        self.depth = 1

    def push(self, **k):
        self.stack.append(k)

    def pop(self):
        self.stack.pop()

    def get(self, k):
        return self.stack[-1].get(k)


class OfConfig:
    location = "Config.stack"

    def new():
        return Config()

    def w1(c):
        c.push(a=2)
        assert c.get("a") == 2
        c.pop()

    def w2(c):
        c.push(a=3)
        assert c.get("a") == 3
        c.pop()

    workers = (w1, w2)
    check = None


class Limiter:
    def __init__(self):
        self.tokens = 1
        self.allowed = []
        self.last = 0
        self.denied = 0

    def take(self):
        self.last = 1
        if self.tokens >= 1:
            self.tokens -= 1
            self.allowed.append(1)
        else:
            self.denied += 1


class OfLimiter:
    location = "Limiter.tokens"

    def new():
        return Limiter()

    workers = (Limiter.take, Limiter.take)

    def check(it):
        assert len(it.allowed) == 1


class Breaker:
    def __init__(self):
        self.state = "closed"
        self.failures = 0
        self.lock = threading.Lock()
        self.seen = 0

    def fail(self):
        with self.lock:
            self.failures += 1
        if self.failures >= 2:
            self.state = "open"

    def ok(self):
        with self.lock:
            self.failures = 0
        self.state = "closed"


class OfBreaker:
    location = "Breaker."

    def new():
        b = Breaker()
        b.fail()
        return b

    workers = (Breaker.fail, Breaker.ok)

    def check(b):
        assert (b.state == "open") == (b.failures >= 2)


class Bank:
    def __init__(self):
        self.a = 100
        self.b = 0
        self.lock = threading.Lock()
        self.log = []

    def transfer(self, n):
        with self.lock:
            self.a -= n
        self.log.append(n)
        with self.lock:
            self.b += n

    def total(self):
        with self.lock:
            return self.a + self.b


class OfBank:
    location = "Bank."

    def new():
        return Bank()

    def w(b):
        assert b.total() == 100

    workers = (lambda b: b.transfer(10), w)
    check = None
