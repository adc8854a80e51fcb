"""What the standard library does with texts: wrapping, comparing, printing, mail, Python."""

from __future__ import annotations

import ast
import difflib
import pprint
import textwrap
from email import message_from_string, policy
from email.message import EmailMessage

from observed import Notes

PACKAGES = ["ast", "difflib", "email", "pprint", "textwrap"]

TEXT = (
    "A long line of words that wraps, with a-hyphenated-word and averylongonewithoutanybreak.  End."
)


def _texts(note):
    note(textwrap.wrap, TEXT, width=20, break_on_hyphens=False, initial_indent="* ")
    for width in (1, 5, 11, 30):
        note(textwrap.wrap, TEXT, width=width)
        note(textwrap.wrap, TEXT, width=width, break_long_words=False, max_lines=2)
    note(textwrap.shorten, TEXT, width=30, placeholder="…")
    note(textwrap.dedent, "  a\n    b\n\n  c")
    note(textwrap.fill, TEXT, width=0)
    one, two = TEXT.split(), TEXT.replace("word", "WORD").split()[1:]
    note(lambda: list(difflib.unified_diff(one, two, "one", "two", n=1, lineterm="")))
    note(lambda: list(difflib.ndiff(one[:6], two[:6])))
    note(difflib.get_close_matches, "appel", ["ape", "apple", "peach"])
    note(difflib.get_close_matches, "a", ["b"], n=0)
    note(difflib.SequenceMatcher(None, "abxcd", "abcd").get_opcodes)
    nested = {"key": [list(range(12)), {"a": ("b", {3, 1, 2})}, TEXT], "z": textwrap}
    nested["self"] = nested["key"]
    note(pprint.pformat, nested["key"], width=40, depth=3)
    note(pprint.pformat, nested["key"], width=20, compact=True, sort_dicts=False)


def _mail(note):
    message = note(
        message_from_string,
        "From: Ann <ann@a.example>\nTo: b@b.example,\n c@c.example\n"
        "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\n"
        "Content-Type: text/plain; charset=utf-8\n\nbody\n",
        policy=policy.default,
    )
    note(lambda: (message["subject"], message["to"].addresses, message.get_content()))
    note(lambda: message.items())
    made = EmailMessage()
    note(made.set_content, "grüße\n")
    note(made.add_attachment, b"data", maintype="a", subtype="b", filename="ü.txt")
    note(made.set_boundary, "==")
    note(made.as_string)
    note(made.__setitem__, "Subject", "two\nlines")


def _python(note):
    tree = ast.parse(
        "async def f(a, /, *b, c=1, **d) -> 'x':\n  return [x async for x in y if (z := 1)]"
    )
    note(ast.unparse, tree)
    note(ast.dump, tree, indent=1)
    note(ast.unparse, ast.parse("f'{a!r:>{w}}' if not (a < b <= c) else lambda: (yield)"))
    note(ast.literal_eval, "{'a': [1, -2j, None, {3}]}")
    note(ast.literal_eval, "a + 1")
    for text in (
        "match a:\n  case [1, *b] | {'k': C(x=2), **r} if b: pass\n  case _: ...",
        "try:\n  pass\nexcept* (A, B) as e:\n  raise E from e\nelse: del x[1:2, ...]",
        "@d\nclass A(B, *c, k=1):\n  'doc'\n  x: int = -1 ** 2\n  y += yield_\n  global z",
        "with a as b, (c): return_ = not -x if y else (*z, {**w}, {1: 2 for _ in []})",
        "for x, in y:\n  while 1: break\nelse: from .. import a as b; import c.d",
    ):
        note(lambda text=text: ast.unparse(ast.parse(text)))
        note(lambda text=text: [type(node).__name__ for node in ast.walk(ast.parse(text))])
    note(ast.get_source_segment, "a = b + c", ast.parse("a = b + c").body[0].value)
    note(ast.get_docstring, ast.parse("'doc'\n"))
    note(ast.increment_lineno, ast.parse("x"), 3)


def brief() -> list[object]:
    note = Notes()
    _texts(note)
    return note.taken


def workload() -> list[object]:
    note = Notes()
    for part in (_texts, _mail, _python):
        part(note)
    return note.taken
