"""Equal locations get equal keys, different ones different keys; each access is one event."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from watching import Touch, keys, load, touches

from pytest_concurrency import explore
from pytest_concurrency.runtime.helpers import access, methods
from pytest_concurrency.runtime.trace.operations import READ, USE
from pytest_concurrency.runtime.trace.resource import FILE


def _of_files(found: list[Touch]) -> list[Touch]:
    """Leave out what is done to a descriptor, or to memory."""
    return [touch for touch in found if touch.key[0] == FILE and touch.op != USE]


def same(folder: Path, source: str, *lines: str) -> bool:
    """Whether all these lines touch one and the same location (by their last access)."""
    found = touches(folder, source)
    last = [keys(found, line)[-1] for line in lines]
    return len(set(last)) == 1


SETUP = """
    class Base:
        total = 0
        other = 0
    class Counter(Base):
        def __init__(self):
            self.value = 0
    one, two = Counter(), Counter()
    items = [1, 2, 3]
    table = {"a": 1}
"""


@pytest.mark.parametrize(
    "lines",
    [
        ["one.value  # x", "one.value = 1  # y", "del one.value  # z"],
        ["one.value  # x", "one.value += 1  # y"],
        ["Base.total = 1  # x", "Base.total  # y", "Counter.total  # z", "one.total  # w"],
        ["Base.total += 1  # x", "two.total  # y"],
        ["one.other  # x", "one.other = 1  # y"],
        ["items[2]  # x", "items[-1]  # y", "items[-1] = 5  # z"],
        ["items[0] += 1  # x", "items[0]  # y"],
        ["items[1:]  # x", "items.append(1)  # y", "len(items)  # z", "2 in items  # w"],
        ["list(items)  # x", "items.sort()  # y", "[v for v in items]  # z"],
        ['table["a"]  # x', 'table.get("a")  # y', 'table.setdefault("a", 2)  # z'],
        ['table["a"] = 2  # x', 'table.pop("a")  # y', '"a" in table  # z'],
        ['table["b"] = 2  # x', 'table["".join("b")]  # y', '"".join("b") in table  # z'],
        ["table[1] = 1  # x", "table[1.0]  # y", "table[True]  # z"],
        ["table[1, 2] = 1  # x", "table[tuple([1, 2])]  # y", "table.get((1, 2))  # z"],
        ["table.items()  # x", "table.update(b=1)  # y", "sorted(table)  # z"],
    ],
)
def test_one_location(tmp_path: Path, lines: list[str]) -> None:
    source = SETUP + "    def main():\n" + "".join(f"        {line}\n" for line in lines)
    assert same(tmp_path, source, *[line.rpartition("# ")[2] for line in lines])


@pytest.mark.parametrize(
    "lines",
    [
        ["one.value  # x", "two.value  # y"],
        ["one.value  # x", "one.total  # y"],
        ["one.total = 1  # x", "Base.total = 2  # y"],
        ["one.total = 1  # x", "two.total = 1  # y"],
        ["items[0]  # x", "items[1]  # y"],
        ['table["a"]  # x', 'table.get("b")  # y'],
        ['table["a"]  # x', "table[b'a'] = 1  # y"],
        ["table[1, 2] = 1  # x", "table[1, 3] = 1  # y"],
        ['table["*"] = 1  # x', "len(table)  # y"],
        ["len(items)  # x", "len(table)  # y"],
    ],
)
def test_different_locations(tmp_path: Path, lines: list[str]) -> None:
    source = SETUP + "    def main():\n" + "".join(f"        {line}\n" for line in lines)
    assert not same(tmp_path, source, *[line.rpartition("# ")[2] for line in lines])


def test_enum_keys_equal_their_values_only_if_python_says_so(tmp_path: Path) -> None:
    source = """
        import enum
        class Name(str):
            pass
        class Color(str, enum.Enum):
            RED = "red"
        def main():
            table = {"red": 1}
            table["red"]  # text
            table[Name("red")]  # subclass
            red = Color.RED
            table[red] = 2  # member
            table[red]  # member again
    """
    found = touches(tmp_path, source)
    assert keys(found, "text") == keys(found, "subclass")
    assert keys(found, "member") == keys(found, "member again")


def test_globals_of_one_name(tmp_path: Path) -> None:
    load(
        tmp_path,
        """
        total = 0
        def read():
            return total
        def write():
            global total
            total = 1
        """,
        "watched_globals",
    )
    source = """
        import watched_globals
        def main():
            watched_globals.read()
            watched_globals.write()
            watched_globals.total = 2  # attribute write
            watched_globals.total  # attribute read
            watched_globals.total += 1  # both
            watched_globals.read  # a function
    """
    found = touches(tmp_path, source)
    assert len({touch.key for touch in found}) == 1
    assert [touch.op for touch in found] == ["read", "write", "write", "read", "read", "write"]


def test_closure_cells(tmp_path: Path) -> None:
    source = """
        def counter():
            count = 0  # made
            fixed = 5
            def step():
                nonlocal count
                count += fixed  # stepped
            def peek():
                return count  # peeked
            return step, peek
        def main():
            step, peek = counter()
            step()
            peek()
            other, _ = counter()
            other()
    """
    found = touches(tmp_path, source)
    first, second = keys(found, "made")
    assert keys(found, "stepped") == [first, first, second, second]
    assert keys(found, "peeked") == [first]
    assert [touch.op for touch in found if touch.line == "stepped"] == ["read", "write"] * 2


@pytest.mark.parametrize(
    ("lines", "ops"),
    [
        (["p.read_text()  # x", 'q.write_text("1")  # y'], ["read", "write", "write"]),
        (
            ["open(p).close()  # x", 'io.open(str(q), "r+").close()  # y'],
            ["read", "write"],
        ),
        (["p.open().close()  # x", 'q.open(mode="a").close()  # y'], ["read", "write"]),
        (
            ['open(p, "rb").close()  # x', 'open(p, mode="w").close()  # y'],
            ["read", "write"],
        ),
        (
            ["os.close(os.open(p, os.O_RDONLY))  # x", "os.remove(q)  # y"],
            ["read", "write"],
        ),
        (
            ["look, gone = os.path.exists, partial(os.remove, q)", "look(p), gone()  # y"],
            ["read", "write"],
        ),
        (["p.exists()  # x", "q.touch()  # y"], ["read", "write"]),
        (["q.unlink()  # x", "p.write_bytes(b'')  # y"], ["write", "write", "write"]),
    ],
)
def test_one_file(tmp_path: Path, lines: list[str], ops: list[str]) -> None:
    (tmp_path / "counter.txt").write_text("0")
    source = f"""
        import io, os
        from functools import partial
        from pathlib import Path
        def main():
            folder = {str(tmp_path)!r}
            p, q = Path(folder, "counter.txt"), Path(folder) / "x" / ".." / "counter.txt"
            q = Path(os.path.normpath(q))
            {lines[0]}
            {lines[1]}
    """
    found = _of_files(touches(tmp_path, source))
    assert [touch.op for touch in found] == ops
    assert {touch.key[2] for touch in found} == {str(tmp_path / "counter.txt")}


def test_moving_a_file_writes_to_both_places(tmp_path: Path) -> None:
    source = f"""
        import os
        from pathlib import Path
        def main():
            folder = Path({str(tmp_path)!r})
            (folder / "a").write_text("")
            os.replace(folder / "a", folder / "b")  # function
            (folder / "b").rename(folder / "c")  # method
            move, source = os.rename, folder / "c"
            move(source, folder / "d")  # variable
            {{"move": move}}["move"](folder / "d", dst=source)  # item
    """
    found = touches(tmp_path, source)
    names = [Path(key[2]).name for key in keys(found, "function", "write")]
    assert names == ["a", "b"]
    assert [Path(key[2]).name for key in keys(found, "method", "write")] == ["b", "c"]
    assert [Path(key[2]).name for key in keys(found, "variable", "write")] == ["c", "d"]
    assert [Path(key[2]).name for key in keys(found, "item", "write")] == ["d", "c"]


def test_what_only_looks_like_a_file_is_none(tmp_path: Path) -> None:
    source = """
        import io
        def open(path):
            return io.StringIO()
        class Door:
            def open(self, how):
                return how
        def main():
            open("counter.txt")
            Door().open("w".lower())
            "text".replace("t", "x")
            io.open(io.StringIO().read().__len__(), closefd=False)
    """
    assert _of_files(touches(tmp_path, source)) == []


READ_AND_WRITE = {
    "methods": """
        path.write_text(str(int(path.read_text()) + 1))
        """,
    "with": """
        with open(path) as file:
            number = int(file.read())
        with open(path, "w") as file:
            file.write(str(number + 1))
        """,
    "path and print": """
        with path.open() as file:
            number = int(file.readline())
        file = path.open(mode="w")
        print(number + 1, file=file)
        file.close()
        """,
}


@pytest.mark.parametrize("body", READ_AND_WRITE.values(), ids=READ_AND_WRITE)
def test_lost_update_on_a_file(tmp_path: Path, body: str) -> None:
    head = f"""
from pathlib import Path
path = Path({str(tmp_path)!r}, "counter.txt")
def setup():
    path.write_text("0")
def work(_):
"""
    module = load(tmp_path, head + textwrap.indent(textwrap.dedent(body), "    "))

    def explored(seed: int) -> list[tuple[str, str]]:
        found = explore(module.setup, [module.work] * 2, seed=seed, schedules=200, seconds=20)
        return [(hazard.kind, hazard.location) for hazard in found.hazards]

    # A file that is open for writing is empty: reading it then is another way to fail.
    kinds = [hazard for seed in range(5) for hazard in explored(seed)]
    assert ("lost-update", "file counter.txt") in kinds
    assert {kind for kind, _ in kinds} <= {"lost-update", "thread-exception"}


def test_what_is_lost_is_overwritten_by_what_follows(tmp_path: Path) -> None:
    module = load(
        tmp_path,
        f"""
        from pathlib import Path
        path = Path({str(tmp_path)!r}, "counter.txt")
        def setup():
            path.write_text("0")
        def work(_):
            number = int(path.read_text())
            path.write_text(str(number + 1))
        """,
    )
    found = explore(module.setup, [module.work] * 2, schedules=200)
    (lost,) = (hazard for hazard in found.hazards if hazard.kind == "lost-update")
    assert re.fullmatch(
        r"thread 2 wrote '1' to file counter.txt at (\S+:8); "
        r"thread 1 emptied it at \1 and wrote '1' at \1, "
        r"made from the '0' that it had read before at \S+:7",
        lost.message,
    )


def test_appending_loses_nothing(tmp_path: Path) -> None:
    module = load(
        tmp_path,
        f"""
        from pathlib import Path
        path = Path({str(tmp_path)!r}, "log.txt")
        def setup():
            path.write_text("0")
        def work(_):
            seen = path.read_text()
            with open(path, "a") as file:
                file.write(str(len(seen)))
        """,
    )
    found = explore(module.setup, [module.work, module.work], schedules=100, seconds=20)
    assert found.hazards == ()


@pytest.mark.parametrize(
    "line",
    [
        "Color.RED",
        "local.value = 1",
        "local.value",
        "one.shown = 3",
        "one.shown",
        "(1, 2)[0]",
        "'text'[0]",
        "one.__dict__",
        "own[3]",
        "len('text')",
        "main.__name__",
    ],
)
def test_touches_nothing_shared(tmp_path: Path, line: str) -> None:
    source = f"""
        import enum, threading
        class Color(enum.Enum):
            RED = 1
        class Shown:
            @property
            def shown(self):
                return 1
            @shown.setter
            def shown(self, value):
                pass
        class Own(dict):
            def __getitem__(self, key):
                return key
        local, one, own = threading.local(), Shown(), Own()
        local.value = 0
        def main():
            {line}
    """
    assert touches(tmp_path, source) == []


def test_what_an_object_calls_as_lists_call_theirs_is_read(tmp_path: Path) -> None:
    source = """
        class Proxy:
            def __init__(self, target):
                self.target = target
                self.insert = target.insert
            def __getattr__(self, name):
                return getattr(self.target, name)
        def main():
            proxy = Proxy([1])
            proxy.insert(0, 2)  # held
            proxy.append(3)  # made
            proxy.pop(0)  # made, with an argument
            proxy.insert  # read
    """
    found = touches(tmp_path, source)
    assert keys(found, "held", READ) == keys(found, "read") != []
    for line in ("held", "made", "made, with an argument"):
        assert next(touch.op for touch in found if touch.line == line) == READ, line


def test_threads_that_call_so_do_not_meet(tmp_path: Path) -> None:
    source = """
        class Store:
            def __init__(self):
                self.get = self.found
            def found(self, key):
                return key
        def work(store):
            store.get("a")
            store.get("b")
    """
    module = load(tmp_path, source)
    found = explore(module.Store, [module.work] * 2, strategy="dpor", schedules=50)
    assert found.covered is not None
    assert (found.exhausted, found.covered.schedules) == (True, 1)


def test_the_point_comes_after_the_arguments(tmp_path: Path) -> None:
    source = """
        class Box:
            def __init__(self):
                self.items, self.count = [], 0
        box = Box()
        def main():
            box.items.append(  # call
                box.count  # argument
            )
    """
    found = [
        touch
        for touch in touches(tmp_path, source)
        if touch.op == "write" or touch.key[1] == "count"
    ]
    assert [touch.line for touch in found] == ["argument", "call"]


def test_kept_keys_are_given_back_in_pairs() -> None:
    access.item_keep({}, "outer", 0)
    access.item_keep({}, "inner", 0)
    assert (access.kept_key(), access.kept_key()) == ("inner", "outer")


def test_ready_says_in_pythons_words_that_it_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="'int' object is not callable"):
        methods.ready(5, 0, 1)()
