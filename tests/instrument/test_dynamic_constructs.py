"""Like ``test_constructs``, for what touches things less openly: by functions, by operators,
through variables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from test_constructs import result

from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.search.execution.engine import exploring

CONSTRUCTS = {
    "getattr and its kin": """
class O:
    x, y = 1, [2]
    @property
    def p(self): return self.x
def main():
    o, seen = O(), []
    name = "x"
    seen += [getattr(o, "x"), getattr(o, name, 5), getattr(o, "missing", None), hasattr(o, "p")]
    seen.append(setattr(o, name, getattr(o, "p") + 1))
    seen.append(delattr(o, name))
    for call in (lambda: getattr(o), lambda: getattr(o, "missing"), lambda: getattr(o, 5),
        lambda: setattr(o, "p", 1), lambda: delattr(o, "x"), lambda: hasattr(*(o, "x", 1)),
        lambda: getattr(o, "x", default=1)):
        try: seen.append(call())
        except (TypeError, AttributeError) as error: seen.append(str(error))
    return seen, vars(o), o.__dict__, getattr(*(o, "y"))
""",
    "names that look like built-ins": """
def main():
    def getattr(*args): return "mine", args
    vars = next = lambda *args: args
    class O: x = 1
    O.x += 1
    return O.x, getattr(1, 2), vars(3), next(4), (lambda hasattr: hasattr(5))(str)
""",
    "namespaces": """
import sys
flag = False
class O:
    def __init__(self): self.x = 1
class Slots: __slots__ = ("x", "__dict__")
class Own:
    __dict__ = {"x": "own"}
def main():
    global flag
    o, s = O(), Slots()
    vars(o)["x"] += 1
    o.__dict__.update(y=2, **vars(o))
    o.__dict__ = {"z": o.__dict__["y"]}
    del vars(o)["z"]
    s.x = s.__dict__["k"] = 5
    globals()["flag"] = vars(sys)["byteorder"]
    try: vars(1)
    except TypeError as error: seen = str(error)
    return o.__dict__, vars(s), Own().__dict__, flag, seen, sorted(vars())
""",
    "setattr of its own": """
class O:
    def __init__(self): object.__setattr__(self, "log", [])
    def __setattr__(self, name, value):
        self.log.append(name)
        super().__setattr__(name, value)
    def __delattr__(self, name):
        super().__delattr__(name)
        self.log.append(-1)
    def __getattribute__(self, name):
        return super().__getattribute__(name)
class Meta(type):
    def __setattr__(cls, name, value): type.__setattr__(cls, name, value * 2)
class C(metaclass=Meta): pass
def main():
    o = O()
    o.x = 1
    o.x += 1
    del o.x
    C.y = 4
    try: o.__delattr__("never")
    except AttributeError as error: return o.log, C.y, str(error)
""",
    "calls through variables": """
import functools, operator
class O:
    def __init__(self): self.items, self.n = [], 5
    def method(self, *args, **kwargs): return args, kwargs
    add = functools.partialmethod(method, 7)
def main():
    o = O()
    append, method, get = o.items.append, o.method, {"a": 1}.get
    o.push = append
    seen = [append(1), append(len("ab")), o.push(3), method(1, k=o.n), get("a"), get("b", o.n)]
    calls = {"a": append, "b": functools.partial(append, 4), "c": print, "d": O, "e": lambda v=1: v}
    seen += [calls["a"](5), calls["b"](), calls["e"](), calls["e"](o.n)]
    seen.append(type(calls["d"]()).__name__)
    seen += [operator.attrgetter("n", "items")(o), operator.itemgetter(0)(o.items)]
    read = operator.attrgetter("items.missing")
    call = operator.methodcaller("method", 1, k=2)
    seen += [call(o), functools.partial(getattr, o)("n"), o.add(8), (lambda f: f(9))(append)]
    for wrong in (lambda: append(), lambda: read(o), lambda: get(1, 2, 3), lambda: seen[0]()):
        try: wrong()
        except (TypeError, AttributeError) as error: seen.append(str(error))
    recursive = lambda n: n and recursive(n - 1) + 1
    return seen, o.items, recursive(50)
""",
    "truth values": """
class O:
    items, table, none = [], {1: 1}, None
    def __bool__(self):
        import sys
        return sys._getframe(1).f_code.co_name == "main"
log = []
def t(value): log.append(value); return value
def main():
    o, xs, d = O(), [], {}
    xs.append(0); d["a"] = xs
    if o.items or o.table and not xs: log.append("if")
    while xs: log.append(xs.pop())
    a = o.items and t(1) or t(d) and xs or o.none
    b = "yes" if d["a"] else "no" if not o.items else t(2)
    assert not xs, d
    c = [x for x in (1, 2) if d if not xs]
    match o:
        case O() if o.table: log.append("guard")
    return a, b, c, bool(o), not o, bool(xs), log
""",
    "operators on containers": """
class O: items, names, table = [1], {1, 2}, {"a": 1}
def main():
    o, xs, mine = O(), [1], O.items
    xs.append(2)
    for n in xs: pass
    seen = [o.items + xs, o.names | {3}, {2} & o.names, o.names - {1}, o.names ^ {1}, o.table | {}]
    seen += [o.items == xs, xs != o.items, o.items < xs <= xs, o.table == {"a": 1} == o.table]
    o.items += [5]
    xs += o.items
    xs += (6,)
    o.names |= {9}
    o.table |= {"b": 2}
    xs *= 2
    o.count = (1,)
    o.count += (2,)
    for wrong in ("xs", "o.items"):
        try:
            if wrong == "xs": xs += 5
            else: o.items += None
        except TypeError as error: seen.append(str(error))
    try: unbound += [1]
    except UnboundLocalError as error: seen.append(str(error))
    if 0: unbound = []
    try: o.names + xs
    except TypeError as error: seen.append(str(error))
    return seen, xs, o.items, mine is O.items, o.names, o.table, o.count
""",
    "unpacking and merging": """
class O: items, table, pair = [1, 2, 3], {"a": 1}, (4, [5])
def f(*args, **kwargs): return args, kwargs
def main():
    o = O()
    a, (b, *c) = o.items[0], o.items
    d, [e] = o.pair
    xs = [*o.items, *o.pair]
    xs.extend(o.items); xs.extend(x for x in o.items)
    seen = [f(*o.items, **o.table), {**o.table, "b": 2}, {*o.items}, (*o.items,)]
    seen += [{1}.union(o.items, [7]), {1, 9}.issubset(o.items), ",".join(o.table)]
    seen += [{}.update(o.table), "-".join(map(str, xs[:2]))]
    sep = "+"
    seen += [sep.join(o.table), f"{o.items}{o.table!r:>12}{a=}", str(o.items), repr(o.pair)]
    for wrong in (lambda: f(*o.items, **o.items), lambda: f(*5), lambda: [*o], lambda: f(**5),
        lambda: xs.extend(5), lambda: ",".join(o.items)):
        try: wrong()
        except TypeError as error: seen.append(str(error))
    try: a, b = o.items
    except ValueError as error: seen.append(str(error))
    return a, b, c, d, e, xs, seen
""",
    "statements that bind": """
def main():
    global handler, Kind, os, error, system
    late, calls = 1, []
    for late in range(2): calls.append(lambda: late)
    late += 5
    import os.path as path, os
    from os import sep as system
    @staticmethod
    def handler(): return 1
    class Kind: x = late
    try: 1 / 0
    except ZeroDivisionError as error: seen = str(error)
    for error in (): pass
    else: seen += "!"
    return [call() for call in calls], Kind.x, system, seen, "error" in globals(), os.__name__
""",
    "shared iterators": """
import itertools
class Own:
    def __next__(self): return "own"
def main():
    it, count = iter([1, 2]), itertools.count()
    def numbers():
        try:
            yield next(it)
            yield next(generator)
        except ValueError as error: yield str(error)
    generator = numbers()
    seen = [next(count), next(generator), next(generator), next(it), next(it, "end"), next(Own())]
    for wrong in (lambda: next(it), lambda: next(5), lambda: next()):
        try: wrong()
        except (StopIteration, TypeError) as error: seen.append(repr(error))
    return seen
""",
    "patterns": """
class P:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
class Lazy:
    @property
    def x(self): log.append("x"); return 1
log = []
def main():
    def what(p):
        match p:
            case P(x=1 | 2 as n) | Lazy(x=n): return "x", n
            case P(x, P(y=deep)): return x, deep
            case [P(), *_] | {"k": P()}: return "within"
            case str(text) | bytes(text): return text
            case int(real=r): return r
    values = (P(1, 2), P(3, P(4, 5)), [P(0, 0)], {"k": P(0, 0)}, "s", 7, Lazy(), P(9, 9))
    return [what(value) for value in values], log
""",
    "augmented in class bodies": """
def main(box={"n": 0}, items=[]):
    k = "n"
    class C:
        box["n"] += 1
        box[k] += 1
        n = box["n"]
        n += 1
    return box, items, C.n, sorted(vars(C))
""",
}


@pytest.fixture(scope="module")
def scheduler() -> Iterator[None]:
    with exploring(Instrumentation(Scope([])), seconds=600):
        yield


@pytest.mark.parametrize("source", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_same_result(source: str, scheduler: None) -> None:
    expected = repr(result(source, instrumented=False))
    assert expected != "None"
    assert repr(result(source, instrumented=True)) == expected
    assert repr(result(source, instrumented=True, managed=True)) == expected
