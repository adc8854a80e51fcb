"""Parsers of the standard library: JSON, TOML, INI, HTML, command lines."""

from __future__ import annotations

import argparse
import configparser
import html.parser
import json
import tomllib
from json import decoder, scanner

from observed import Notes

PACKAGES = ["argparse", "configparser", "html", "json", "tomllib"]


def _json(note):
    pure = json.JSONDecoder(strict=False, object_pairs_hook=list)
    pure.parse_string = decoder.py_scanstring
    pure.scan_once = scanner.py_make_scanner(pure)
    for text in (
        '{"a": [1, -2.5e3, null, "\\u00e9\\ud83d\\ude00\\n"]}',
        "[1,",
        '{"a" 1}',
        '"\\x"',
        "NaN",
    ):
        note(pure.decode, text)
    value = {"a": [1, 2.5, None, {"b": ()}], "é": float("inf"), 3: True}
    note(json.dumps, value, indent=1, sort_keys=False)
    note(json.dumps, value, indent="\t", allow_nan=False)
    note(json.dumps, {(1, 2): 3}, indent=1)
    note(json.dumps, {(1, 2): object}, indent=1, skipkeys=True, default=repr)
    circular: list[object] = []
    circular.append(circular)
    note(json.dumps, circular, indent=1)


class Refusing(argparse.ArgumentParser):
    def error(self, message):
        raise ValueError(message)


def _argparse(note):
    parser = Refusing(
        prog="tool", formatter_class=lambda prog: argparse.HelpFormatter(prog, width=60)
    )
    parser.add_argument(
        "--level", type=int, choices=range(4), default=1, help="the %(dest)s, %(default)s"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--yes", action=argparse.BooleanOptionalAction)
    group.add_argument("--also", action="append", nargs="+", metavar=("A", "B"))
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", aliases=["r"], description="What is run.")
    run.add_argument("names", nargs="*")
    run.add_argument("-v", action="count", default=0)
    for line in (
        "run a b -vv",
        "--level 9 run",
        "--yes --also 1 run",
        "--lev 2 r x",
        "",
        "stop",
        "run -x",
    ):
        note(parser.parse_args, line.split())
        note(parser.parse_known_args, line.split())
    note(parser.format_help)
    note(run.format_usage)
    note(parser.add_argument, "--level")


def _configuration(note):
    for kind in (configparser.BasicInterpolation(), configparser.ExtendedInterpolation(), None):
        parser = configparser.ConfigParser(interpolation=kind, allow_no_value=True)
        note(
            parser.read_string, "[a]\nx = 1\ny = %(x)s2 ${x}\n  more\nflag\n[b]\nz : ${a:y} %(q)s\n"
        )
        note(lambda parser=parser: {name: dict(parser[name]) for name in ("a",)})
        note(lambda parser=parser: parser["b"]["z"])
        note(parser.getint, "a", "x")
        note(parser.getboolean, "a", "y", fallback=None)
        note(parser.get, "c", "x")
        note(parser.read_string, "[a]\nx=1\nx=2")
        note(parser.read_string, "no section")
    for text in (
        'a.b = [1, 0x1F, 1e3]\n[c."d e"]\nf = 2020-01-02T03:04:05Z',
        "a = ",
        "a = 1\na = 2",
        "[x",
    ):
        note(tomllib.loads, text)


class Collected(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, attrs, self.getpos()))

    def handle_data(self, data):
        self.seen.append(data)

    def handle_entityref(self, name):
        self.seen.append(html.unescape(f"&{name};"))


def _html(note):
    parser = Collected()
    note(parser.feed, "<p class='a' b>x &amp; <br/>y<!-- c --><script>1 < 2</script>\n<a href=")
    note(parser.close)
    note(lambda: parser.seen)


def brief() -> list[object]:
    note = Notes()
    _configuration(note)
    return note.taken


def workload() -> list[object]:
    note = Notes()
    for part in (_json, _configuration, _html, _argparse):
        part(note)
    return note.taken
