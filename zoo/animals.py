"""What is known of the programs: the package, and what is wrong where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Animal:
    """One known race.

    :param package: as it is called on the package index
    :param kind: the hazard that must be found
    :param location: where, as headlines name it
    :param file: the end of the path of the lines that meet; nothing, if not all are in one file
    :param lines: the source text of all of them
    """

    package: str
    module: str
    kind: str
    location: str
    file: str
    lines: frozenset[str]

    @property
    def program(self) -> str:
        return f"zoo_{self.package.lower().replace('-', '_').replace('.', '_')}.py"


def animal(
    package: str, kind: str, location: str, file: str, *lines: str, module: str = ""
) -> Animal:
    return Animal(package, module or package, kind, location, file, frozenset(lines))


ANIMALS = (
    animal(
        "blinker",
        "nonserializable-outcome",
        "Signal.receiver_connected",
        "",
        "concurrency.run(lambda: opened.receiver_connected)",
        "setattr(obj, self._deferred.__name__, value)",
    ),
    animal(
        "boltons",
        "lost-update",
        "LRU.soft_miss_count",
        "boltons/cacheutils.py",
        "self.soft_miss_count += 1",
    ),
    animal(
        "cached-property",
        "nonserializable-outcome",
        "Shop.stock",
        "",
        "self.stock.append(what)",
        "value = obj.__dict__[self.func.__name__] = self.func(obj)",
        module="cached_property",
    ),
    animal(
        "cachetools",
        "lost-update",
        "LRUCache._Cache__currsize",
        "cachetools/__init__.py",
        "self.__currsize += diffsize",
    ),
    animal(
        "circuitbreaker",
        "lost-update",
        "CircuitBreaker._failure_count",
        "circuitbreaker.py",
        "self._failure_count += 1",
    ),
    animal(
        "expiringdict",
        "nonserializable-outcome",
        "ExpiringDict['ann']",
        "",
        "item = OrderedDict.__getitem__(self, key)",
        "self.baskets.setdefault(who, []).append(what)",
        "OrderedDict.__setitem__(self, key, (value, set_time))",
    ),
    animal(
        "fasteners",
        "deadlock",
        "condition ReaderWriterLock._cond",
        "fasteners/lock.py",
        "self._cond.wait()",
    ),
    animal(
        "injector",
        "nonserializable-outcome",
        "Binder._bindings[<type>]",
        "injector/__init__.py",
        "binding = self._bindings.get(key)",
        "self._bindings[interface] = self.create_binding(interface, to, scope)",
    ),
    animal(
        "multimethod",
        "test-failure",
        "multimethod",
        "multimethod/__init__.py",
        "parents = {key for key in self if isinstance(key, signature) and key < types}",
        "return self.setdefault(types, *funcs)  # type: ignore",
    ),
    animal(
        "pybreaker",
        "nonserializable-outcome",
        "CircuitMemoryStorage._state and CircuitMemoryStorage._fail_counter",
        "pybreaker/__init__.py",
        "return self._state",
        "self._state = state",
        "self._fail_counter = 0",
    ),
    animal(
        "PyDispatcher",
        "atomicity-violation",
        "connections[*]",
        "pydispatch/dispatcher.py",
        "if senderkey in connections:",
        "connections[senderkey] = signals = {}",
        module="pydispatch",
    ),
    animal(
        "pyee",
        "test-failure",
        "EventEmitter._events[event]",
        "pyee/_base.py",
        "for f in list(self._events[event].values()):",
        "self._events[event].pop(f)",
    ),
    animal(
        "pylru",
        "test-failure",
        "_dlnode.prev and lrucache.head",
        "pylru.py",
        "node = self.head.prev",
        "node.next.prev = node.prev",
        "self.head = node",
    ),
    animal(
        "repoze.lru",
        "nonserializable-outcome",
        "LRUCache.data and LRUCache.misses",
        "repoze/lru/__init__.py",
        "self.data = {}",
        "pos, val = self.data[key]",
        "self.misses = 0",
    ),
    animal(
        "tinydb",
        "test-failure",
        "MemoryStorage.memory",
        "tinydb/storages.py",
        "return self.memory",
        "self.memory = data",
    ),
    animal(
        "uuid6",
        "lost-update",
        "uuid6._last_v7_timestamp",
        "uuid6/__init__.py",
        "nanoseconds = _last_v7_timestamp + 1",
        "_last_v7_timestamp = nanoseconds",
    ),
)
