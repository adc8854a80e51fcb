"""Caches of every policy, with their decorators, keys and errors."""

from __future__ import annotations

import threading
from operator import attrgetter

import cachetools
from cachetools import keys
from observed import Notes

PACKAGES = ["cachetools"]


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


class Sized(cachetools.LRUCache):
    def __missing__(self, key):
        value = self[key] = key * 2
        return value

    def popitem(self):
        key, value = super().popitem()
        self.evicted = [*getattr(self, "evicted", []), key]
        return key, value


def _policy(note, cache):
    for key in (1, 2, 3, 1, 4, 5, 2, 6):
        note(cache.__setitem__, key, key * 10)
        note(cache.get, 1)
    note(lambda: cache[99])
    note(cache.__delitem__, 99)
    note(lambda: (len(cache), cache.currsize, cache.maxsize, sorted(cache), 6 in cache))
    note(cache.pop, 6)
    note(cache.pop, 66)
    note(cache.pop, 66, "default")
    note(cache.setdefault, 7, 70)
    note(lambda: sorted(cache.items()))
    note(cache.popitem)
    note(cache.update, {8: 80, 9: 90})
    note(repr, cache)
    note(cache.clear)
    note(cache.popitem)


def _times(note):
    clock = Clock()
    for cache in (
        cachetools.TTLCache(3, 10, timer=clock),
        cachetools.TLRUCache(3, lambda key, value, now: now + value, timer=clock),
    ):
        for key in range(5):
            clock.now += 3
            note(cache.__setitem__, key, key * 2)
            note(lambda cache=cache: (sorted(cache), len(cache)))
        note(cache.expire)
        note(lambda cache=cache: cache[4])
        clock.now += 20
        note(lambda cache=cache: cache[4])
        note(lambda cache=cache: 4 in cache)
        note(repr, cache)


class Service:
    def __init__(self) -> None:
        self.cache = cachetools.LRUCache(2)
        self.lock = threading.RLock()
        self.calls = 0

    @cachetools.cachedmethod(attrgetter("cache"), lock=attrgetter("lock"))
    def doubled(self, value):
        self.calls += 1
        return value / (value - 3)

    @cachetools.cachedmethod(attrgetter("cache"), key=keys.methodkey)
    def keyed(self, value):
        self.calls += 1
        return [value]


def _decorators(note):
    @cachetools.cached(cachetools.LFUCache(2), lock=threading.Lock(), info=True)
    def square(value, *, plus=0):
        """Squares."""
        return value**2 + plus

    @cachetools.cached({}, key=keys.typedkey, condition=threading.Condition())
    def typed(value):
        return type(value).__name__

    for value in (1, 2, 1, 3, "no"):
        note(square, value)
        note(square, value, plus=1)
    note(square.cache_info)
    note(square, [])
    note(lambda: (square.__name__, square.__doc__, square.cache_key(1, plus=2)))
    note(square.cache_clear)
    note(lambda: [typed(1), typed(1.0), typed(True), typed(1)])
    service = Service()
    for value in (1, 2, 3, 1, 4):
        note(service.doubled, value)
        note(service.keyed, value)
    note(lambda: (service.calls, service.cache))
    note(cachetools.cached, "no cache")
    for function in (keys.hashkey, keys.typedkey, keys.methodkey):
        note(lambda function=function: [function(1, a=2), hash(function(1, a=2))])
        note(lambda function=function: hash(function([], {})))
    from cachetools import func

    cached = func.lru_cache(maxsize=2, typed=True)(len)
    note(lambda: [cached("ab"), cached("ab"), cached("abc"), cached.cache_info()])
    note(cached.cache_parameters)
    note(cached, 5)


def workload() -> list[object]:
    note = Notes()
    for kind in ("FIFOCache", "LFUCache", "LRUCache"):
        _policy(note, getattr(cachetools, kind)(3))
    _policy(note, cachetools.RRCache(3, choice=min))
    _policy(note, cachetools.LRUCache(100, getsizeof=lambda value: value))
    sized = Sized(3)
    note(lambda: [sized[key] for key in range(6)])
    note(lambda: (sized.evicted, sized))
    note(cachetools.LRUCache(1, getsizeof=len).__setitem__, 1, "too long")
    _times(note)
    _decorators(note)
    return note.taken
