"""Constructs one by one: instrumented they give what they gave before, outside and within an
execution."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from test_same_meaning import loaded

from pytest_concurrency.instrument.rewriting.rewrite import rewrite
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.model import Schedule
from pytest_concurrency.search.execution.engine import execute, exploring
from pytest_concurrency.search.orders.replay import Replay

CONSTRUCTS = {
    "private names": """
class A:
    def __init__(self): self.__x = 1
    def add(self):
        self.__x += 1
        del self.__class__.__y
        return self.__x, vars(self)
    __y = 2
class _B(A):
    def get(self): return self._A__x, [self._A__x for _ in range(2)]
def main(): return A().add(), _B().get()
""",
    "private global": """
_C__total = 1
class C:
    def add(self):
        global __total
        __total += 1
        return __total
def main(): return C().add(), C().add(), _C__total
""",
    "namespace that is merged into in place": """
class A: pass
def main():
    a = A()
    a.__dict__ |= {"x": 1}
    vars(a).update(y=2)
    A().__dict__ |= {"z": 3}
    return vars(a)
""",
    "walrus that is tested, looped over, measured": """
def main():
    items, found = [1, 2, 3], []
    if taken := items:
        taken.pop()
    for item in (others := items):
        found.append(item)
    while (rest := items) and len(same := rest) > 0:
        found.append(rest.pop())
    return items, others, same, not (none := {}), none
""",
    "super without arguments": """
class A:
    x = 1
    def m(self, y): return ("A", y)
    @classmethod
    def c(cls): return cls.x
class B(A):
    def m(self, y):
        self.y = super().m(y)
        return super().x, [super(B, self).m(i) for i in [self.y]], __class__.__name__
    @classmethod
    def c(cls): return super().c() + cls.x
def main(): return B().m(3), B.c()
""",
    "class bodies in functions": """
import enum, dataclasses
def main():
    box = {"n": 0}
    class Color(enum.Enum):
        RED = box["n"]
        box["n"] += 1
        GREEN = box["n"]
        names = [v for v in box]
    @dataclasses.dataclass
    class Point:
        x: int = box["n"]
        y: list = dataclasses.field(default_factory=lambda: [box["n"]])
        class Inner:
            box["n"] += 5
    return list(Color.__members__), [f.name for f in dataclasses.fields(Point)], Point().y, box
""",
    "comprehensions": """
class O:
    xs = [1, 2, 3]
    d = {1: 2}
def main():
    o, k = O(), 1
    def capture(): return o, k
    x = "kept"
    a = [x + o.d[k] for x in o.xs if x in o.xs]
    b = {x: [o.d.get(x, y) for y in o.xs] for x in o.xs}
    c = list(o.d[k] for o in [O()] for k in o.d)
    d = [y for x in o.xs if (y := o.xs[x - 1])]
    return a, b, c, d, y, x
""",
    "deleting": """
class O: pass
gone = 5
def main():
    global gone
    o, d, l = O(), {1: 1, 2: 2}, [1, 2, 3, 4]
    o.x = o.y = 1
    del o.x, d[1], l[1:3], (o.y)
    del gone
    try: gone
    except NameError as error: return str(error), vars(o), d, l
""",
    "targets": """
class O: pass
G = 0
def main():
    global G
    o, d = O(), {}
    o.a, d["b"], [G, *o.rest] = 1, 2, [3, 4, 5]
    for o.i, d["i"] in [(1, 2)]: pass
    for G in [7]: pass
    import contextlib
    with contextlib.nullcontext(8) as o.w, contextlib.nullcontext(9) as G: pass
    o.c = d["c"] = G = [o.i]
    o.n: int = 5
    o.unset: undefined_name_is_evaluated_or_not
    return vars(o), d, G
""",
    "augmented": """
class O:
    x = 1
    def get(self):
        log.append("get")
        return self
log = []
def key(): log.append("key"); return 0
def value(): log.append("value"); return [5]
def main():
    o, l = O(), [[1], [2]]
    kept = l[0]
    o.x += 1
    o.get().x -= 5
    l[key()] += value()
    l[0][1:] += [7, 8]
    o.m = l
    o.m[-1] *= 2
    o.x **= 2; o.x //= 3; o.x <<= 2; o.x |= 1; o.x ^= 7; o.x %= 5
    o = (p := o); o.x += (o := O()).x
    return p.x, o.x, l, log, kept is l[0], sorted(locals())
""",
    "augmented that fails": """
class O: x = None
def main():
    seen = []
    for change in ("+", "**", "@", "<<"):
        o, d = O(), {}
        try:
            exec(f"o.x {change}= 'a'")
        except TypeError as error: seen.append(str(error))
    def one(o):
        try: o.x += 'a'
        except TypeError as error: seen.append(str(error))
        try: o.y.z **= 'a'
        except AttributeError as error: seen.append(str(error))
        try: d['k'] += 1
        except KeyError as error: seen.append(str(error))
        try: o.x @= 1
        except TypeError as error: seen.append(str(error))
    one(O())
    return seen
""",
    "closures": """
def main():
    count, fixed = 0, 10
    def step(by=1):
        nonlocal count
        count += by * fixed
        return count
    def deeper():
        def inner():
            nonlocal count
            count = count + 1 if count else 100
            return [count for _ in range(2)]
        return inner()
    def unbound():
        late = 0
        del late
        def use(): return late
        try: use()
        except NameError as error: return str(error)
        def bind():
            nonlocal late
            late = 1
    return step(), step(2), deeper(), count, unbound(), step.__closure__[0].cell_contents
""",
    "generators": """
class O: total, table = 0, {}
def running(o):
    while True:
        o.total += yield o.total
        o.items = [(yield o.total)]
        o.items.append((yield "append"))
        o.table[(yield "key")] = (yield "value")
def main():
    o = O()
    one, two, seen = running(o), running(o), []
    for sent in (None, 5, 6, 7, 0, 8):
        seen.append(one.send(sent)); seen.append(two.send(sent))
    return seen, o.total, o.items, o.table
""",
    "async": """
import contextlib
class O: total = 0
async def one(o): return o.total
@contextlib.asynccontextmanager
async def managed(o):
    o.total += 1
    yield o
async def many(o):
    for i in range(3): yield o.total + i
async def work(o):
    o.total += await one(o) + 1
    async with managed(o) as o.managed: o.total *= 2
    async for o.item in many(o): o.total += o.item
    return [x + o.total async for x in many(o)], [await one(o) for _ in range(2)], o.total
def main():
    try: work(O()).send(None)
    except StopIteration as stop: return stop.value
""",
    "matching": """
class P:
    __match_args__ = ("x", "y")
    TAG = 5
    def __init__(self, x, y): self.x, self.y = x, y
def main():
    def what(p):
        match p:
            case P(x=1, y=q) if p.y > 1: return "one", q
            case P.TAG: return "tag"
            case {"k": v, **rest}: p["k"] += 1; return v, rest, p
            case [P(a, b), *others]: return a, b, others
            case str() as s: return s
    return [what(x) for x in (P(1, 2), 5, {"k": 1, "l": 2}, [P(3, 4), 6], "s", None)]
""",
    "matching classes by dotted names": """
class O:
    class P:
        def __init__(self, x): self.x = x
def main():
    def what(p):
        match p:
            case O.P(x=O.P(x=1)): return "two"
            case O.P(x=1): return "one"
    return [what(x) for x in (O.P(O.P(1)), O.P(1), 1)]
""",
    "strings": """
class O: x = 3
def main():
    o, w = O(), {"w": 5}
    return f"{o.x:>{w['w']}}|{o.x=}|{o.x!r}|{w['w']:{o.x}}|{[v.x for v in [o]]}"
""",
    "arguments": """
class O:
    x = [1, 2]
    d = {"k": 1}
    def get(self, *a, **k): return a, sorted(k.items())
    def append(self, *a): return a
def main():
    o = O()
    def f(a=o.x, *b: o.x, c=o.d["k"], **k) -> "o.nothing": return a, b, c, k
    return f(*o.x, **o.d), o.get(*o.x, k2=o.x, **o.d), o.append(*o.x, o.x[0]), (lambda y=o.x: y)()
""",
    "frames": """
import sys, warnings
def who(depth=1): return sys._getframe(depth).f_code.co_name, sorted(sys._getframe(depth).f_locals)
class O:
    @property
    def p(self): return who(2)
    def append(self, x): return who(2)
    def __getitem__(self, key): return who(2)
    def __iadd__(self, other): self.seen = who(2); return self
    def __contains__(self, key): self.seen = who(2); return True
def main():
    o = O()
    box = {"o": o}
    one = o.p, o.append(len("a")), o[o.p], o.append(1)
    len("b") in o
    two = o.seen
    box["o"] += 1
    return one, two, o.seen, len(locals())
""",
    "globals()": """
n = 1
def bump():
    global n
    n += 1
def main():
    bump()
    globals()["n"] += 1
    return n, "n" in globals(), globals()["n"]
""",
    "docstrings and names": '''
def main():
    def f(o):
        """Say."""
        return o.x
    class C:
        """Class."""
        def m(self, *, k=1):
            """Method."""
            self.x = k
    C().m()
    return f.__doc__, C.__doc__, C.m.__doc__, f.__qualname__, C.m.__kwdefaults__, f.__annotations__
''',
    "locks": """
import threading
lock, condition = threading.Lock(), threading.Condition()
def main():
    with lock as got, condition:
        inside = got, lock.locked(), lock.acquire(False)
    lock.acquire(); lock.release()
    try: lock.release()
    except RuntimeError as error: return inside, str(error), lock.acquire(timeout=1), lock.release()
""",
    "built-ins over containers": """
class O:
    xs, d = [3, 1, 2], {"a": 1}
def main():
    o = O()
    a, *b = o.xs
    return (len(o.xs), sorted(o.xs, key=lambda v: -v), list(o.d), dict(o.d), sum(o.xs), min(o.xs),
        any(o.xs), list(enumerate(o.xs)), list(zip(o.xs, o.d)), list(map(str, o.xs)), 1 in o.xs,
        "a" in o.d, 2 not in o.xs, 1 < 2 in o.xs, a, b, [*o.xs], {**o.d}, next(iter(o.xs)))
""",
    "future annotations": """
from __future__ import annotations
def main():
    def f(x: nothing.at_all) -> nothing: x.y: nothing = 1; return x.y
    class O: pass
    return f(O()), f.__annotations__
""",
    "except groups": """
class O: errors = (KeyError,); seen = []
def main():
    o = O()
    try: raise ExceptionGroup("g", [KeyError(1), ValueError(2)])
    except* o.errors as group: o.seen.append(len(group.exceptions))
    except* ValueError as o_group: o.seen.append(str(o_group.exceptions[0]))
    return o.seen
""",
}
NEWER = {
    ("type parameters", (3, 12)): """
class O: x = int
def main():
    o, base = O(), dict
    def f[T: (o.x, str)](a: T, b=o.x) -> T:
        o.y = a
        return b
    class C[K](base[K, o.x]):
        def m(self): self.z = o.y; return self.z
    type A[V] = list[V] | o.x
    return f(1), C().m(), C.__bases__[0].__name__, A.__value__.__args__[1],
    f.__type_params__[0].__constraints__ """,
    ("annotations evaluated late", (3, 14)): """
class O: x = int
def main():
    o = O()
    def f(a: o.x) -> o.missing: return a
    class C:
        v: o.x = o.x
    return f(1), C.__annotations__, C.v
""",
    ("template strings", (3, 14)): """
class O: x = 3
def main():
    o, d = O(), {"k": 1}
    t = t"{o.x!r:>{d['k']}} and {d['k']}"
    return t.strings, [(i.value, i.expression, i.conversion, i.format_spec) for i in
    t.interpolations] """,
    ("unpacking in comprehensions", (3, 15)): """
class O: xs = [[1, 2], [3]]; ds = [{"a": 1}, {"b": 2}]
def main():
    o = O()
    return [*x for x in o.xs], {**d for d in o.ds}, {*x for x in o.xs}
""",
}
CASES = [pytest.param(source, id=name) for name, source in CONSTRUCTS.items()] + [
    pytest.param(
        source,
        id=name,
        marks=pytest.mark.skipif(sys.version_info < version, reason=f"syntax of {version}"),
    )
    for (name, version), source in NEWER.items()
]


def result(source: str, *, instrumented: bool, managed: bool = False) -> object:
    namespace = loaded(source, "case.py", {}, instrumented=instrumented)
    ends: list[Any] = []
    if managed:
        execution = execute(Replay(Schedule()), lambda: ends.append(namespace["main"]()))
        assert execution.outcome == ""
        assert execution.log, "instrumented code must have been run"
    else:
        ends.append(namespace["main"]())
    return ends[0]


def test_comprehensions_bind_nothing_new() -> None:
    """What a walrus binds in a comprehension is a name of the function around it."""
    tree = ast.parse("""
def main(o, k):
    a = [x + o.d[k] for x in o.xs if x in o.xs and o.d[x].y and o.pop(x)]
    b = {x: [o.d.get(x, y) for y in o.xs] for x in o.xs if (z := o.xs)}
    return a, b, z, {k: v for k, v in o.items()}, (o.d[k](x) for o in [o] for x in o.d)
""")
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    inside = [
        part.target.id
        for node in ast.walk(rewrite(tree, "case.py").tree)
        if isinstance(node, comprehensions)
        for part in ast.walk(node)
        if isinstance(part, ast.NamedExpr)
    ]
    assert inside == ["z"]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[None]:
    with exploring(Instrumentation(Scope([])), seconds=600):
        yield


@pytest.mark.parametrize("source", CASES)
def test_same_result(source: str, scheduler: None) -> None:
    expected = result(source, instrumented=False)
    assert expected is not None
    assert repr(result(source, instrumented=True)) == repr(expected)
    assert repr(result(source, instrumented=True, managed=True)) == repr(expected)
