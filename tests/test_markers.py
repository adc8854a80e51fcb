"""Markers: who is stressed, with which settings, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_concurrency.model import Settings
from pytest_concurrency.settings import markers
from pytest_concurrency.settings.markers import NotStressed, Stressed
from pytest_concurrency.settings.options import OPTIONS_KEY

STRESS = "--concurrency-stress"


class Decisions:
    """A plugin that notes, by test name, what was decided and which fixtures are unsafe."""

    def __init__(self) -> None:
        self.of: dict[str, Stressed | NotStressed] = {}
        self.unsafe: dict[str, tuple[str, ...]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        options = session.config.stash[OPTIONS_KEY]
        for item in session.items:
            decision = markers.test_settings(item, options)
            if isinstance(decision, Stressed):  # how processes start here is no matter of markers
                decision = Stressed(replace(decision.settings, by_default=None), decision.gated)
            self.of[item.name] = decision
            self.unsafe[item.name] = markers.unsafe_fixtures(item)

    def settings(self, name: str) -> Settings:
        decision = self.of[name]
        assert isinstance(decision, Stressed), decision
        return decision.settings


@pytest.fixture
def decide(pytester: pytest.Pytester) -> Callable[..., Decisions]:
    def decide(source: str, *args: str) -> Decisions:
        pytester.makepyfile(source)
        decisions = Decisions()
        outcome = pytester.inline_run("--collect-only", *args, plugins=[decisions])
        assert outcome.ret == 0
        return decisions

    return decide


@pytest.fixture
def error(pytester: pytest.Pytester) -> Callable[..., str]:
    def error(source: str, *args: str) -> str:
        """The one line that a run which refuses a marker prints."""
        pytester.makepyfile(source)
        result = pytester.runpytest_inprocess(*(args or [STRESS]))
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stdout.no_fnmatch_line("*passed*")
        lines = [line for line in result.errlines if line]
        assert len(lines) == 1, lines
        return lines[0]

    return error


THREE = """
    import pytest
    @pytest.mark.threadsafe
    def test_marked(): pass
    def test_unmarked(): pass
    @pytest.mark.thread_unsafe(reason="it changes the locale")
    def test_unsafe(): pass
"""
UNSAFE = NotStressed("marked thread_unsafe: it changes the locale", selected=True)
UNASKED = NotStressed("not marked threadsafe", selected=False)


def test_select_marked(decide: Callable[..., Decisions]) -> None:
    assert decide(THREE, STRESS).of == {
        "test_marked": Stressed(Settings(), gated=True),
        "test_unmarked": UNASKED,
        "test_unsafe": UNASKED,
    }


def test_select_all(decide: Callable[..., Decisions]) -> None:
    assert decide(THREE, STRESS, "--concurrency-select=all").of == {
        "test_marked": Stressed(Settings(), gated=True),
        "test_unmarked": Stressed(Settings(), gated=False),
        "test_unsafe": UNSAFE,
    }


@pytest.mark.parametrize(("gate", "gated"), [("all", (True, True)), ("none", (False, False))])
def test_gate(decide: Callable[..., Decisions], gate: str, gated: tuple[bool, bool]) -> None:
    found = decide(THREE, STRESS, "--concurrency-select=all", f"--concurrency-gate={gate}").of
    decisions = found["test_marked"], found["test_unmarked"]
    assert tuple(isinstance(each, Stressed) and each.gated for each in decisions) == gated


def test_marker_arguments_beat_the_options(decide: Callable[..., Decisions]) -> None:
    source = """
        import pytest
        @pytest.mark.threadsafe(threads=[2, 8], processes=3, schedules=1000, runs=0,
                                strategy="pct", seed=5, time=1)
        def test_all(): pass
        @pytest.mark.threadsafe(threads="none")
        def test_some(): pass
    """
    decisions = decide(source, STRESS, "--concurrency-threads=6", "--concurrency-runs=3")
    assert decisions.settings("test_all") == Settings(
        (2, 8), (3,), schedules=1000, runs=0, strategy="pct", seed="5", time=1.0
    )
    assert decisions.settings("test_some") == Settings((), runs=3)


def test_the_closest_marker_wins_argument_by_argument(decide: Callable[..., Decisions]) -> None:
    source = """
        import pytest
        pytestmark = pytest.mark.threadsafe(threads=3, runs=1)
        class TestIt:
            @pytest.mark.threadsafe(threads=5)
            def test_inner(self): pass
    """
    assert decide(source, STRESS).settings("test_inner") == Settings((5,), runs=1)


def test_a_seed_drawn_for_a_marker_stays(decide: Callable[..., Decisions]) -> None:
    source = """
        import pytest
        @pytest.mark.threadsafe(seed="random")
        def test_it(request):
            pass
    """
    items: list[pytest.Item] = []

    class Keep:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            items.extend(session.items)

    decide(source, STRESS, "-p", "no:cacheprovider")  # writes the file
    pytest.main(["--collect-only", "-q", STRESS], plugins=[Keep()])
    (item,) = items
    seeds = set()
    for _ in range(3):
        decision = markers.test_settings(item, item.config.stash[OPTIONS_KEY])
        assert isinstance(decision, Stressed)
        seeds.add(decision.settings.seed)
    assert len(seeds) == 1
    assert seeds.pop().isdecimal()


ACCEPTED = (
    "expected threads=, processes=, schedules=, runs=, strategy=, preemptions=, seed=, time=, "
    "ignore="
)
ONE = "expected one positional argument, an integer"
SEED = "expected an integer of at most 40 digits, or random"
COUNTS = "expected different integers from 1 to 64, or none"


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ("threadsafe(thread=4)", f"threadsafe has no argument 'thread', {ACCEPTED}"),
        ("threadsafe(4)", f"threadsafe takes no positional arguments, got 4; {ACCEPTED}"),
        ("threadsafe(threads=0)", f"threadsafe(threads=0): {COUNTS}"),
        ("threadsafe(threads=[])", f"threadsafe(threads=[]): {COUNTS}"),
        ("threadsafe(threads=[2, 2])", f"threadsafe(threads=[2, 2]): {COUNTS}"),
        ("threadsafe(threads=True)", f"threadsafe(threads=True): {COUNTS}"),
        ("threadsafe(threads='4')", f"threadsafe(threads='4'): {COUNTS}"),
        ("threadsafe(threads=None)", f"threadsafe(threads=None): {COUNTS}"),
        ("threadsafe(threads=[[2]])", f"threadsafe(threads=[[2]]): {COUNTS}"),
        ("threadsafe(runs=2.0)", "threadsafe(runs=2.0): expected an integer from 0 to 100000"),
        ("threadsafe(runs='2')", "threadsafe(runs='2'): expected an integer from 0 to 100000"),
        (
            "threadsafe(strategy=['pct'])",
            "threadsafe(strategy=['pct']): expected one of auto, random, pct, pos, "
            "surw, dpor, systematic",
        ),
        (
            "threadsafe(threads=10**9999)",
            f"threadsafe(threads=<int that cannot be shown>): {COUNTS}",
        ),
        ("threadsafe(threads=Odd())", f"threadsafe(threads=<Odd that cannot be shown>): {COUNTS}"),
        ("threadsafe(seed='x' * 5000)", f"threadsafe(seed='{'x' * 39}...{'x' * 19}'): {SEED}"),
        ("threadsafe(seed=10**9999)", f"threadsafe(seed=<int that cannot be shown>): {SEED}"),
        ("threadsafe(seed=1.5)", f"threadsafe(seed=1.5): {SEED}"),
        ("threadsafe(seed=False)", f"threadsafe(seed=False): {SEED}"),
        (
            "threadsafe(time=True)",
            "threadsafe(time=True): expected seconds, more than 0 and at most 86400",
        ),
    ],
)
def test_a_bad_marker_is_one_line(error: Callable[..., str], mark: str, problem: str) -> None:
    source = f"""
        import pytest
        class Odd:  # neither to be shown nor to be compared, as arrays are
            __repr__ = __eq__ = __bool__ = lambda *args: 1 / 0
        def test_fine(): pass
        @pytest.mark.{mark}
        @pytest.mark.thread_unsafe  # must not hide it
        def test_typo(): pass
    """
    nodeid = "test_a_bad_marker_is_one_line.py::test_typo"
    assert error(source) == f"ERROR: {nodeid}: {problem}"


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ("thread_unsafe(reson='x')", "has no argument 'reson'"),
        ("thread_unsafe(True, 'x')", "has no second argument, got 'x'"),
        ("thread_unsafe(**{'x' * 5000: 1})", f"has no argument '{'x' * 39}...{'x' * 19}'"),
    ],
)
def test_a_bad_opt_out_is_one_line(error: Callable[..., str], mark: str, problem: str) -> None:
    source = f"""
        import pytest
        @pytest.mark.{mark}
        @pytest.mark.thread_unsafe  # must not hide it
        @pytest.mark.threadsafe
        def test_typo(): pass
    """
    nodeid = "test_a_bad_opt_out_is_one_line.py::test_typo"
    assert (
        error(source) == f"ERROR: {nodeid}: thread_unsafe {problem}; expected condition=, reason="
    )


def test_a_condition_that_is_none(error: Callable[..., str]) -> None:
    source = """
        import pytest
        class Array:
            def __bool__(self):
                raise ValueError("ambiguous")
            def __repr__(self):
                return "array([1,\\n 2])"
        @pytest.mark.thread_unsafe(Array())
        @pytest.mark.threadsafe
        def test_x(): pass
    """
    assert error(source) == (
        "ERROR: test_a_condition_that_is_none.py::test_x: "
        "thread_unsafe(condition=array([1, 2])): expected True or False (ValueError)"
    )


def test_a_bad_marker_does_not_disturb_a_plain_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.threadsafe(4, thread=0)
        @pytest.mark.parallel_threads
        def test_plain(): pass
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_bad_marker_in_an_xdist_worker_is_told_by_the_controller(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.threadsafe(thread=4)
        def test_typo(): pass
        """
    )
    result = pytester.runpytest_subprocess(STRESS, "-n2")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*::test_typo: threadsafe has no argument 'thread', expected*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_forms_of_thread_unsafe(decide: Callable[..., Decisions]) -> None:
    source = """
        import pytest
        pytestmark = pytest.mark.threadsafe
        unsafe = pytest.mark.thread_unsafe
        @unsafe
        def test_bare(): pass
        @unsafe()
        def test_called(): pass
        @unsafe(reason="because")
        def test_reason(): pass
        @unsafe("because")
        def test_positional_reason(): pass
        @unsafe(True, reason="because")
        def test_true(): pass
        @unsafe(condition=False, reason="because")
        def test_false(): pass
        @unsafe(False)
        @unsafe(1 == 1, reason="second")
        def test_one_of_two(): pass
    """
    because = NotStressed("marked thread_unsafe: because", selected=True)
    bare = NotStressed("marked thread_unsafe", selected=True)
    assert decide(source, STRESS).of == {
        "test_bare": bare,
        "test_called": bare,
        "test_reason": because,
        "test_positional_reason": because,
        "test_true": because,
        "test_false": Stressed(Settings(), gated=True),
        "test_one_of_two": NotStressed("marked thread_unsafe: second", selected=True),
    }


def test_markers_of_pytest_run_parallel(decide: Callable[..., Decisions]) -> None:
    source = """
        import pytest
        pytestmark = pytest.mark.threadsafe
        @pytest.mark.parallel_threads(8)
        @pytest.mark.iterations(5)
        def test_both(): pass
        @pytest.mark.parallel_threads(8)
        @pytest.mark.iterations(5)
        @pytest.mark.threadsafe(threads=[3], runs=2)
        def test_ours_win(): pass
        @pytest.mark.parallel_threads("auto")
        def test_auto(): pass
        @pytest.mark.parallel_threads(1)
        def test_single(): pass
        @pytest.mark.parallel_threads(1)
        @pytest.mark.threadsafe(threads=[3])
        def test_not_single(): pass
        @pytest.mark.force_parallel_threads(6)
        @pytest.mark.parallel_threads(1)
        @pytest.mark.parallel_threads_limit(1)
        def test_forced(): pass
        @pytest.mark.force_parallel_threads(1)
        def test_forced_single(): pass
        @pytest.mark.parallel_threads_limit(3)
        def test_limited(): pass
        @pytest.mark.parallel_threads_limit(7)
        def test_limited_in_vain(): pass
        @pytest.mark.parallel_threads_limit(1)
        def test_limited_to_one(): pass
        @pytest.mark.parallel_threads_limit("auto")
        def test_limited_automatically(): pass
    """
    decisions = decide(source, STRESS, "--concurrency-threads=2,4,8")
    assert decisions.settings("test_both") == Settings((8,), runs=5)
    assert decisions.settings("test_ours_win") == Settings((3,), runs=2)
    usual = Settings((2, 4, 8))
    assert decisions.settings("test_auto") == usual
    assert decisions.of["test_single"] == NotStressed("marked parallel_threads(1)", selected=True)
    assert decisions.settings("test_not_single") == Settings((3,))
    assert decisions.settings("test_forced") == Settings((6,))
    single = NotStressed("marked force_parallel_threads(1)", selected=True)
    assert decisions.of["test_forced_single"] == single
    assert decisions.settings("test_limited") == Settings((2,))
    assert decisions.settings("test_limited_in_vain") == Settings((2, 4))
    limited = NotStressed("marked parallel_threads_limit(1)", selected=True)
    assert decisions.of["test_limited_to_one"] == limited
    assert decisions.settings("test_limited_automatically") == usual


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ("parallel_threads(0)", f"parallel_threads(0): {COUNTS}"),
        ("parallel_threads", f"parallel_threads(): {ONE}"),
        ("parallel_threads(2, 3)", f"parallel_threads(2, 3): {ONE}"),
        ("force_parallel_threads(n=3)", f"force_parallel_threads(n=3): {ONE}"),
        ("parallel_threads_limit(0)", f"parallel_threads_limit(0): {COUNTS}"),
        ("iterations(n=3)", f"iterations(n=3): {ONE}"),
        ("iterations(-1)", "iterations(-1): expected an integer from 0 to 100000"),
        ("iterations('auto')", "iterations('auto'): expected an integer from 0 to 100000"),
    ],
)
def test_bad_markers_of_pytest_run_parallel(
    error: Callable[..., str], mark: str, problem: str
) -> None:
    line = error(f"import pytest\n@pytest.mark.{mark}\n@pytest.mark.threadsafe\ndef test_x(): pass")
    assert line == f"ERROR: test_bad_markers_of_pytest_run_parallel.py::test_x: {problem}"


def test_what_cannot_be_stressed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest
        class Line(pytest.Item):
            def runtest(self): pass
        class TextFile(pytest.File):
            def collect(self): yield Line.from_parent(self, name="line")
        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".txt":
                return TextFile.from_parent(parent, path=file_path)
        """
    )
    pytester.makefile(".txt", lines="spam")
    pytester.makepyfile(
        documented='''
        def documented():
            """
            >>> 1
            1
            """
        ''',
        test_functions="""
        import unittest
        from hypothesis import given, strategies
        async def test_async(): pass
        async def test_async_generator(): yield
        @given(strategies.integers())
        async def test_given_async(n): pass
        @given(strategies.integers())
        def test_given(n): pass
        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_method(self): pass
        """,
    )
    decisions = Decisions()
    args = ["--collect-only", "--doctest-modules", STRESS, "--concurrency-select=all"]
    assert pytester.inline_run(*args, plugins=[decisions]).ret == 0
    async_test = NotStressed("async tests run in one thread", selected=True)
    assert decisions.of == {
        "line": NotStressed("not a Python function but Line", selected=True),
        "documented.documented": NotStressed("a doctest cannot be stressed", selected=True),
        "test_async": async_test,
        "test_async_generator": async_test,
        "test_given_async": async_test,
        "test_method": async_test,
        "test_given": Stressed(Settings(), gated=False),
    }


def test_async_tests_of_pytest_asyncio(
    decide: Callable[..., Decisions], monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS")
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    source = """
        import pytest
        pytestmark = pytest.mark.threadsafe
        async def test_async(): pass
        def test_sync(): pass
    """
    assert decide(source, STRESS).of == {
        "test_async": NotStressed("async tests run in one thread", selected=True, gated=True),
        "test_sync": Stressed(Settings(), gated=True),
    }


def test_unsafe_fixtures(decide: Callable[..., Decisions], pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest
        @pytest.fixture(autouse=True)
        def environment(monkeypatch): pass
        @pytest.fixture(scope="session")
        def mocker(): "somebody's own, shared in any run"
        @pytest.fixture
        def benchmark(): "stands for that of pytest-benchmark"
        """
    )
    source = """
        import pytest
        def test_none(tmp_path, request, mocker): pass
        def test_direct(capsys, caplog): pass
        def test_through_another(environment): pass
        @pytest.mark.usefixtures("capsys")
        def test_by_mark(): pass
        def test_once(benchmark): pass
        def test_all(monkeypatch, recwarn, capfdbinary): pass
    """
    assert decide(source).unsafe == {
        "test_none": (),
        "test_direct": ("capsys", "caplog"),
        "test_through_another": (),
        "test_by_mark": ("capsys",),
        "test_once": ("benchmark",),
        "test_all": ("monkeypatch", "recwarn", "capfdbinary"),
    }


@pytest.mark.parametrize("neighbour", ["-p no:run-parallel", ""])
def test_the_markers_are_known(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, neighbour: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"-p no:asyncio --strict-markers {neighbour}")
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.threadsafe
        @pytest.mark.parallel_threads(1)
        @pytest.mark.force_parallel_threads(1)
        @pytest.mark.parallel_threads_limit(1)
        @pytest.mark.iterations(1)
        @pytest.mark.thread_unsafe
        def test_marked(): pass
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    listed = pytester.runpytest_inprocess("--markers")
    listed.stdout.fnmatch_lines(["@pytest.mark.threadsafe(*): the test must hold when*"])
