"""Generates the source of small functions out of every construct that the rewriter touches."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

_NAMES = ("a", "b", "c", "o", "o", "o", "d", "xs", "self", "self", "n", "G", "H")
_ATTRIBUTES = ("value", "items", "table", "part", "total", "secret", "lost", "other", "__secret")
_METHODS = ("method", "append", "get", "replace", "acquire", "made", "still", "lost_method", "pop")
_BUILT_INS = (
    "len",
    "sorted",
    "list",
    "tuple",
    "sum",
    "max",
    "any",
    "iter",
    "set",
    "reversed",
    "bool",
    "repr",
    "dict",
)
_AUGMENTED = ("+=", "+=", "-=", "*=", "|=", "**=", "//=", "&=")
_CAUGHT = ("KeyError", "TypeError", "(AttributeError, ValueError)", "Exception", "o.value")


class Writer:
    """Draws constructs; ``kind`` is what sort of function it is: it decides about ``yield`` and
    ``await``."""

    def __init__(self, draw: Callable[[st.SearchStrategy], object], kind: str) -> None:
        self._draw = draw
        self._kind = kind
        self._names = 0
        self._in_scope = 0

    def pick(self, *options: object) -> object:
        return self._draw(st.sampled_from(options))

    def chance(self) -> bool:
        return bool(self._draw(st.booleans()))

    # -- expressions --------------------------------------------------------------------

    def expr(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(self.operand, self.name, self.constant)()
        options = [
            self.operand,
            self.name,
            *[self.attribute] * 3,
            *[self.subscript] * 3,
            *[self.call] * 3,
            self.built_in,
            *[self.dynamic] * 2,
            self.variable_call,
            self.binary,
            self.compare,
            self.equality,
            self.negated,
            *[self.contains] * 2,
            self.display,
            self.comprehension,
            self.conditional,
            self.text,
            self.function,
        ]
        if not self._in_scope:
            options.append(self.walrus)
            if self._kind == "generator":
                options.append(self.yielded)
            if self._kind == "async":
                options.append(self.awaited)
        return self.pick(*options)(depth - 1)

    def operand(self, depth: int = 0) -> str:
        return f"t({self.pick('1', '2', '3', 'o', 'o', 'self', 'None', chr(39) + 'a' + chr(39))})"

    def name(self, depth: int = 0) -> str:
        return str(self.pick(*_NAMES))

    def constant(self, depth: int = 0) -> str:
        return str(self.pick("0", "1", "-1", "'a'", "(1, 2)"))

    def owner(self, depth: int) -> str:
        text = self.expr(depth) if self.chance() else str(self.pick("o", "o", "self", "d", "xs"))
        return text if text.isidentifier() else f"({text})"

    def attribute(self, depth: int) -> str:
        return f"{self.owner(depth)}.{self.pick(*_ATTRIBUTES)}"

    def key(self, depth: int) -> str:
        return str(
            self.pick(
                lambda: self.expr(depth),
                lambda: self.pick("0", "-1", "'a'", "a", "n"),
                lambda: f"{self.expr(0)}:{self.expr(0)}",
                lambda: f"::{self.expr(depth)}",
                lambda: ":",
                lambda: f"{self.expr(0)}, {self.expr(0)}",
                lambda: f"*{self.owner(0)},",
                lambda: f"1:2, {self.expr(0)}",
            )()
        )

    def subscript(self, depth: int) -> str:
        return f"{self.owner(depth)}[{self.key(depth)}]"

    def arguments(self, depth: int) -> str:
        options = [
            "",
            self.expr(depth),
            f"{self.expr(depth)}, {self.expr(0)}",
            f"{self.expr(0)}, k={self.expr(depth)}",
            f"*{self.owner(0)}, k={self.expr(0)}",
            f"{self.expr(0)}, **{self.owner(0)}",
            f"k={self.expr(0)}, k2={self.expr(0)}",
        ]
        return str(self.pick(*options))

    def call(self, depth: int) -> str:
        callee = self.pick(
            lambda: f"{self.owner(depth)}.{self.pick(*_METHODS)}",
            lambda: f"{self.pick('xs', 'o.items')}.{self.pick('append', 'index', 'pop', 'count')}",
            lambda: f"{self.pick('d', 'o.table')}.{self.pick('get', 'pop', 'setdefault', 'keys')}",
            lambda: self.pick("o", "open", "a"),
        )()
        return f"{callee}({self.arguments(depth)})"

    def built_in(self, depth: int) -> str:
        return f"{self.pick(*_BUILT_INS)}({self.owner(depth)})"

    def dynamic(self, depth: int) -> str:
        """Attributes by functions, operators by functions."""
        owner, value = self.owner(depth), self.expr(0)
        name = self.pick("'value'", "'part'", "'lost'", "'items'", "a", self.expr(0))
        form = self.pick(
            "getattr({owner}, {name})",
            "getattr({owner}, {name}, {value})",
            "hasattr({owner}, {name})",
            "setattr({owner}, {name}, {value})",
            "delattr({owner}, {name})",
            "object.__setattr__({owner}, {name}, {value})",
            "vars({owner})[{name}]",
            "vars({owner}).get({name}, {value})",
            "{owner}.__dict__[{name}]",
            "{owner}.__dict__.setdefault({name}, {value})",
            "{name} in vars({owner})",
            "globals()['H'][{value}]",
            "operator.getitem({owner}, {value})",
            "operator.setitem({owner}, {value}, {name})",
            "operator.iadd({owner}, {value})",
            "operator.contains({owner}, {value})",
            "attrgetter('value', 'items')({owner})",
            "itemgetter({name})({owner})",
            "methodcaller('method', {value})({owner})",
            "next(iter({owner}))",
            "next({owner}, {value})",
            "', '.join({owner})",
            "xs.extend({owner})",
            "o.seen.union({owner})",
            "d.update({owner})",
        )
        return str(form).format(owner=owner, name=name, value=value)

    def variable_call(self, depth: int) -> str:
        callee = self.pick(
            "push", "look", "kept", "handlers[0]", "handlers['k']", "(lambda *v, **k: v)", "o.push"
        )
        return f"{callee}({self.arguments(depth)})"

    def equality(self, depth: int) -> str:
        operator = self.pick("==", "!=", "<", "is")
        return f"({self.owner(depth)} {operator} {self.expr(depth)})"

    def negated(self, depth: int) -> str:
        return f"(not {self.owner(depth)})"

    def binary(self, depth: int) -> str:
        operator = self.pick("+", "*", "and", "or", "-", "|", "&", "^")
        return f"({self.expr(depth)} {operator} {self.expr(depth)})"

    def compare(self, depth: int) -> str:
        return f"({self.expr(depth)} < {self.expr(depth)} <= {self.expr(depth)})"

    def contains(self, depth: int) -> str:
        chained = str(self.pick("", "", f" == {self.owner(0)}", f" in {self.owner(0)}"))
        container = self.pick(self.owner(depth), "o.items", "d", "o.seen", "o.part")
        return f"t({self.expr(depth)} {self.pick('in', 'not in')} {container}{chained})"

    def display(self, depth: int) -> str:
        form = str(self.pick("[{}, {}]", "({}, {})", "{{{}: {}}}", "[*{}, {}]", "{{**{}, 1: {}}}"))
        return form.format(self.expr(depth), self.expr(0))

    def comprehension(self, depth: int) -> str:
        iterable = self.expr(depth)
        self._in_scope += 1
        element, condition = self.expr(depth), self.expr(0)
        self._in_scope -= 1
        target = self.pick("x", "a", "x, a", "o.value", "d['a']")
        form = str(self.pick("[{}]", "list({})", "{{{}}}", "{{1: {}}}", "sum(({}))"))
        return form.format(f"{element} for {target} in {iterable} if {condition}")

    def conditional(self, depth: int) -> str:
        return f"({self.expr(depth)} if {self.expr(0)} else {self.expr(depth)})"

    def text(self, depth: int) -> str:
        inner = self.expr(depth)
        if any(quote in inner for quote in "'\"\\{}"):
            inner = "o.value"
        return str(self.pick(f'f"{{{inner}}}"', f'f"{{{inner}!r:>{{n}}}}"', f'f"{{{inner}=}}"'))

    def function(self, depth: int) -> str:
        self._in_scope += 1
        default, body = self.expr(0), self.expr(depth)
        self._in_scope -= 1
        return f"(lambda y={default}: {body})({self.expr(0) if self.chance() else ''})"

    def walrus(self, depth: int) -> str:
        return f"({self.pick('a', 'b', 'o')} := {self.expr(depth)})"

    def yielded(self, depth: int) -> str:
        return f"(yield {self.expr(depth)})"

    def awaited(self, depth: int) -> str:
        return f"(await Awaited({self.expr(depth)}))"

    # -- statements ---------------------------------------------------------------------

    def target(self, depth: int) -> str:
        return str(
            self.pick(
                lambda: self.pick("a", "b", "G", "n", "xs"),
                lambda: self.attribute(depth),
                lambda: self.subscript(depth),
            )()
        )

    def block(self, depth: int, size: int = 2) -> list[str]:
        lines: list[str] = []
        for _ in range(int(str(self.pick(*range(1, size + 1))))):
            statement = self.statement(depth)
            if self.pick(True, True, True, False):
                # Otherwise most functions would end at their first statement.
                statement = ["try:", *_indented(statement), "except Exception as error:"]
                statement.append("    failed(error)")
            lines += statement
        return lines

    def statement(self, depth: int) -> list[str]:
        simple = [
            self.assign,
            self.augment,
            self.augment,
            self.unpack,
            self.delete,
            self.expression,
        ]
        compound = [
            self.caught,
            self.while_loop,
            self.bound,
            self.branch,
            self.loop,
            self.managed,
            self.matched,
            self.nested,
            self.klass,
            self.returned,
        ]
        options = simple if depth <= 0 else [*simple * 2, *compound]
        return self.pick(*options)(depth)

    def assign(self, depth: int) -> list[str]:
        form = str(self.pick("{0} = {2}", "{0} = {1} = {2}", "{0}: int = {2}", "{0} = (\n{2}\n)"))
        target = self.target(1)
        if "int" in form and target in ("G", "n"):
            form = "{0} = {2}"
        return form.format(target, self.target(1), self.expr(2)).split("\n")

    def augment(self, depth: int) -> list[str]:
        value = self.expr(2)
        return [f"{self.target(2)} {self.pick(*_AUGMENTED)} {value}"]

    def unpack(self, depth: int) -> list[str]:
        targets = self.pick("{}, {}", "[{}, *{}]", "({}, ({}, b))").format(
            self.target(1), self.target(1)
        )
        return [f"{targets} = {self.expr(1)}, {self.expr(2)}"]

    def delete(self, depth: int) -> list[str]:
        return [f"del {self.pick(self.attribute, self.subscript)(1)}"]

    def expression(self, depth: int) -> list[str]:
        return [f"t({self.expr(3)})"]

    def returned(self, depth: int) -> list[str]:
        return [f"if {self.expr(1)}:", f"    {self.pick('return', 'raise')} {self.expr(1)}"]

    def caught(self, depth: int) -> list[str]:
        lines = ["try:", *_indented(self.block(depth - 1, 3))]
        lines += [f"except {self.pick(*_CAUGHT)} as error:"]
        lines += ["    failed(error)", *_indented(self.block(depth - 2, 1))]
        if self.chance():
            lines += ["finally:", *_indented(self.block(depth - 2, 1))]
        return lines

    def branch(self, depth: int) -> list[str]:
        body, other = self.block(depth - 1), self.block(depth - 1)
        return [f"if {self.expr(2)}:", *_indented(body), "else:", *_indented(other)]

    def loop(self, depth: int) -> list[str]:
        head = f"for {self.target(1)} in {self.expr(1)}:"
        return [head, *_indented(self.block(depth - 1)), "    if t(1): break"]

    def while_loop(self, depth: int) -> list[str]:
        test = self.pick(self.expr(1), "o.items", "xs", "not o.part", "d and o.seen")
        return [f"while {test}:", *_indented(self.block(depth - 1)), "    break"]

    def bound(self, depth: int) -> list[str]:
        """Statements that bind names without an expression."""
        return self.pick(
            lambda: [
                f"import {self.pick('os as G', 'os.path as a', 'lost_module', 'operator as b')}"
            ],
            lambda: [f"from operator import {self.pick('iadd as G', 'lost', 'setitem as b')}"],
            lambda: ["def G(y=o.value):", *_indented(self.block(0, 1)), f"note({self.expr(1)})"],
            lambda: ["class G:", f"    d['a'] += {self.expr(0)}", f"    xs[0] = {self.expr(1)}"],
            lambda: [
                "lambdas = []",
                f"for n in {self.pick('(1, 2)', self.expr(0))}:",
                f"    lambdas.append(lambda: (n, {self.pick('a', 'G', 'o.value')}))",
                "note([each() for each in lambdas])",
            ],
        )()

    def managed(self, depth: int) -> list[str]:
        target = f" as {self.target(1)}" if self.chance() else ""
        manager = str(self.pick("o", "o.part", self.expr(1)))
        return [f"with {manager}{target}, o.part:", *_indented(self.block(depth - 1))]

    def matched(self, depth: int) -> list[str]:
        pattern = self.pick(
            "[a, *b]",
            "{'a': c, **b}",
            "Node(value=a)",
            "Node(1 | 8 as a, items=[*b])",
            "Node(part=a) | Base(lost=a)",
            "int() as c",
            "Node.total",
        )
        guard = f" if {self.expr(1)}" if self.chance() else ""
        return [
            f"match {self.expr(1)}:",
            f"    case {pattern}{guard}:",
            *_indented(_indented(self.block(depth - 1, 1))),
            "    case _:",
            "        note('no match')",
        ]

    def nested(self, depth: int) -> list[str]:
        self._names += 1
        name, kind, self._kind = f"inner{self._names}", self._kind, "plain"
        lines = [f"def {name}(o=o, k={self.expr(1)}, *, m: o.lost = 1):", "    nonlocal n"]
        lines += _indented(self.block(depth - 1))
        self._kind = kind
        return [*lines, "    return n", f"{name}({self.expr(0)})"]

    def klass(self, depth: int) -> list[str]:
        kind, self._kind = self._kind, "plain"
        body = [f"x = {self.expr(1)}", f"o.value += {self.expr(0)}", "names = sorted(locals())"]
        lines = [f"class Inner({self.pick('Base', 'Node')}):", *_indented(body)]
        lines += ["    def method(self, *args, **kwargs):", "        nonlocal n"]
        lines += _indented(_indented(self.block(0)))
        lines += [f"        return super().method({self.expr(0)})"]
        self._kind = kind
        return [*lines, f"note(Inner.names, Inner().method({self.expr(1)}))"]


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


_HEADS = {
    "plain": "    def case(o, d, xs):",
    "generator": "    def case(o, d, xs):",
    "async": "    async def case(o, d, xs):",
}


@st.composite
def modules(draw: Callable[[st.SearchStrategy], object]) -> tuple[str, str]:
    """Draw a kind of function and the source of a module with ``make_case``, which returns such a
    function."""
    kind = str(draw(st.sampled_from(tuple(_HEADS))))
    writer = Writer(draw, kind)
    body = ["global G", "nonlocal n", "self = o", "a = b = c = 1", "push, look = xs.append, d.get"]
    body += ["kept, handlers = partial(xs.append, 1), {0: o.method, 'k': push}", "o.push = push"]
    body += writer.block(3, 6)
    if kind == "generator":
        body.append("yield o.value")
    body.append("return a")
    decorated = ["    @Node().part.part"] if draw(st.booleans()) and kind == "plain" else []
    lines = [
        "from __future__ import annotations" if draw(st.booleans()) else "'''doc'''",
        "def make_case():",
        "    n = 0",
        *["    @(lambda f: (t(1), f)[1])" for _ in decorated],
        _HEADS[kind],
        *["        " + line for line in body],
        "    return case",
        "",
    ]
    return kind, "\n".join(lines)
