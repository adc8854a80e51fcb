"""Grammars of lark: both parsers, transformers, visitors, errors, interactive parsing."""

from __future__ import annotations

import lark
from lark import Lark, Token, Transformer, Tree, Visitor, v_args
from lark.reconstruct import Reconstructor
from lark.visitors import Interpreter
from observed import Notes

PACKAGES = ["lark"]

CALCULATOR = r"""
    ?start: sum | NAME "=" sum -> assign
    ?sum: product | sum "+" product -> add | sum "-" product -> sub
    ?product: atom | product "*" atom -> mul | product "/" atom -> div
    ?atom: NUMBER -> number | "-" atom -> neg | NAME -> var | "(" sum ")"
    %import common.CNAME -> NAME
    %import common.NUMBER
    %import common.WS_INLINE
    %ignore WS_INLINE
"""

JSON = r"""
    ?value: dict | list | string | SIGNED_NUMBER -> number | "true" -> true | "null" -> null
    list: "[" [value ("," value)*] "]"
    dict: "{" [pair ("," pair)*] "}"
    pair: string ":" value
    string: ESCAPED_STRING
    %import common (ESCAPED_STRING, SIGNED_NUMBER, WS)
    %ignore WS
"""

AMBIGUOUS = 'start: a | b\n a: "x"+ \n b: "x" b?\n'


@v_args(inline=True)
class Calculate(Transformer):
    from operator import add, mul, neg, sub
    from operator import truediv as div

    number = float

    def __init__(self):
        super().__init__()
        self.vars = {}

    def assign(self, name, value):
        self.vars[name] = value
        return value

    def var(self, name):
        try:
            return self.vars[name]
        except KeyError:
            raise Exception(f"Variable not found: {name}") from None


class Json(Transformer):
    def string(self, parts):
        return parts[0][1:-1]

    list = list
    pair = tuple
    dict = dict

    def number(self, parts):
        return float(parts[0])

    def null(self, _):
        return None

    def true(self, _):
        return True


class Count(Visitor):
    def __init__(self):
        self.seen = []

    def number(self, tree):
        self.seen.append(tree.children[0].value)

    def __default__(self, tree):
        self.seen.append(tree.data)


class Walk(Interpreter):
    def add(self, tree):
        return ["add", *self.visit_children(tree)]

    def number(self, tree):
        return tree.children[0].column


def _calculator(note):
    transformer = Calculate()
    inline = Lark(CALCULATOR, parser="lalr", transformer=transformer)
    plain = Lark(CALCULATOR, parser="lalr", propagate_positions=True, maybe_placeholders=True)
    earley = Lark(CALCULATOR, parser="earley", lexer="dynamic")
    for text in ("a = 1 + 2 * 3", "-a / (2 - 4)", "b", "1 / 0", "1 +", "1 $ 2", "(((1", ""):
        note(inline.parse, text)
        note(plain.parse, text)
    for text in ("1 - b", "-(", "1 $"):
        note(earley.parse, text)
    tree = plain.parse("1 + 2 * x - 3")
    note(lambda: (tree.pretty(), tree.meta.end_column))
    note(lambda: Calculate().transform(tree))
    count = Count()
    note(count.visit_topdown, tree)
    note(lambda: count.seen)
    note(Walk().visit, plain.parse("1 + 2 + 3"))
    note(lambda: [sub.data for sub in tree.iter_subtrees()])
    note(lambda: list(tree.scan_values(lambda value: isinstance(value, Token))))
    note(lambda: list(tree.find_data("number")))
    note(lambda: list(plain.lex("1 + a")))
    interactive = note(plain.parse_interactive, "1 + ")
    note(lambda: list(interactive.iter_parse()))
    note(lambda: sorted(interactive.accepts()))
    note(lambda: interactive.feed_eof())
    note(plain.parse, "1 + + 2", on_error=lambda error: True)


def brief() -> list[object]:
    note = Notes()
    numbers = Lark('start: /[0-9]/+ | "(" start ")"', parser="lalr")
    note(numbers.parse, "((123))")
    note(numbers.parse, "((12")
    note(numbers.parse, "(x)")
    return note.taken


def workload() -> list[object]:
    note = Notes()
    _calculator(note)
    text = '{"a": [1, 2.5, null, {"b": "c"}], "d": true}'
    json = Lark(JSON, start="value", parser="lalr", maybe_placeholders=False)
    parsed = note(json.parse, text)
    note(lambda: Json().transform(parsed))
    note(lambda: Reconstructor(json).reconstruct(parsed))
    note(json.parse, '{"a": }')
    for how in ("resolve", "explicit"):
        note(Lark(AMBIGUOUS, ambiguity=how).parse, "xxx")
    note(Lark, "start: missing", parser="lalr")
    note(Lark, 'start: "a" | "a" "b"?', parser="lalr", strict=False)
    note(Lark, "start: (", parser="lalr")
    note(Lark, 'start: "a"', parser="nosuch")
    note(Lark('start: "a" start?', parser="cyk").parse, "aaa")
    note(lambda: Tree("a", [Tree("b", [])]) == Tree("a", [Tree("b", [])]))
    note(lambda: lark.Token("A", "x", line=1).update(value="y"))

    def context():
        try:
            json.parse('{"a": ]', start="value")
        except lark.UnexpectedInput as error:
            examples = {"no value": ['{"a": }', '{"b": ]'], "no end": ['{"a": 1']}
            return error.get_context('{"a": ]'), error.match_examples(json.parse, examples)

    note(context)
    return note.taken
