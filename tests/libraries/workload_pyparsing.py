"""Grammars of pyparsing: actions of every arity, recursion, results, errors with their places."""

from __future__ import annotations

import pyparsing as pp
from observed import Notes

PACKAGES = ["pyparsing"]


def _arithmetic():
    number = pp.common.number.copy()
    name = pp.Word(pp.alphas, pp.alphanums + "_").add_parse_action(lambda tokens: tokens[0].upper())
    call = pp.Group(name + pp.Suppress("(") + pp.Opt(pp.DelimitedList(number | name)) + ")")
    return pp.infix_notation(
        call | number | name,
        [
            (pp.one_of("+ -"), 1, pp.OpAssoc.RIGHT),
            ("^", 2, pp.OpAssoc.RIGHT),
            (pp.one_of("* /"), 2, pp.OpAssoc.LEFT, lambda s, at, t: [t[0].as_list()]),
            (pp.one_of("+ -"), 2, pp.OpAssoc.LEFT),
            (("?", ":"), 3, pp.OpAssoc.RIGHT),
        ],
    )


class Pair:
    def __init__(self, tokens):
        self.tokens = tokens.as_dict()

    def __repr__(self):
        return f"Pair({self.tokens})"


def _settings():
    key = pp.Word(pp.alphas)("key")
    value = pp.Forward()
    array = pp.Group("[" + pp.Opt(pp.DelimitedList(value)) + "]")
    value <<= pp.QuotedString('"', esc_char="\\") | pp.common.integer | array
    pair = (key + pp.Suppress(pp.Literal("=")) + value("value")).set_parse_action(Pair)
    return pp.Dict(pp.ZeroOrMore(pp.Group(pair))).ignore(pp.python_style_comment)


def _actions(note):
    def no_arguments():
        return "none"

    def fails(tokens):
        return tokens[0] + 5

    def wrong(a, b, c, d):
        return d

    def typed(string, place, tokens):
        raise TypeError("mine")

    def refuses(tokens):
        raise pp.ParseException("refused", 0, "not this one")

    word = pp.Word(pp.alphas)
    for action in (no_arguments, fails, wrong, typed, refuses, str, len, lambda s, at, t: at):
        note(lambda action=action: word.copy().set_parse_action(action).parse_string("abc"))
        note(lambda action=action: word.copy().add_condition(action).parse_string("abc"))
    note(lambda: word.copy().set_fail_action(lambda s, at, e, m: 1 / 0).parse_string("1"))
    once = pp.OnlyOnce(lambda s, at, t: "once")
    both = word.copy().set_parse_action(once)
    note(both.parse_string, "abc")
    note(both.parse_string, "abc")


def _kinds(note):
    integer = pp.Word(pp.nums)
    keyed = pp.CaselessKeyword("IF")
    cases = [
        (pp.Each([integer("n"), pp.Word(pp.alphas)("w")]), "a 1"),
        (pp.Or([integer, pp.Combine(integer + "." + integer)]), "1.5"),
        (pp.MatchFirst([keyed, pp.Word(pp.alphas)]), "iffy"),
        (pp.SkipTo(";", include=True), "a b c; d"),
        (pp.nested_expr(), "(a (b c) (d))"),
        (pp.counted_array(integer), "3 1 2 3"),
        (pp.IndentedBlock(integer), "1\n  2\n"),
        (pp.FollowedBy("a") + pp.Regex(r"(?P<one>a+)(b*)"), "aab"),
        (~pp.Literal("x") + pp.Char("xyz")[1, 3], "zyx"),
        (pp.match_previous_literal(integer) | integer + "=" + integer, "1=1"),
        (integer[2, ...] + pp.StringEnd(), "1"),
        (pp.LineStart() + integer - pp.Literal("must"), "1 may"),
        (pp.Located(integer("n")), "  42"),
        (pp.html_comment | pp.any_open_tag, "<a href='x' b>"),
        (pp.common.iso8601_date, "2020-13-1"),
        (pp.original_text_for(integer + "+" + integer), "1  + 2"),
        (pp.dict_of(pp.Word(pp.alphas), integer), "a 1 b 2"),
    ]
    for parser, text in cases:
        note(parser.parse_string, text, parse_all=False)
        note(parser.parse_string, "?" + text)
        note(str, parser)
        note(lambda parser=parser, text=text: parser.parse_string(text).dump())


def workload() -> list[object]:
    note = Notes()
    arithmetic = note(_arithmetic)
    for text in ("1 + 2 * 3", "-a ^ 2 ^ b", "f(x, 1) / 3 - g()", "a ? b : c", "1 +", "(1", "f(,)"):
        note(lambda text=text: arithmetic.parse_string(text, parse_all=True).as_list())
    settings = note(_settings)
    for text in ('a = "b" # c\nd = [1, "x", [2]]', "a = ", 'k = "open'):
        note(settings.parse_string, text, parse_all=True)
        note(lambda text=text: settings.parse_string(text).dump())
    _actions(note)
    _kinds(note)
    word = pp.Word(pp.alphas).set_name("word")
    note(lambda: list(word.scan_string("a 1 bc 2 d")))
    note(word.transform_string, "a 1 bc")
    note(lambda: word.search_string("a 1 bc").as_list())
    note(lambda: list((pp.Suppress(",") | ";").split("a,b;c")))
    note(word.run_tests, "abc\n123", print_results=False)
    note(lambda: word.matches("1"))
    results = pp.ParseResults(["a", "b"], name="n")
    note(lambda: (results, results.n, results["n"], results + results, results.missing))
    note(lambda: results["missing"])

    def explained():
        try:
            arithmetic.parse_string("1 + *", parse_all=True)
        except pp.ParseException as error:
            return error.explain(depth=3), error.line, error.column, error.mark_input_line()

    note(explained)
    return note.taken
