"""Command line and ini file -> :class:`Options`.

Each option has an ini twin of the same name. What a value may be is said in ``rules.py``. Both
modules are imported by every pytest run, so they import nothing that pytest has not, and the nouns
of ``model`` (a dozen dataclasses, 10 ms) only once they are needed.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .efforts import EFFORTS
from .rules import RULES, Rule, shown

if TYPE_CHECKING:
    from ..model import Selection, Settings

_SEED_OF_CONTROLLER = "concurrency_seed"
_SWITCHES = ("strict", "gil_only", "update_baseline")


class Options(NamedTuple):
    """What the command line and the ini file say, checked."""

    stress: bool = False
    select: Selection = "marked"
    replay: str = ""
    """Token of the one interleaving to run; empty: none. Implies ``stress``."""
    json_path: Path | None = None
    baseline_path: Path | None = None
    """Where the known hazards are, or will be."""
    update_baseline: bool = False
    strict: bool = False
    """Whether a gated test that could not be judged fails the run."""
    gil_only: bool = False
    """Whether what needs free-threaded Python is set aside."""
    given: tuple[tuple[str, Any], ...] = ()
    """Names and values of the settings that were given."""
    idle: tuple[str, ...] = ()
    """Flags that were given, but mean nothing since stress is off."""

    @property
    def base(self) -> Settings:
        """What a test without marker arguments is stressed with."""
        from ..model import Settings

        return Settings(**dict(self.given))


OPTIONS_KEY = pytest.StashKey[Options]()


def add_options(parser: pytest.Parser) -> None:
    """Declare the option group "concurrency" and the ini twins (``concurrency_threads`` ...)."""
    group = parser.getgroup("concurrency", "concurrency hazards (pytest-concurrency)")
    stress = "stress tests under controlled schedules, many threads and many processes"
    group.addoption(
        "--concurrency-stress", action="store_true", dest="concurrency_stress", help=stress
    )
    parser.addini("concurrency_stress", stress, type="bool", default=False)
    strict = "a gated test that could not be judged fails the run, as a hazard does"
    group.addoption(
        "--concurrency-strict", action="store_true", dest="concurrency_strict", help=strict
    )
    parser.addini("concurrency_strict", strict, type="bool", default=False)
    update = "write what is found to the baseline instead of failing"
    group.addoption(
        "--concurrency-update-baseline",
        action="store_true",
        dest="concurrency_update_baseline",
        help=update,
    )
    ignore = "hazards that are accepted, one a line: KIND LOCATION at SITE: REASON"
    parser.addini("concurrency_ignore", ignore, type="linelist", default=[])
    gil_only = "hazards that need free-threaded Python are notes, and fail no test"
    group.addoption(
        "--concurrency-gil-only", action="store_true", dest="concurrency_gil_only", help=gil_only
    )
    parser.addini("concurrency_gil_only", gil_only, type="bool", default=False)
    for name, rule in RULES.items():
        # Plain strings: the ini types for numbers only exist in newer versions of pytest.
        # Default None: "not given" on the command line lets the ini twin speak.
        group.addoption(
            _flag(name), dest=f"concurrency_{name}", metavar=rule.metavar, help=rule.help
        )
        if name != "replay":
            parser.addini(f"concurrency_{name}", rule.help, default=None)


def read_options(config: pytest.Config) -> Options:
    """Read and check the options. The command line beats the ini file, which beats the defaults.

    While stress is off, the ini twins are not looked at: the plugin must not disturb plain runs.
    Workers of xdist read the same command line, but take a drawn seed from their controller.
    """
    replay = _from_command_line(config, "replay") or ""
    stress = bool(replay) or _switch(config, "stress")
    json_path = _path(config, "json", stress)
    baseline_path = _path(config, "baseline", stress)
    update = bool(config.getoption("concurrency_update_baseline"))
    if update and stress and baseline_path is None:
        raise pytest.UsageError(
            "--concurrency-update-baseline: which file? give --concurrency-baseline=FILE"
        )
    given = {}
    for name in RULES.keys() - {"replay", "json", "baseline"}:
        value = _from_command_line(config, name)
        if value is None and stress:
            value = _from_ini(config, name)
        if value is not None:
            given[name] = value
    given = EFFORTS[given.pop("effort", "normal")] | given
    if replay:  # also replays what an unmarked test showed, and is expected to fail again
        given |= {"select": "all", "gate": "all"}
    if given.get("seed") == "random":
        given["seed"] = getattr(config, "workerinput", {}).get(_SEED_OF_CONTROLLER) or draw_seed()
    if not hasattr(os, "fork"):
        given.setdefault("start_method", ("spawn",))
    elif stress and "start_method" not in given and _is_served_by_default():
        given["by_default"] = "forkserver"
    select = given.pop("select", "marked")
    if not stress:
        return Options(given=tuple(given.items()), idle=_idle(config))
    strict, gil_only = _switch(config, "strict"), _switch(config, "gil_only")
    paths = (json_path, baseline_path, update)
    return Options(stress, select, replay, *paths, strict, gil_only, tuple(given.items()))


def _is_served_by_default() -> bool:
    """Whether processes come from a fork server by default, and there are some that are kept."""
    import multiprocessing

    return multiprocessing.get_all_start_methods()[0] == "forkserver" and sys.platform == "linux"


def with_ignored(config: pytest.Config, options: Options) -> Options:
    """Read the patterns of accepted hazards, too: when the kinds of other packages are known."""
    from .ignored import parse_all

    shown_as = "ini option concurrency_ignore"
    try:
        patterns = parse_all(config.getini("concurrency_ignore"), shown_as)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    except TypeError:  # in [tool.pytest], where values have types (by pytest's version)
        raise pytest.UsageError(f"{shown_as}: expected a list of texts") from None
    given = (("ignore", patterns),) if patterns else ()
    return options._replace(given=(*options.given, *given))


def _idle(config: pytest.Config) -> tuple[str, ...]:
    """Return the flags on the command line that nothing will look at."""
    flags = [_flag(name) for name in RULES if config.getoption(f"concurrency_{name}") is not None]
    switches = [name for name in _SWITCHES if config.getoption(f"concurrency_{name}")]
    return (*flags, *map(_flag, switches))


def hand_to_worker(options: Options, workerinput: dict[str, Any]) -> None:
    """Give an xdist worker what it cannot read itself (``pytest_configure_node``)."""
    workerinput[_SEED_OF_CONTROLLER] = dict(options.given).get("seed", "")


def warn_of_idle(config: pytest.Config, flags: tuple[str, ...]) -> None:
    """Tell, once, that flags were given which mean nothing since stress is off."""
    if not hasattr(config, "workerinput"):
        text = f"{', '.join(flags)}: no effect without --concurrency-stress"
        config.issue_config_time_warning(pytest.PytestConfigWarning(text), stacklevel=2)


def draw_seed() -> str:
    """Draw a seed, short enough to be typed again, where nobody's ``random.seed`` reaches."""
    return str(int.from_bytes(os.urandom(4), "big"))


def _flag(name: str) -> str:
    return f"--concurrency-{name.replace('_', '-')}"


def _read_text(name: str, text: str, shown_as: str) -> Any:
    rule = RULES[name]
    return _checked(rule, rule.parse(text.strip()), shown_as, text)


def _checked(rule: Rule, value: object, shown_as: str, given: object) -> Any:
    try:
        return rule.check(value)
    except ValueError as error:
        message = f"{shown_as}: got {shown(given)}, expected {error}"
        raise pytest.UsageError(message) from None


def _from_command_line(config: pytest.Config, name: str) -> Any:
    text = config.getoption(f"concurrency_{name}")
    if isinstance(text, list):  # what argparse makes of "--" (by its version)
        text = "--"
    return None if text is None else _read_text(name, text, _flag(name))


def _from_ini(config: pytest.Config, name: str) -> Any:
    key = f"concurrency_{name}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pytest does not want numbers and lists for texts
            value = config.getini(key)
    except (TypeError, pytest.UsageError):  # in [tool.pytest] it refuses them (by its version)
        value = _from_toml(config, key)
    if value is None:
        return None
    if not isinstance(value, list):
        return _read_text(name, str(value), f"ini option {key}")
    if not RULES[name].many and len(value) != 1:
        return _checked(RULES[name], value, f"ini option {key}", value)
    return _read_text(name, ",".join(map(str, value)), f"ini option {key}")


def _from_toml(config: pytest.Config, key: str) -> object:
    """Read a value of ``[tool.pytest]`` (or ``[pytest]``, in a file of pytest's own) as it is."""
    import tomllib  # only for those whose settings are spelt so

    assert config.inipath is not None
    document = tomllib.loads(config.inipath.read_text(encoding="utf-8"))
    tables = (document.get("tool", {}).get("pytest", {}), document.get("pytest", {}))
    return next((table[key] for table in tables if key in table), None)


def _switch(config: pytest.Config, name: str) -> bool:
    """Whether a flag without a value is on: on the command line or in the ini file."""
    key = f"concurrency_{name}"
    if config.getoption(key):
        return True
    try:
        return bool(config.getini(key))
    except (TypeError, ValueError, pytest.UsageError) as error:  # by pytest's version
        message = f"ini option {key}: {error}, expected true or false"
        raise pytest.UsageError(message) from None


def _path(config: pytest.Config, name: str, stress: bool) -> Path | None:
    """Where a file is or goes: relative to where pytest was called, or to the ini file."""
    text = _from_command_line(config, name)
    shown_as, base = _flag(name), config.invocation_params.dir
    if text is None and stress:
        text = _from_ini(config, name)
        shown_as, base = f"ini option concurrency_{name}", config.rootpath
        if config.inipath is not None:
            base = config.inipath.parent
    if text is None:
        return None
    try:
        path = base / Path(text).expanduser()
        with suppress(FileNotFoundError, NotADirectoryError):
            path.stat()  # from 3.14 on, `is_dir()` does not tell what is wrong with a path
        if path.is_dir():
            raise pytest.UsageError(f"{shown_as}: {path} is a directory, expected a file's path")
        if not path.parent.is_dir():
            raise pytest.UsageError(f"{shown_as}: the directory {path.parent} does not exist")
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, nobody's home
        why = error.strerror if isinstance(error, OSError) else error
        raise pytest.UsageError(f"{shown_as}: {shown(text)} is no path: {why}") from None
    return path
