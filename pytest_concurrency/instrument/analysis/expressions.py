"""What the expressions of a function are made of, and where their values go.

A test decides, but is no part of a value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_concurrency.instrument.analysis.files import Files
from pytest_concurrency.instrument.analysis.names import (
    DISPLAYS,
    FunctionNode,
    all_nodes,
    children_of,
)
from pytest_concurrency.instrument.analysis.values import (
    FOREIGN,
    NO_READS,
    NOTHING,
    Reads,
    State,
    Value,
    argument,
    carried,
    cut,
    read,
)

Compared = frozenset[tuple[Reads, Reads]]
"""Pairs of values whose equality has been tested."""
_EQUAL = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_MAKING = frozenset({"list", "dict", "set", "deque", "defaultdict", "bytearray", "array"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Expressions:
    """Goes through expressions, with what names hold at that point."""

    def __init__(self) -> None:
        self.definitions: dict[ast.AST, dict[str, Value]] = {}
        """What each statement (or walrus) binds to local names."""
        self.given_away: set[ast.AST] = set()
        """Reads that may be part of what others get: returned, passed on, stored elsewhere."""
        self.stored: dict[ast.AST, Value] = {}
        """What is stored in targets, or given to calls."""
        self.results: list[Value] = []
        """What is returned or yielded, wherever."""
        self.augmented: set[ast.AST] = set()
        """Targets whose value is changed."""
        self._values: dict[ast.AST, Value] = {}
        self.files = Files()
        self._compared: dict[ast.AST, Compared] = {}
        self._tests: list[Compared] = []
        self._not_local: set[str] = set()
        self.aliases: set[tuple[str, str]] = set()
        """Pairs of names by which one object may be known: what is bound, what it is bound to."""
        self._new: set[str] = set()
        """Local names of objects that the function has made itself."""
        self._statement_now: ast.stmt | None = None
        self._inline: set[str] = set()
        """Names of comprehensions: what they hold counts as part of the expression."""

    def _value(self, node: ast.expr, state: State) -> Value:
        value = self._values[node] = self._made_of(node, state)
        return value

    def _made_of(self, node: ast.expr, state: State) -> Value:
        match node:
            case ast.Constant():
                return NOTHING
            case ast.Name():
                held = state.get(node.id)
                if held is None:
                    return read(node)
                if node.id in self._inline:
                    return held | Value(direct=frozenset((node,)), reads=frozenset((node,)))
                return carried(node, held)
            case ast.Attribute():
                return read(node, self._value(node.value, state))
            case ast.Subscript():
                owner = self._value(node.value, state)
                return read(node, owner, self._value(node.slice, state))
            case ast.Call():
                return self._call(node, state)
            case ast.IfExp():
                self._test(node.test, state)
                value = self._value(node.body, state).either(self._value(node.orelse, state))
                return value | self._chosen(node)
            case ast.BoolOp():
                first, *rest = (self._value(value, state) for value in node.values)
                whole = first
                for value in rest:
                    whole = whole.either(value)
                if isinstance(node.op, ast.Or) and all(map(is_default, node.values[1:])):
                    whole = whole._replace(sure=whole.sure | first.sure)
                return whole
            case ast.NamedExpr():
                value = self._value(node.value, state)
                self._bind(node, node.target, value, state)
                return value
            case ast.Lambda():
                value = self._value(node.body, state | arguments_of(node))
                self._give_away(value)
                return value._replace(sure=NO_READS)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._comprehension(node, dict(state))
            case ast.Await():
                value = self._value(node.value, state)
                self._give_away(value)
                return value | FOREIGN
            case ast.Yield() | ast.YieldFrom():
                value = self._value(node.value, state) if node.value else NOTHING
                self._return(value)
                return value | FOREIGN
        value = NOTHING
        for child in children_of(node):
            if isinstance(child, ast.expr):
                value |= self._value(child, state)
        return value

    def _chosen(self, node: ast.IfExp) -> Value:
        """Return what is part of a value by the test, too: ``a if a > b else b`` is ``max(a, b)``,
        where the one that is not taken says as much as the other one; in ``a if a else 0`` it is
        ``a`` that says so.
        """
        if is_default(node.body) or is_default(node.orelse):
            other = node.orelse if is_default(node.body) else node.body
            asked = {ast.dump(each) for each in all_nodes(node.test)}
            return self._values[other] if ast.dump(other) in asked else NOTHING
        if not isinstance(node.test, ast.Compare):
            return NOTHING
        sides = (node.test.left, *node.test.comparators)
        given = {ast.dump(node.body), ast.dump(node.orelse)}
        if not given <= set(map(ast.dump, sides)):
            return NOTHING
        value = NOTHING
        for side in sides:
            value |= self._values[side]
        return value

    def _comprehension(self, node: ast.expr, state: State) -> Value:
        assert isinstance(node, _COMPREHENSIONS)
        outer, value = self._inline, NOTHING
        for part in node.generators:
            given = self._value(part.iter, state)
            value |= given
            bound = {n.id for n in all_nodes(part.target) if isinstance(n, ast.Name)}
            self._inline = self._inline | bound
            state.update(dict.fromkeys(bound, given._replace(sure=NO_READS)))
            for condition in part.ifs:
                self._test(condition, state)
        each = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for element in filter(None, each):
            value |= self._value(element, state)._replace(sure=NO_READS)
        self._inline = outer
        return value

    def _call(self, node: ast.Call, state: State) -> Value:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        parts = [self._value(argument, state) for argument in arguments]
        given = NOTHING
        for part in parts:
            given |= part
        self._store(node, given)
        self._give_away(given)
        called = self._value(node.func, state)
        if isinstance(node.func, ast.Attribute):
            parts.append(self._values[node.func.value])
            if given is not NOTHING and self._statement_now is not None:
                self._put_into(self._statement_now, node.func.value, given, state)
        self.files.note_call(node, parts, given, len(self._tests))
        return read(node, called, given)

    def _store(self, node: ast.AST, value: Value) -> None:
        known = self.stored.get(node)
        self.stored[node] = value if known is None else known.either(value)
        if self._tests:
            self._compared[node] = frozenset().union(*self._tests)

    def _give_away(self, value: Value) -> None:
        self.given_away |= value.reads

    def _return(self, value: Value) -> None:
        self.results.append(value)
        self._give_away(value)

    # -- where values go ------------------------------------------------------------------

    def _bind(
        self,
        binder: ast.AST,
        target: ast.expr,
        value: Value,
        state: State,
        source: ast.expr | None = None,
    ) -> None:
        """Store ``value``, that of the expression ``source``, in ``target``."""
        match target, source:
            case (ast.Tuple() | ast.List(), ast.Tuple() | ast.List()) if _are_parallel(
                target, source
            ):
                for part, given in zip(target.elts, source.elts, strict=True):
                    self._bind(binder, part, self._values[given], state, given)
            case (ast.Tuple() | ast.List(), _):
                for part in target.elts:
                    self._bind(binder, part, value, state)
            case (ast.Starred(), _):
                self._bind(binder, target.value, value, state)
            case (ast.Name(), _):
                self._store(target, value)
                self._define(binder, target.id, value, state)
                self.aliases.update((target.id, name) for name in _names_given(source))
                if source is not None and _makes_new(source):
                    self._new.add(target.id)
            case _:
                for child in children_of(target):
                    if isinstance(child, ast.expr):
                        self._value(child, state)
                self._store(target, value)
                self._give_away(value)
                if isinstance(target, (ast.Attribute, ast.Subscript)):
                    self._put_into(binder, target.value, value, state)

    def _put_into(self, binder: ast.AST, owner: ast.expr, value: Value, state: State) -> None:
        """Let a new object that only a local name knows hold ``value``, too."""
        if isinstance(owner, ast.Name) and owner.id in self._new and owner.id in state:
            held = state[owner.id]
            state[owner.id] = cut(held, value)
            self._note_definition(binder, owner.id, value._replace(names=value.names | {owner.id}))

    def _define(self, binder: ast.AST, name: str, value: Value, state: State) -> None:
        if name in self._not_local:
            self._give_away(value)
            return
        state[name] = value
        self._new.discard(name)
        self._note_definition(binder, name, value)

    def _note_definition(self, binder: ast.AST, name: str, value: Value) -> None:
        found = self.definitions.setdefault(binder, {})
        found[name] = found[name] | value if name in found else value

    def _test(self, node: ast.expr, state: State) -> Compared:
        """Go through an expression that only decides; return which reads it compares."""
        self._value(node, state)
        return frozenset(
            (self._values[compare.left].reads, self._values[compare.comparators[0]].reads)
            for compare in all_nodes(node)
            if isinstance(compare, ast.Compare) and isinstance(compare.ops[0], _EQUAL)
        )


def name_of(node: ast.AST | None) -> str:
    """Return what an object is called by the expression that gives it; items and results have no
    name."""
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _names_given(source: ast.expr | None) -> Iterator[str]:
    """Yield the names of the objects that ``source`` may give; unknown it gives an item."""
    match source:
        case None | ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call():
            yield name_of(source)
        case ast.NamedExpr(value=value):
            yield from _names_given(value)
        case ast.IfExp():
            yield from _names_given(source.body)
            yield from _names_given(source.orelse)
        case ast.BoolOp():
            for value in source.values:
                yield from _names_given(value)


def _makes_new(source: ast.expr) -> bool:
    """Whether ``source`` makes an object that nobody else knows yet."""
    if isinstance(source, ast.Call):
        name = getattr(source.func, "id", getattr(source.func, "attr", ""))
        return name[:1].isupper() or name in _MAKING
    return isinstance(source, DISPLAYS)


def is_default(source: ast.expr) -> bool:
    """Whether an expression is what is taken for nothing: a constant, or a container of some."""
    match source:
        case ast.Constant() | ast.Dict(keys=[]):
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(map(is_default, items))
    return False


def _are_parallel(target: ast.Tuple | ast.List, source: ast.Tuple | ast.List) -> bool:
    parts = [*target.elts, *source.elts]
    is_same_length = len(target.elts) == len(source.elts)
    return is_same_length and not any(isinstance(part, ast.Starred) for part in parts)


def arguments_of(function: FunctionNode) -> State:
    """Return what the names of a function hold when it begins."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    named += [each for each in (given.vararg, given.kwarg) if each is not None]
    return {each.arg: argument(each) for each in named}
