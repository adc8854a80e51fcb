"""However a location is reached, it is the same one: by name, by ``getattr``, through ``__dict__``,
a variable, ``operator``."""

from __future__ import annotations

from pathlib import Path

import pytest
from watching import keys, touches

SETUP = """
    import collections, functools, itertools, operator
    from functools import partial
    from operator import attrgetter, iadd, itemgetter, methodcaller, setitem
    total = 0
    def rebind():
        global total
        total = 1
    class Base:
        shared = 0
    class Counter(Base):
        def __init__(self):
            self.value = 0
            self.__secret = 1
            self.add = items.append
            self.mine = items
        def secrets(self):
            self.__secret  # secret
            vars(self)["_Counter__secret"]  # secret through vars
    class Slots:
        __slots__ = ("value",)
        def __init__(self):
            self.value = 0
    class Careful:
        def __setattr__(self, name, value):
            super().__setattr__(name, value)  # own
            object.__setattr__(self, name, value)  # own of object
        def __getattribute__(self, name):
            return object.__getattribute__(self, name)  # own read
    class Stack(list):
        pass
    class Settings(collections.UserDict):
        pass
    class Tally(collections.Counter):
        pass
    items, names, stack, queue = [1, 2, 3], {1, 2}, Stack([1]), collections.deque([1])
    table = {"a": 1}
    one, pair, slots, careful = Counter(), Counter(), Slots(), Careful()
    pair.value = [1, {2: 3}]
    data = bytearray(b"abc")
    view = memoryview(data)
    numbers, letters = itertools.count(), iter("abc")
    settings, own_list = Settings(a=1), collections.UserList([1])
    chain, tally = collections.ChainMap({"a": 1}, {}), Tally("ab")
    def take(*args, **kwargs): pass
    def main():
        n = 0
        name, key, dump = "value", "a", vars(one)
        append, get, attribute = items.append, table.get, attrgetter("value")
        partial_append, partial_get = partial(items.append, 1), partial(get, key)
        handlers, setter, add = [items.append], setattr, one.add
"""


@pytest.mark.parametrize(
    "lines",
    [
        ["one.value  # x", 'getattr(one, "value")  # y', "getattr(one, name, None)  # z"],
        ["one.value  # x", 'setattr(one, "value", n + 1)  # y', 'delattr(one, "value")  # z'],
        ["one.value  # x", 'hasattr(one, "value")  # y', "setter(one, name, 1)  # z"],
        ["one.value  # x", 'vars(one)["value"]  # y', 'one.__dict__["value"] = 1  # z'],
        ["one.value  # x", 'dump["value"] += 1  # y', 'dump.get("value")  # z', "dump[name]  # w"],
        ["one.value  # x", 'one.__dict__.pop("value")  # y', '"value" in dump  # z'],
        ["vars(one).items()  # x", "one.__dict__.update(value=1)  # y", "list(dump)  # z"],
        ["one.value  # x", "attribute(one)  # y", "attrgetter('value')(one)  # z"],
        ["one.value  # x", "object.__setattr__(one, name, 1)  # y"],
        [
            "one.value  # x",
            "getattr(one, 'val' + 'ue')  # y",
            "partial(getattr, one)(name)  # z",
        ],
        ["slots.value  # x", "setattr(slots, name, 1)  # y", "slots.value += 1  # z"],
        ["Base.shared = 1  # x", 'getattr(Base, "shared")  # y', 'setattr(Base, "shared", 1)  # z'],
        ["Counter.shared  # x", 'type.__setattr__(Base, "shared", 1)  # y', "one.shared  # z"],
        ["total  # x", 'globals()["total"]  # y', 'globals()["total"] = 1  # z'],
        ["total  # x", 'globals().get("total")  # y', 'globals()["total"] += 1  # z'],
        ["items.append(1)  # x", "append(2)  # y", "append(n + 1)  # z", "handlers[0](1)  # w"],
        ["items.append(1)  # x", "partial_append()  # y", "add(3)  # z", "len(items)  # w"],
        ["items.append(1)  # x", "methodcaller('append', 1)(items)  # y", "iadd(items, [1])  # z"],
        ['table["a"]  # x', "get(key)  # y", "partial_get()  # z", "itemgetter(key)(table)  # w"],
        [
            'table["a"]  # x',
            "operator.setitem(table, key, 1)  # y",
            "operator.delitem(table, 'a')  # z",
        ],
        ['table["a"]  # x', "setitem(table, key, n + 1)  # y", "operator.getitem(table, 'a')  # z"],
        [
            "len(items)  # x",
            "items and 1  # y",
            "not items  # z",
            "n or items or n  # w",
            "bool(items)  # v",
        ],
        ["len(items)  # x", "1 if items else 2  # y", "[1 for _ in 'a' if items]  # z"],
        [
            "len(items)  # x",
            "items + names if 0 else items + []  # y",
            "items == []  # z",
            "[] < items  # w",
        ],
        ["len(items)  # x", "[*items]  # y", "take(*items)  # z", "a, *b = items  # w"],
        ["len(items)  # x", "f'{items}'  # y", "print(items)  # z", "str(items)  # w"],
        ["len(items)  # x", "''.join(items[:0])  # y", "', '.join(map(str, items))  # z"],
        ["len(items)  # x", "items[:] = items  # y", "items[1:2]  # z", "del items[:1]  # w"],
        ["len(stack)  # x", "stack.append(1)  # y", "iadd(stack, [1])  # z", "list(stack)  # w"],
        [
            "len(items)  # x",
            "heap = items; heap += [1]  # y",
            "heap += (1,)  # z",
            "one.mine += [1]  # w",
        ],
        ["len(items)  # x", "''.join(items) if 0 else len(items)  # y", "names.update(items)  # z"],
        ["len(items)  # x", "one.add(3)  # y", "one.add(n + 3)  # z"],
        ["len(names)  # x", "names | {1}  # y", "{1} & names  # z", "1 in names  # w"],
        ["len(names)  # x", "sorted(names)  # y", "names.add(1)  # z", "any(names)  # w"],
        [
            "len(table)  # x",
            "{**table}  # y",
            "take(**table)  # z",
            "dict(table)  # w",
            "table | {}  # v",
        ],
        ["len(queue)  # x", "while not queue: break  # y", "queue.popleft()  # z"],
        ["settings['a']  # x", "settings.get('a')  # y", "settings['a'] = 1  # z"],
        [
            "len(settings)  # x",
            "settings.update(a=2)  # y",
            "list(settings)  # z",
            "not settings  # w",
        ],
        ["chain['a']  # x", "chain.pop('a', 1)  # y", "'a' in chain  # z"],
        ["own_list[0]  # x", "own_list[-1] = 2  # y"],
        ["own_list.append(1)  # x", "sorted(own_list)  # y"],
        ["tally.update('a')  # x", "len(tally)  # y", "tally + tally  # z"],
        ["next(numbers)  # x", "next(numbers, None)  # y"],
        ["next(letters)  # x", "next(letters, n + 1)  # y"],
        ["data[:]  # x", "view[:2]  # y", "view[1:][0]  # z", "len(data)  # w", "bytes(view)  # v"],
        ["data[0]  # x", "view[0] = 1  # y", "view[0]  # z", "view[-3]  # w"],
        ["match items: # x\n            case [1, *_]: pass", "len(items)  # y"],
        ["match one: # x\n            case Base(value=5): pass", "one.value  # y"],
        ["match [one]: # x\n            case [Base(value=5)]: pass", "one.value  # y"],
        ["match {'k': one}: # x\n            case {'k': Base(value=5)}: pass", "one.value  # y"],
        ["match (1, 2, one): # x\n            case (1, *_, Base(value=5)): pass", "one.value  # y"],
        [
            "match (one, 2): # x\n            case (1, _) | (Base(value=5), _): pass",
            "one.value  # y",
        ],
        ["match pair: # x\n            case Base(value=[_, *_]): pass", "len(pair.value)  # y"],
        [
            "match pair: # x\n            case Base(value=[_, {2: 3}]) as p: pass",
            "len(pair.value[1])  # y",
        ],
        ["sorted([one], key=attribute)[0].value  # x", "one.value  # y"],
    ],
)
def test_one_location(tmp_path: Path, lines: list[str]) -> None:
    source = SETUP + "".join(f"        {line}\n" for line in lines)
    found = touches(tmp_path, source)
    names = [line.partition("\n")[0].rpartition("# ")[2] for line in lines]
    touched = [set(keys(found, name)) for name in names]
    assert set.intersection(*touched), touched


def test_a_global_that_only_other_modules_rebind(tmp_path: Path) -> None:
    source = """
        import sys
        debug, ready, LIMIT, __version__ = False, False, 5, "1"
        debug: bool = False
        ready = None
        LIMIT = 5
        def main():
            this = sys.modules[__name__]
            seen = debug  # read
            this.debug = True  # written
            globals()["debug"] = True  # written as an item
            vars(this)["debug"] = True  # written through vars
            seen = LIMIT  # constant
    """
    found = touches(tmp_path, source)
    written = ("written", "written as an item", "written through vars")
    assert {key for line in written for key in keys(found, line)} == set(keys(found, "read"))
    assert keys(found, "constant") == []


def test_statements_that_bind_globals(tmp_path: Path) -> None:
    source = """
        def main():
            global handler, error, os, Kind, system
            def handler(): pass  # function
            class Kind: pass  # class
            import os.path  # module
            from os import sep as system  # from module
            try: 1 / 0
            except ZeroDivisionError as error: pass  # error
            for error in (1, 2): pass  # loop
    """
    found = touches(tmp_path, source)
    assert [(touch.line, touch.key[1]) for touch in found] == [
        ("function", "handler"),
        ("class", "Kind"),
        ("module", "os"),
        ("from module", "system"),
        ("error", "error"),
        ("loop", "error"),
        ("loop", "error"),
    ]
    assert {touch.op for touch in found} == {"write"}


def test_what_functions_know_of_a_variable_that_is_bound_again(tmp_path: Path) -> None:
    source = """
        def main():
            done, once, calls = False, 5, []
            for number in (1, 2):  # each round
                calls.append(lambda: number + once)  # late
            watch = lambda: done  # look
            watch()
            done = True  # done
            [call() for call in calls]
    """
    found = [touch for touch in touches(tmp_path, source) if len(touch.key) == 2]
    assert [touch.op for touch in found if touch.line == "each round"] == ["write"] * 2
    assert set(keys(found, "late", "read")) == set(keys(found, "each round"))
    assert len(keys(found, "late", "read")) == 2
    assert set(keys(found, "look")) <= set(keys(found, "done"))


def test_own_setattr_touches_what_object_does(tmp_path: Path) -> None:
    source = (
        SETUP
        + """
        careful.value = 1  # set
        careful.value  # got
    """
    )
    found = touches(tmp_path, source)
    for line in ("own", "own of object", "own read"):
        assert keys(found, line)[-1] == keys(found, "set")[0]


def test_private_names_through_vars(tmp_path: Path) -> None:
    found = touches(tmp_path, SETUP + "        one.secrets()\n")
    assert keys(found, "secret") == keys(found, "secret through vars")


@pytest.mark.parametrize(
    "line",
    [
        "getattr(pair, 'x')",
        "hasattr(one, 'method')",
        "next(Own())",
        "vars(Base)['shared']",
        "n and 1",
        "not name",
        "match name:\n                case str(): pass",
        "call = main.__name__.upper; call()",
        "' '.join(['a'])",
        "one.method(*(1, 2))",
        "f'{name}{n}'",
        "n += 1; [n for _ in name if n]; (n for _ in name)",
    ],
)
def test_touches_nothing_shared(tmp_path: Path, line: str) -> None:
    source = """
        import collections
        Pair = collections.namedtuple("Pair", "x")
        class Base:
            shared = 0
            def method(self, *args): pass
        class Own:
            def __next__(self): return 1
        one, pair = Base(), Pair(1)
        def main():
            n, name = 1, "x"
            LINE
    """.replace("LINE", line)
    assert touches(tmp_path, source) == []
