"""Live functions get the counterpart of their own code, and their own code back."""

from __future__ import annotations

import ast
import gc
import itertools
import linecache
import sys
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from loading import load_module

from pytest_concurrency.instrument import compile as compiling
from pytest_concurrency.instrument import swap
from pytest_concurrency.instrument.rewriting.rewrite import Rewritten, rewrite
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.stored import Wanted
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.stress.children.child import run_in_child

_numbers = itertools.count()
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def loaded(source: str) -> ModuleType:
        name = f"swapped_{next(_numbers)}"
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(source))
        return load_module(name, path)

    return loaded


def prepared(folder: Path) -> Instrumentation:
    instrumentation = Instrumentation(Scope([folder]))
    instrumentation.prepare()
    return instrumentation


def helpers_in(code: CodeType) -> bool:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return any(name.startswith("@") for name in code.co_names) or any(map(helpers_in, inner))


def is_swapped(function: Any) -> bool:
    return helpers_in(getattr(function, "__func__", function).__code__)


SHAPES = """
    import functools

    def wraps(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args) + args[0].offset
        return wrapper

    class Node:
        offset = 1
        def method(self): return self.offset
        @property
        def prop(self): return self.offset
        @classmethod
        def made(cls): return cls.offset
        @staticmethod
        def still(node): return node.offset
        @functools.cached_property
        def cached(self): return self.offset
        @wraps
        def decorated(self): return self.offset
        @functools.lru_cache
        def remembered(self): return self.offset
        class Inner:
            def method(self, node): return node.offset

    def closure():
        hidden = Node()
        def inner(): return hidden.offset
        return inner

    live = closure()
    first, second = (lambda n: n.offset), (lambda n: n.offset + 1)
    partial = functools.partial(lambda n: n.offset, Node())
"""


def test_every_kind_of_function(load: Load, tmp_path: Path) -> None:
    module = load(SHAPES)
    node = module.Node
    functions = [
        node.method,
        node.prop.fget,
        node.made,
        node.still,
        node.cached.func,
        node.decorated,
        node.decorated.__wrapped__,
        node.remembered.__wrapped__,
        node.Inner.method,
        module.live,
        module.first,
        module.second,
        module.partial.func,
    ]
    before = [getattr(function, "__func__", function).__code__ for function in functions]
    instrumentation = prepared(tmp_path)
    assert instrumentation.unmatched == {}
    done, seen = instrumentation.counts
    assert done == seen >= len(functions)
    assert not any(map(is_swapped, functions))
    with instrumentation.swapped():
        assert all(map(is_swapped, functions))
        assert (module.first(node()), module.second(node()), module.live()) == (1, 2, 1)
        assert node().decorated() == 2
    assert [getattr(f, "__func__", f).__code__ for f in functions] == before


def test_modules_look_as_before(load: Load, tmp_path: Path) -> None:
    module = load("total = 0\ndef f(o):\n    global total\n    total += o.x\n    return total\n")
    before = dir(module)
    with prepared(tmp_path).swapped():
        assert is_swapped(module.f)
        assert module.f(type("O", (), {"x": 5})) == 5
        assert dir(module) == before


def test_code_with_built_ins_of_its_own(tmp_path: Path) -> None:
    source = "def f(o): return o.x\n"
    path = tmp_path / "own_built_ins.py"
    path.write_text(source)
    namespace: dict[str, Any] = {"__builtins__": {"len": len}, "__name__": "own_built_ins"}
    exec(compile(source, str(path), "exec", dont_inherit=True), namespace)
    with prepared(tmp_path).swapped():
        assert is_swapped(namespace["f"])
        assert namespace["f"](type("O", (), {"x": 5})) == 5


def test_swapped_out_whatever_happens(load: Load, tmp_path: Path) -> None:
    module = load("def f(o): return o.x")
    instrumentation = prepared(tmp_path)
    with pytest.raises(ZeroDivisionError), instrumentation.swapped():
        assert is_swapped(module.f)
        raise ZeroDivisionError
    assert not is_swapped(module.f)


def test_functions_made_by_instrumented_ones_are_instrumented(load: Load, tmp_path: Path) -> None:
    module = load(
        """
        def make():
            def made(o): return o.x
            return made
        """
    )
    with prepared(tmp_path).swapped():
        made = module.make()
    assert is_swapped(made)
    assert made(type("O", (), {"x": 5})) == 5


def test_prepared_again_for_what_is_new(load: Load, tmp_path: Path) -> None:
    load("def f(o): return o.x")
    instrumentation = prepared(tmp_path)
    done = instrumentation.counts[0]
    module = load("def g(o): return o.x")
    instrumentation.prepare()
    assert instrumentation.counts[0] == done + 1
    with instrumentation.swapped():
        assert is_swapped(module.g)


def test_prepared_again_without_a_look_at_all_objects(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load("def old(obj): return obj.x\ndef other(obj): return [obj.y]\n")
    instrumentation = prepared(tmp_path)
    own = first.old.__code__
    first.old.__code__ = first.other.__code__.replace(co_name="old")
    instrumentation.prepare()
    with instrumentation.swapped():
        assert not is_swapped(first.old)
    monkeypatch.setattr(swap, "everything", list)
    first.old.__code__ = own
    instrumentation.prepare()
    with instrumentation.swapped():
        assert is_swapped(first.old)
        assert is_swapped(first.other)
    assert not is_swapped(first.old)


def test_prepared_again_in_a_child(load: Load, tmp_path: Path) -> None:
    """What is frozen there is in no generation, and is instrumented all the same."""
    old = load("def f(o): return o.x")
    instrumentation = prepared(tmp_path)

    def in_child(_: object) -> tuple[bool, bool]:
        gc.collect()
        new = load("def g(o): return o.x")
        instrumentation.prepare()
        with instrumentation.swapped():
            return is_swapped(old.f), is_swapped(new.g)

    assert run_in_child(in_child, seconds=60).value == (True, True)


def test_code_that_the_program_keeps(load: Load, tmp_path: Path) -> None:
    module = load(
        """
        INTERNAL = set()

        def internal(function):
            INTERNAL.add(function.__code__)
            return function

        @internal
        def first(x): return x.y
        """
    )
    gc.collect()  # what there is now is old
    instrumentation = prepared(tmp_path)
    more = load("def other(x): return x.y")
    instrumentation.prepare()  # looks among what is young
    with instrumentation.swapped():
        assert is_swapped(more.other)
        assert module.first.__code__ in module.INTERNAL
    assert {module.first.__code__} == module.INTERNAL


def test_a_source_that_has_changed_is_left_alone(load: Load, tmp_path: Path) -> None:
    module = load("def same(o): return o.x\ndef changed(o): return o.x\n")
    assert module.__file__ is not None
    Path(module.__file__).write_text("def same(o): return o.x\ndef changed(o): return o.y\n")
    linecache.checkcache(module.__file__)
    instrumentation = prepared(tmp_path)
    reason = "its source has changed or is not its own"
    assert instrumentation.unmatched == {f"{module.__name__}.changed": reason}
    assert instrumentation.counts == (1, 2)
    with instrumentation.swapped():
        assert is_swapped(module.same)
        assert not is_swapped(module.changed)
        assert module.changed(type("O", (), {"x": 5})) == 5


def test_code_that_is_not_in_the_source(tmp_path: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "made_up"}
    exec(compile("def f(o): return o.x", str(tmp_path / "gone.py"), "exec"), namespace)
    instrumentation = prepared(tmp_path)
    assert instrumentation.unmatched == {"made_up.f": "no source"}
    assert instrumentation.left_alone == ("made_up.f (no source)",)
    assert instrumentation.counts == (0, 1)


def test_a_file_that_is_not_python_any_more(load: Load, tmp_path: Path) -> None:
    module = load("def f(o): return o.x")
    assert module.__file__ is not None
    Path(module.__file__).write_text("def f(o: return")
    linecache.checkcache(module.__file__)
    name = f"{module.__name__}.f"
    assert prepared(tmp_path).unmatched == {name: "its file is not Python source"}


def test_deep_and_long_functions(load: Load, tmp_path: Path) -> None:
    chain = "o" + ".x" * 400
    terms = 1000 if sys.version_info[:2] == (3, 12) else 1500  # 3.12 itself can nest no more
    total = " + ".join(["o.x"] * terms)
    lines = "\n    ".join(f"v{i} = o.x" for i in range(5000))
    module = load(
        f"""
def chained(o):
    return {chain}
def summed(o):
    return {total}
def long(o):
    {lines}
    return v4999
"""
    )
    instrumentation = prepared(tmp_path)
    assert instrumentation.unmatched == {}
    limit = sys.getrecursionlimit()
    one = type("One", (int,), {"x": property(lambda self: self)})(1)
    with instrumentation.swapped():
        assert (module.chained(one), module.summed(one), module.long(one)) == (1, terms, 1)
    assert sys.getrecursionlimit() == limit


def test_nested_too_deeply_for_the_compiler(load: Load, tmp_path: Path) -> None:
    module = load("def f(o): return o.x")
    instrumentation = Instrumentation(Scope([tmp_path]))

    def overflow(*_: object, **__: object) -> None:
        raise RecursionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_concurrency.instrument.compile.rewrite", overflow)
        instrumentation.prepare()
    name = f"{module.__name__}.f"
    assert instrumentation.unmatched == {name: "its file is nested too deeply"}


def test_warnings_of_the_source_are_not_repeated(load: Load, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = load("def f(o):\n    return o.x is 5\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert prepared(tmp_path).unmatched == {}
    assert module.f is not None


def test_a_file_is_rewritten_once_whoever_asks(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten: list[str] = []

    def counted(tree: ast.Module, path: str) -> Rewritten:
        rewritten.append(path)
        return rewrite(tree, path)

    monkeypatch.setattr(compiling, "rewrite", counted)
    module = load("def f(o): return o.x")
    for _ in range(2):
        assert prepared(tmp_path).unmatched == {}
    assert rewritten == [module.__file__]


def test_what_pytest_puts_before_the_first_statement_has_no_end() -> None:
    """Python refuses a node that ends on a line before its first one."""
    source = '"""What it is."""\n\n\ndef f(o):\n    assert o.x\n'
    compiling.unit_of(Wanted(source, "rewritten.py", asserts=True, internal=False))


def test_asserts_that_pytest_has_rewritten(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_rewritten="""
        from pathlib import Path
        import pytest
        from pytest_concurrency.instrument.scope import Scope
        from pytest_concurrency.instrument.swap import Instrumentation
        class Box:
            value = 1
        def check(box):
            assert box.value == 2, "what it says"
        def plain(box):
            assert box.value.real == len([2, 3])
        def test_both():
            instrumentation = Instrumentation(Scope([Path(__file__).parent]))
            instrumentation.prepare()
            assert instrumentation.unmatched == {}
            with instrumentation.swapped():
                for function in check, plain:
                    assert "@get" in function.__code__.co_names
                with pytest.raises(AssertionError, match="what it says"):
                    check(Box())
                with pytest.raises(AssertionError) as caught:
                    plain(Box())
            assert "where 1 = <test_rewritten.Box" in str(caught.value)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
