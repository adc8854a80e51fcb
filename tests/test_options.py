"""Command line and ini file, through pytest's own command line."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_concurrency.model import Settings
from pytest_concurrency.settings.options import OPTIONS_KEY, Options
from pytest_concurrency.settings.rules import RULES

STRESS = "--concurrency-stress"


def options(pytester: pytest.Pytester, *args: str) -> Options:
    """Without what Python does by default, which is another thing on each version."""
    found = pytester.parseconfigure(*args).stash[OPTIONS_KEY]
    given = tuple(each for each in found.given if each[0] != "by_default")
    return found._replace(given=given)


def error(pytester: pytest.Pytester, *args: str) -> str:
    """The one line that a run which cannot start prints."""
    result = pytester.runpytest_inprocess(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.errlines if line]
    assert len(lines) == 1, lines
    return lines[0]


def test_everything_is_off_by_default(pytester: pytest.Pytester) -> None:
    assert options(pytester) == Options()


def test_the_defaults_when_on(pytester: pytest.Pytester) -> None:
    found = options(pytester, STRESS)
    assert found == Options(stress=True)
    assert found.base == Settings()


@pytest.mark.parametrize("asked", [(), ("--concurrency-start-method=fork",)])
def test_a_fork_server_that_is_the_default_is_known_unless_methods_are_given(
    pytester: pytest.Pytester, asked: tuple[str, ...]
) -> None:
    default = multiprocessing.get_all_start_methods()[0]
    found = pytester.parseconfigure(STRESS, *asked).stash[OPTIONS_KEY].base
    is_served = default == "forkserver" and sys.platform == "linux" and not asked
    assert found.by_default == ("forkserver" if is_served else None)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("threads", "2", (2,)),
        ("threads", "8, 3", (8, 3)),
        ("threads", "1,64", (1, 64)),
        ("threads", "none", ()),
        ("processes", "32", (32,)),
        ("processes", "none", ()),
        ("schedules", "0", 0),
        ("schedules", "10000000", 10_000_000),
        ("runs", "0", 0),
        ("runs", "100000", 100_000),
        ("strategy", "random", "random"),
        ("strategy", "pct", "pct"),
        ("strategy", "systematic", "systematic"),
        ("preemptions", "0", 0),
        ("preemptions", "none", -1),
        ("jobs", "1", 1),
        ("jobs", "auto", 0),
        ("shard", "2/4", (2, 4)),
        ("seed", "7", "7"),
        ("seed", "-7", "-7"),
        ("time", "0.5", 0.5),
        ("time", "86400", 86400.0),
        ("gate", "none", "none"),
        ("source", "spam,eggs", ("spam", "eggs")),
        ("source", "spam.eggs -spam.ham", ("spam.eggs", "-spam.ham")),
        ("start-method", "spawn", ("spawn",)),
        ("start-method", "spawn,fork", ("fork", "spawn")),
    ],
)
def test_command_line_and_ini_accept_the_same(
    pytester: pytest.Pytester, name: str, text: str, value: object
) -> None:
    field = name.replace("-", "_")
    assert getattr(options(pytester, STRESS, f"--concurrency-{name}={text}").base, field) == value
    pytester.makeini(f"[pytest]\nconcurrency_{field} = {text}\n")
    assert getattr(options(pytester, STRESS).base, field) == value


@pytest.mark.parametrize(
    ("effort", "settings"),
    [
        ("quick", Settings((2,), (2,), schedules=50, runs=5, time=10.0)),
        ("normal", Settings()),
        ("thorough", Settings((2, 4, 8), (2, 4), schedules=2000, runs=100, time=600.0)),
    ],
)
def test_an_effort_sets_several_values_and_each_of_them_wins(
    pytester: pytest.Pytester, effort: str, settings: Settings
) -> None:
    flag = f"--concurrency-effort={effort}"
    assert options(pytester, STRESS, flag).base == settings
    given = options(pytester, STRESS, flag, "--concurrency-runs=7").base
    assert given == replace(settings, runs=7)
    pytester.makeini(f"[pytest]\nconcurrency_effort = {effort}\nconcurrency_threads = 3\n")
    assert options(pytester, STRESS).base == replace(settings, threads=(3,))
    assert options(pytester, STRESS, "--concurrency-effort=normal").base == Settings((3,))


PACKAGES = "names of packages or modules, separated by commas; -NAME leaves one out"
METHODS = (
    f"some of {', '.join(multiprocessing.get_all_start_methods())}, separated by commas, each once"
)
BAD = [
    ("threads", "0", "different integers from 1 to 64, or none"),
    ("threads", "65", "different integers from 1 to 64, or none"),
    ("threads", "2,2", "different integers from 1 to 64, or none"),
    ("threads", "2,", "different integers from 1 to 64, or none"),
    ("threads", "", "different integers from 1 to 64, or none"),
    ("threads", "2,none", "different integers from 1 to 64, or none"),
    ("threads", "two", "different integers from 1 to 64, or none"),
    ("processes", "33", "different integers from 1 to 32, or none"),
    ("processes", "-1", "different integers from 1 to 32, or none"),
    ("schedules", "-1", "an integer from 0 to 10000000"),
    ("schedules", "10000001", "an integer from 0 to 10000000"),
    ("schedules", "1.5", "an integer from 0 to 10000000"),
    ("runs", "100001", "an integer from 0 to 100000"),
    ("strategy", "dfs", "one of auto, random, pct, pos, surw, dpor, systematic"),
    ("preemptions", "-1", "an integer from 0 to 1000, or none"),
    ("preemptions", "few", "an integer from 0 to 1000, or none"),
    ("jobs", "0", "an integer from 1 to 256, or auto"),
    ("jobs", "all", "an integer from 1 to 256, or auto"),
    *(
        ("shard", text, "K/N: share K, from 1, of N, at most 1000")
        for text in ("0/2", "3/2", "1/1001", "2", "1/2/3", "a/b", "")
    ),
    ("seed", "yesterday", "an integer of at most 40 digits, or random"),
    ("time", "0", "seconds, more than 0 and at most 86400"),
    ("time", "nan", "seconds, more than 0 and at most 86400"),
    ("time", "inf", "seconds, more than 0 and at most 86400"),
    ("time", "soon", "seconds, more than 0 and at most 86400"),
    ("gate", "some", "one of marked, all, none"),
    ("effort", "much", "one of quick, normal, thorough"),
    ("effort", "", "one of quick, normal, thorough"),
    ("select", "none", "one of marked, all"),
    ("source", "", PACKAGES),
    ("source", "spam..eggs", PACKAGES),
    ("source", "--spam", PACKAGES),
    ("source", "src/spam", PACKAGES),
    ("start-method", "clone", METHODS),
    ("start-method", "fork,fork", METHODS),
    ("json", "", "the path of a file"),
    ("seed", "9" * 50, "an integer of at most 40 digits, or random"),
]


@pytest.mark.parametrize(("name", "text", "accepted"), BAD)
def test_a_bad_value_is_one_line(
    pytester: pytest.Pytester, name: str, text: str, accepted: str
) -> None:
    ending = f": got {text!r}, expected {accepted}"
    flag = f"--concurrency-{name}"
    assert error(pytester, STRESS, f"{flag}={text}") == f"ERROR: {flag}{ending}"
    assert error(pytester, f"{flag}={text}") == f"ERROR: {flag}{ending}"  # also without stress
    key = f"concurrency_{name.replace('-', '_')}"
    pytester.makeini(f"[pytest]\n{key} = {text}\n")
    assert error(pytester, STRESS) == f"ERROR: ini option {key}{ending}"


@pytest.mark.parametrize("name", sorted(RULES.keys() - {"json", "baseline", "replay"}))
def test_a_bad_value_of_any_length_is_one_short_line(pytester: pytest.Pytester, name: str) -> None:
    for text in ("?" * 5000, "--"):  # argparse makes a list of the second one (by its version)
        line = error(pytester, STRESS, f"--concurrency-{name.replace('_', '-')}={text}")
        assert ": got '" in line
        assert ", expected " in line
        assert len(line) < 300


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b", "~nobody-of-that-name/x.json"])
@pytest.mark.parametrize("name", ["json", "baseline"])
def test_a_path_that_is_none_is_one_short_line(
    pytester: pytest.Pytester, name: str, path: str
) -> None:
    line = error(pytester, STRESS, f"--concurrency-{name}={path}")
    assert line.startswith(f"ERROR: --concurrency-{name}: ")
    assert len(line) < 300


@pytest.mark.parametrize("name", ["x" * 5000, "a" * 200 + ".b"])
def test_a_package_name_of_any_length(pytester: pytest.Pytester, name: str) -> None:
    pytester.makepyfile("def test_plain(): pass")
    line = error(pytester, STRESS, f"--concurrency-source={name}")
    assert "there is no package or module " in line
    assert len(line) < 300


def test_an_empty_token_is_refused(pytester: pytest.Pytester) -> None:
    assert error(pytester, "--concurrency-replay=") == (
        "ERROR: --concurrency-replay: got '', expected the token that a finding printed"
    )


def test_a_bad_ini_value_does_not_disturb_a_plain_run(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconcurrency_threads = 0\n")
    pytester.makepyfile("def test_plain(): pass")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_command_line_beats_ini_beats_default(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        "[pytest]\nconcurrency_stress = yes\nconcurrency_select = all\nconcurrency_runs = 7\n"
        "concurrency_threads = 3\n"
    )
    found = options(pytester, "--concurrency-threads=5")
    assert (found.stress, found.select) == (True, "all")
    assert found.base == Settings(threads=(5,), runs=7)


def test_the_ini_switch_can_be_overridden(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconcurrency_stress = true\n")
    assert not options(pytester, "-o", "concurrency_stress=false").stress


def test_an_unreadable_ini_switch(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconcurrency_stress = maybe\n")
    line = error(pytester)
    assert line.startswith("ERROR: ")
    assert "concurrency_stress" in line
    assert "maybe" in line


TOML = pytest.mark.skipif(pytest.version_tuple < (9,), reason="typed TOML came with pytest 9")


@pytest.mark.parametrize(
    "table", ["tool.pytest.ini_options", pytest.param("tool.pytest", marks=TOML)]
)
def test_toml_has_numbers_and_lists(pytester: pytest.Pytester, table: str) -> None:
    pytester.makepyprojecttoml(
        f"[{table}]\nconcurrency_threads = [2, 4]\nconcurrency_runs = 7\n"
        "concurrency_time = 2.5\nconcurrency_seed = 3\nconcurrency_strategy = 'pct'\n"
        "concurrency_source = ['spam', 'eggs.ham']\n"
    )
    assert options(pytester, STRESS).base == Settings(
        threads=(2, 4), runs=7, time=2.5, seed="3", strategy="pct", source=("spam", "eggs.ham")
    )


@pytest.mark.parametrize(
    "table", ["tool.pytest.ini_options", pytest.param("tool.pytest", marks=TOML)]
)
def test_a_bad_value_in_toml(pytester: pytest.Pytester, table: str) -> None:
    pytester.makepyprojecttoml(f"[{table}]\nconcurrency_threads = [2, 'x']\n")
    accepted = "different integers from 1 to 64, or none"
    line = f"ERROR: ini option concurrency_threads: got '2,x', expected {accepted}"
    assert error(pytester, STRESS) == line


def test_a_list_where_there_is_one_value(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(
        "[tool.pytest.ini_options]\nconcurrency_json = ['a.json', 'b.json']\n"
    )
    assert error(pytester, STRESS) == (
        "ERROR: ini option concurrency_json: got ['a.json', 'b.json'], expected the path of a file"
    )
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nconcurrency_select = ['all']\n")
    assert options(pytester, STRESS).select == "all"
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nconcurrency_threads = [[2]]\n")
    assert "got '[2]', expected" in error(pytester, STRESS)


def test_the_strict_switch(pytester: pytest.Pytester) -> None:
    assert not options(pytester, STRESS).strict
    assert options(pytester, STRESS, "--concurrency-strict").strict
    pytester.makeini("[pytest]\nconcurrency_strict = true\n")
    assert options(pytester, STRESS).strict
    assert not options(pytester).strict


def test_the_switch_for_what_can_happen_with_the_gil(pytester: pytest.Pytester) -> None:
    assert not options(pytester, STRESS).gil_only
    assert options(pytester, STRESS, "--concurrency-gil-only").gil_only
    pytester.makeini("[pytest]\nconcurrency_gil_only = true\n")
    assert options(pytester, STRESS).gil_only
    assert not options(pytester).gil_only


def test_options_that_mean_nothing_are_told_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_plain(): pass")
    given = ("--concurrency-threads=2", "--concurrency-strict", "--concurrency-gil-only")
    result = pytester.runpytest_subprocess(*given, "-n2")
    result.assert_outcomes(passed=1, warnings=1)
    told = f"*{', '.join(given).replace('=2', '')}: no effect without --concurrency-stress"
    result.stdout.fnmatch_lines([told])
    quiet = pytester.runpytest_subprocess(STRESS, *given, "-o", "concurrency_runs=3")
    quiet.assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nconcurrency_threads = 2\n")  # an ini file serves both kinds of run
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_flags_do_not_eat_paths(pytester: pytest.Pytester) -> None:
    pytester.mkdir("tests")
    config = pytester.parseconfigure(STRESS, "tests")
    assert config.args == ["tests"]
    assert config.stash[OPTIONS_KEY].stress


def test_a_drawn_seed_is_a_number_to_be_repeated(pytester: pytest.Pytester) -> None:
    runs = [options(pytester, STRESS, "--concurrency-seed=random") for _ in range(2)]
    first, second = (run.base.seed for run in runs)
    assert first.isdecimal()
    assert second.isdecimal()
    assert first != second
    assert options(pytester, STRESS, f"--concurrency-seed={first}").base.seed == first


def test_xdist_workers_use_the_drawn_seed(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconcurrency_seed = random\nconcurrency_stress = true\n")
    pytester.makeconftest(
        """
        from pathlib import Path
        from pytest_concurrency.settings.options import OPTIONS_KEY
        def pytest_sessionstart(session):
            who = getattr(session.config, "workerinput", {"workerid": "controller"})["workerid"]
            seed = session.config.stash[OPTIONS_KEY].base.seed
            Path(__file__).with_name(f"{who}.seed").write_text(seed)
        """
    )
    pytester.makepyfile("def test_plain(): pass")
    pytester.runpytest_subprocess("-n2").assert_outcomes(passed=1)
    seeds = {path.stem: path.read_text() for path in pytester.path.glob("*.seed")}
    assert set(seeds) == {"controller", "gw0", "gw1"}
    assert len(set(seeds.values())) == 1, seeds


def test_replay_stresses_selects_and_gates(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconcurrency_gate = none\n")
    found = options(pytester, "--concurrency-replay=c1.abc")
    assert found.replay == "c1.abc"
    assert (found.stress, found.select, found.base.gate) == (True, "all", "all")


def test_json_path_on_the_command_line(pytester: pytest.Pytester) -> None:
    found = options(pytester, STRESS, "--concurrency-json=report.json")
    assert found.json_path == pytester.path / "report.json"


def test_json_path_in_the_ini_file_is_relative_to_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\nconcurrency_json = report.json\n")
    inner = pytester.mkdir("inner")
    monkeypatch.chdir(inner)
    assert options(pytester, STRESS).json_path == pytester.path / "report.json"
    explicit = options(pytester, STRESS, "--concurrency-json=other.json")
    assert explicit.json_path == inner / "other.json"


def test_json_path_that_cannot_be_written(pytester: pytest.Pytester) -> None:
    taken, missing = pytester.mkdir("taken"), pytester.path / "missing"
    assert error(pytester, STRESS, "--concurrency-json=taken") == (
        f"ERROR: --concurrency-json: {taken} is a directory, expected a file's path"
    )
    assert error(pytester, STRESS, "--concurrency-json=missing/report.json") == (
        f"ERROR: --concurrency-json: the directory {missing} does not exist"
    )


def test_the_help_names_every_option(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--help")
    result.stdout.fnmatch_lines(
        ["concurrency hazards*", "*--concurrency-strategy=auto|random|pct|pos|surw|dpor|systematic"]
    )
    help_text = result.stdout.str()
    for name in ["stress", *RULES]:
        assert f"--concurrency-{name.replace('_', '-')}" in help_text
        assert (f"concurrency_{name} (" in help_text) == (name != "replay"), name


def test_the_plugin_imports_nothing_that_pytest_has_not() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules);"
        "import pytest_concurrency.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    imported = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert "pytest_concurrency.settings.options" in imported
    assert [name for name in imported if name.split(".")[0] != "pytest_concurrency"] == []


@pytest.mark.parametrize("flag", ["", STRESS])
def test_a_plain_run_does_not_even_import_the_nouns(pytester: pytest.Pytester, flag: str) -> None:
    pytester.makepyfile(
        """
        import sys
        import pytest
        @pytest.mark.threadsafe
        def test_marked(): pass
        if __name__ == "__main__":
            args = [__file__, "--collect-only", *sys.argv[1:]]
            assert pytest.main(args) == 0
            print("nouns:", "pytest_concurrency.model" in sys.modules)
        """
    )
    script = pytester.path / "test_a_plain_run_does_not_even_import_the_nouns.py"
    command = [sys.executable, str(script), *([flag] if flag else [])]
    output = subprocess.check_output(command, text=True)
    assert f"nouns: {bool(flag)}" in output


def test_a_missing_ini_file_still_gives_a_place_for_the_report(pytester: pytest.Pytester) -> None:
    found = options(pytester, STRESS, "-o", "concurrency_json=report.json")
    assert found.json_path == Path(pytester.path) / "report.json"
