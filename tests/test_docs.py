"""The documentation keeps up: all that can be typed is in the reference, and nothing else is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from pytest_concurrency import fixtures, hookspecs, kinds, model
from pytest_concurrency.report.json import schema
from pytest_concurrency.settings.efforts import EFFORTS
from pytest_concurrency.settings.markers import _MARKERS, THREADSAFE_ARGUMENTS
from pytest_concurrency.settings.rules import (
    GATES,
    MAX_PROCESSES,
    MAX_THREADS,
    RULES,
    SELECTIONS,
)
from pytest_concurrency.settings.strategies import STRATEGIES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "examples" / "README.md",
    *sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts),
]
SWITCHES = ("stress", "strict", "gil_only", "update_baseline")
ONLY_FLAGS = ("replay", "update_baseline")
FLAGS = {f"--concurrency-{name.replace('_', '-')}" for name in (*SWITCHES, *RULES)}
INI_NAMES = {
    f"concurrency_{name}" for name in (*SWITCHES, *RULES, "ignore") if name not in ONLY_FLAGS
}
FIXTURES = {"concurrency", "thread_index", "thread_count", "process_index", "iteration_index"}
LONGEST_LINE = 100
"""Columns, as in code."""
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ANY_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_TEST_LINK = re.compile(r"`(tests/\S+\.py)::(test_\w+)`$")
_LINK_TARGET = re.compile(r"\]\([^)]*\)|https?://\S+|`tests/\S+::\w+`")


def text(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def option_rows() -> dict[str, list[str]]:
    """By flag: flag and value, ini twin, marker argument, default, meaning."""
    rows = {}
    for line in text("options.md").splitlines():
        if line.startswith("| `--"):
            cells = [
                cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]
            ]
            flag, _, ini = cells[0].partition("<br>")
            rows[flag.strip("`").partition("=")[0]] = [flag, ini, *cells[1:]]
    return rows


def blocks(page: Path, language: str) -> list[str]:
    return [
        code for name, code in _FENCE.findall(page.read_text(encoding="utf-8")) if name == language
    ]


def commands(page: Path) -> list[list[str]]:
    """The commands of a page's shell blocks, in words."""
    found = []
    for block in blocks(page, "shell"):
        words = shlex.split(block.replace("\n", " ; "), comments=False)
        command: list[str] = []
        for word in [*words, ";"]:
            if word not in ("&&", ";"):
                command.append(word)
            elif command:
                found.append(command)
                command = []
    return found


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_every_option_has_a_row_and_no_row_is_left_over() -> None:
    assert set(option_rows()) == FLAGS
    assert "\n| `concurrency_ignore` | `ignore=` |" in text("options.md")  # which is no flag


@pytest.mark.parametrize("flag", sorted(FLAGS))
def test_a_row_names_the_ini_twin_and_the_marker_argument(flag: str) -> None:
    name = flag.removeprefix("--concurrency-").replace("-", "_")
    ini, marker = option_rows()[flag][1:3]
    assert ini == (f"`concurrency_{name}`" if f"concurrency_{name}" in INI_NAMES else "")
    assert marker == (f"`{name}=`" if name in THREADSAFE_ARGUMENTS else "")


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_row_shows_the_accepted_values_and_the_default(name: str) -> None:
    flag, _, _, default, _ = option_rows()[f"--concurrency-{name.replace('_', '-')}"]
    assert flag.strip("`").partition("=")[2] == RULES[name].metavar
    settings = model.Settings()
    if name in ("threads", "processes", "schedules", "runs", "strategy", "gate"):
        value = getattr(settings, name)
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        assert default == f"`{shown}`"
    if name == "effort":
        assert default == "`normal`"
        assert EFFORTS["normal"] == {}
    if name == "time":
        assert float(default.strip("`")) == settings.time


def test_limits_and_words_are_the_real_ones() -> None:
    options = text("options.md")
    assert f"1 to {MAX_THREADS};" in options
    assert f"1 to {MAX_PROCESSES};" in options
    for word in (*STRATEGIES, *SELECTIONS, *GATES):
        assert f"`{word}`" in options + text("exit-status.md")


def test_every_marker_is_described_with_its_arguments() -> None:
    markers = text("markers.md")
    for line in _MARKERS:
        assert f"`@pytest.mark.{line.partition(':')[0]}`" in markers
    for argument in THREADSAFE_ARGUMENTS:
        assert argument in markers


def test_every_fixture_is_described() -> None:
    defined = {
        name for name, value in vars(fixtures).items() if "fixture" in type(value).__name__.lower()
    }
    assert defined == FIXTURES
    for name in FIXTURES:
        assert f"| `{name}` |" in text("fixtures.md")


@pytest.mark.parametrize(
    ("noun", "words"),
    [
        ("kind", get_args(kinds.HazardKind)),
        ("verdict", get_args(model.IsolationVerdict)),
        ("cell", get_args(model.CellKind)),
        ("outcome", get_args(model.CellOutcome)),
    ],
)
def test_hazards_verdicts_and_cells_are_described(noun: str, words: tuple[str, ...]) -> None:
    described = text("hazards.md")
    assert [word for word in words if f"`{word}`" not in described] == []


def test_every_hook_is_described() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("pytest_")]
    described = re.findall(r"autofunction:: pytest_concurrency\.hookspecs\.(\w+)", text("hooks.md"))
    assert sorted(described) == sorted(hooks)


@pytest.mark.parametrize("page", sorted((DOCS / "contributing").glob("*.md")), ids=name_of)
def test_the_files_that_a_seam_needs_exist(page: Path) -> None:
    named = re.findall(r"`((?:pytest_concurrency|tests|docs)/[\w/.-]+)`", page.read_text())
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_use_no_option_that_does_not_exist(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    flags = set(re.findall(r"--concurrency-[a-z]+(?:-[a-z]+)*", content))
    assert flags <= FLAGS
    assert set(re.findall(r"^(concurrency_\w+) = ", content, re.MULTILINE)) <= INI_NAMES


def too_long(content: str) -> list[str]:
    """The lines of prose that are too long: not those of code, signatures and tables, nor because
    of links to pages and tests.
    """
    prose = _LINK_TARGET.sub("]", _ANY_FENCE.sub("", content)).splitlines()
    return [line for line in prose if len(line) > LONGEST_LINE and not line.startswith(("|", "`@"))]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_of_prose_are_short(page: Path) -> None:
    assert too_long(page.read_text(encoding="utf-8")) == []


def test_only_prose_has_to_be_short() -> None:
    long, link = "so " * 34, f"[here](https://{'so' * 50})"
    code = f"  ```text\n  {long}\n  ```\n```{{eval-rst}}\n{long}\n```\n"
    assert too_long(f"{code}| {long} |\n{link}\n{long}\n") == [long]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_files_that_are_named_exist() -> None:
    files = [f"/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("*/**/*.py")]
    for page in (DOCS / "architecture.md", ROOT / "CONTRIBUTING.md"):
        for name in re.findall(r"`([\w./-]+\.py)`", page.read_text(encoding="utf-8")):
            assert any(file.endswith(f"/{name}") for file in files), name


def traps() -> list[str]:
    """The bullets of the section "Traps", each on one line."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    section = page.partition("\n## Traps\n")[2].partition("\n## ")[0]
    return [" ".join(each.split()) for each in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]


def test_there_are_traps() -> None:
    assert len(traps()) > 20


@pytest.mark.parametrize("trap", traps())
def test_a_trap_names_the_test_that_guards_it(trap: str) -> None:
    link = _TEST_LINK.search(trap)
    assert link is not None, "it has to end with `tests/.../test_x.py::test_name`"
    path, name = link.groups()
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_the_readme_has_the_two_commands_on_one_line_each() -> None:
    lines = [line for block in blocks(ROOT / "README.md", "shell") for line in block.splitlines()]
    assert "pip install . && pytest --concurrency-stress examples" in lines
    assert 'pip install -e ".[test]" && pytest' in lines


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=name_of)
def test_what_commands_name_exists(page: Path) -> None:
    for command in commands(page):
        if command[0] != "pytest":
            continue
        for word in command[1:]:
            path, _, test = word.partition("::")
            if word.startswith(("-", "#")) or not ("/" in word or word == "examples"):
                continue
            # The README's commands about one example are to be run in its folder.
            found = [base / path for base in (ROOT, ROOT / "examples") if (base / path).exists()]
            assert found, word
            assert not test or f"def {test}(" in found[0].read_text(encoding="utf-8")


def test_the_shown_json_report_is_valid_as_far_as_it_goes() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    (shown,) = [json.loads(block) for block in blocks(REFERENCE / "json-report.md", "json")]
    shortened = schema()
    for definition in [shortened, *shortened["$defs"].values()]:
        definition.pop("required", None)
    jsonschema.validate(shown, shortened)


def test_the_changelog_knows_the_version() -> None:
    from pytest_concurrency import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
