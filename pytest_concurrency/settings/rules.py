"""What a value may be: one rule per setting.

The command line and the ini file give text, markers give Python values. Both pass the same rule, so
that they accept the same values and complain in the same words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeGuard

from .efforts import EFFORTS
from .strategies import STRATEGIES

MAX_THREADS = 64
MAX_PROCESSES = 32
MAX_SCHEDULES = 10_000_000
MAX_RUNS = 100_000
MAX_SECONDS = 86_400
SELECTIONS = ("marked", "all")
GATES = ("marked", "all", "none")
MAX_PREEMPTIONS = 1000
MAX_JOBS = 256
MAX_SHARDS = 1000
MAX_SEED_DIGITS = 40
_LONGEST_SHOWN = 80
"""Characters of a value in a message."""


def shown(value: object) -> str:
    """Spell a value that may be anything, for a message: in one short line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # of the program's class, or an integer of very many digits
        return f"<{type(value).__name__} that cannot be shown>"
    if len(text) <= _LONGEST_SHOWN:
        return text
    return f"{text[: _LONGEST_SHOWN // 2]}...{text[-_LONGEST_SHOWN // 4 :]}"


class Rule(NamedTuple):
    """How one setting is read: its text becomes a Python value, and the value is checked."""

    parse: Callable[[str], object]
    """Never fails: what it cannot parse it returns as it is, for ``check`` to refuse."""
    check: Callable[[object], Any]
    """Returns the value to store, or raises ``ValueError`` saying what is accepted."""
    metavar: str
    help: str
    many: bool = False
    """Whether there may be several, with commas between them, or in a list."""


def _parse_integer(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text


def _parse_number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _parse_counts(text: str) -> object:
    return text if text == "none" else [_parse_integer(part) for part in text.split(",")]


def _parse_names(text: str) -> object:
    return text.replace(",", " ").split()


def _is_integer(value: object) -> TypeGuard[int]:
    """Whether it is an integer as people mean it: ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_word(value: object, word: str) -> bool:
    """Whether it is this word; what is no text may compare as it likes."""
    return isinstance(value, str) and value == word


def _counts(limit: int) -> Callable[[object], tuple[int, ...]]:
    def check(value: object) -> tuple[int, ...]:
        if _is_word(value, "none"):
            return ()
        counts = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        good = all(_is_integer(count) and 1 <= count <= limit for count in counts)
        if not (good and counts and len(set(counts)) == len(counts)):
            raise ValueError(f"different integers from 1 to {limit}, or none")
        return counts

    return check


def _integer(limit: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if _is_integer(value) and 0 <= value <= limit:
            return value
        raise ValueError(f"an integer from 0 to {limit}")

    return check


def _bound(value: object) -> int:
    """Return the bound, -1 for none."""
    if _is_word(value, "none"):
        return -1
    try:
        return _integer(MAX_PREEMPTIONS)(value)
    except ValueError as error:
        raise ValueError(f"{error}, or none") from None


def _jobs(value: object) -> int:
    """Return the number of jobs, 0 for one per CPU."""
    if _is_word(value, "auto"):
        return 0
    if _is_integer(value) and 1 <= value <= MAX_JOBS:
        return value
    raise ValueError(f"an integer from 1 to {MAX_JOBS}, or auto")


def _parse_shard(text: str) -> object:
    return tuple(map(_parse_integer, text.split("/")))


def _shard(value: object) -> tuple[int, int]:
    if isinstance(value, tuple) and len(value) == 2 and all(map(_is_integer, value)):
        number, of = value
        if 1 <= number <= of <= MAX_SHARDS:
            return number, of
    raise ValueError(f"K/N: share K, from 1, of N, at most {MAX_SHARDS}")


def _word(accepted: tuple[str, ...]) -> Callable[[object], str]:
    def check(value: object) -> str:
        if isinstance(value, str) and value in accepted:
            return value
        raise ValueError(f"one of {', '.join(accepted)}")

    return check


def _seed(value: object) -> str:
    if _is_word(value, "random"):
        return "random"
    if _is_integer(value) and abs(value) < 10**MAX_SEED_DIGITS:
        return str(value)
    raise ValueError(f"an integer of at most {MAX_SEED_DIGITS} digits, or random")


def _seconds(value: object) -> float:
    if (_is_integer(value) or isinstance(value, float)) and 0 < value <= MAX_SECONDS:
        return float(value)
    raise ValueError(f"seconds, more than 0 and at most {MAX_SECONDS}")


def _packages(value: object) -> tuple[str, ...]:
    names = tuple(value) if isinstance(value, list) else ()
    if names and all(
        isinstance(name, str) and _is_dotted(name.removeprefix("-")) for name in names
    ):
        return names
    raise ValueError("names of packages or modules, separated by commas; -NAME leaves one out")


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _strategy(value: object) -> str:
    return _word(tuple(STRATEGIES))(value)  # which another package may have added to


_METHODS = ("fork", "spawn", "forkserver")


def _start_methods(value: object) -> tuple[str, ...]:
    import multiprocessing  # only for those who ask: it is slow to import

    known = multiprocessing.get_all_start_methods()
    names = value if isinstance(value, list) else []
    if names and all(name in known for name in names) and len({*names}) == len(names):
        return tuple(sorted(names, key=_METHODS.index))
    raise ValueError(f"some of {', '.join(known)}, separated by commas, each once")


def _non_empty(accepted: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if isinstance(value, str) and value and "\0" not in value:
            return value
        raise ValueError(accepted)

    return check


RULES: dict[str, Rule] = {
    "select": Rule(
        str,
        _word(SELECTIONS),
        "marked|all",
        "which tests are stressed: those marked threadsafe, or all but those marked thread_unsafe "
        "(default: marked)",
    ),
    "gate": Rule(
        str, _word(GATES), "marked|all|none", "whose hazards fail the run (default: marked)"
    ),
    "effort": Rule(
        str,
        _word(tuple(EFFORTS)),
        "|".join(EFFORTS),
        "thread and process counts, schedules, runs and time together: quick for each push, "
        "thorough for a night; each of them can still be given (default: normal)",
    ),
    "threads": Rule(
        _parse_counts,
        _counts(MAX_THREADS),
        "N[,N]",
        f"thread counts, 1 to {MAX_THREADS}; none: no thread cells (default: 2,4)",
        many=True,
    ),
    "processes": Rule(
        _parse_counts,
        _counts(MAX_PROCESSES),
        "N[,N]",
        f"process counts, 1 to {MAX_PROCESSES}; none: no process cells (default: 2)",
        many=True,
    ),
    "schedules": Rule(
        _parse_integer,
        _integer(MAX_SCHEDULES),
        "N",
        "controlled schedules per thread count; 0: no explored cells (default: 200)",
    ),
    "runs": Rule(
        _parse_integer,
        _integer(MAX_RUNS),
        "N",
        "free-running repeats per count; 0: no free-running cells (default: 20)",
    ),
    "strategy": Rule(
        str, _strategy, "|".join(STRATEGIES), "how schedules are chosen (default: auto)"
    ),
    "preemptions": Rule(
        _parse_integer,
        _bound,
        "N",
        "the systematic search, also as part of auto, tries schedules with at most so many "
        "preemptions; none: any number (default)",
    ),
    "jobs": Rule(
        _parse_integer,
        _jobs,
        "N|auto",
        "processes that search the schedules of one cell at once; auto: one per CPU (default: 1)",
    ),
    "shard": Rule(
        _parse_shard,
        _shard,
        "K/N",
        "do the K-th of N shares of each test's schedules and runs; pytest-concurrency merge makes "
        "one report of the JSON reports of all shares",
    ),
    "seed": Rule(
        _parse_integer,
        _seed,
        "N|random",
        "where chance starts (default: derived from the test's id, so that runs are repeatable)",
    ),
    "time": Rule(_parse_number, _seconds, "SECONDS", "cap for one test (default: 60)"),
    "source": Rule(
        _parse_names,
        _packages,
        "PKG[,PKG]",
        "packages or modules to instrument besides the project's own; -PKG leaves one out",
        many=True,
    ),
    "start_method": Rule(
        _parse_names,
        _start_methods,
        "METHOD[,METHOD]",
        "how the workers of process cells are started: fork, spawn, forkserver; a cell for each "
        "(default: fork, where there is one)",
        many=True,
    ),
    "replay": Rule(
        str,
        _non_empty("the token that a finding printed"),
        "TOKEN",
        "run exactly this interleaving of the one selected test; implies --concurrency-stress, "
        "--concurrency-select=all and --concurrency-gate=all",
    ),
    "json": Rule(str, _non_empty("the path of a file"), "PATH", "write the report to this file"),
    "baseline": Rule(
        str,
        _non_empty("the path of a file"),
        "FILE",
        "a file of known hazards, which do not fail the run; --concurrency-update-baseline writes "
        "it",
    ),
}
"""By the name of the setting: ``threads`` is for ``--concurrency-threads`` and its twins."""
