"""What functions hand on to each other: of which reads and calls a result is made, of which an
argument.

Asked when two accesses in different functions are to be joined by the very calls that were made
(``detect/through_calls.py``). That is rare, so nothing of it is kept with the instrumented code:
the source is read again.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from pytest_concurrency._compat import parsed
from pytest_concurrency.instrument.analysis.decisions import deciding
from pytest_concurrency.instrument.analysis.flows import Flows
from pytest_concurrency.instrument.analysis.names import (
    FunctionNode,
    all_nodes,
    children_of,
    own_nodes,
)
from pytest_concurrency.instrument.analysis.values import NO_READS, NOTHING, Reads, Value
from pytest_concurrency.runtime.system.frames import Position

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_HANDED = (ast.Call, ast.Attribute, ast.Subscript, ast.For)
_GETTING = frozenset({"__getattr__", "__getattribute__", "__get__"})
_SETTING = frozenset({"__setattr__", "__set__"})
_LOGGING = frozenset({"critical", "debug", "error", "exception", "info", "log", "warning"})
_TELLING = _LOGGING | {"append", "extend", "print", "put", "send", "write"}
"""What texts for people are handed to."""


class Function(NamedTuple):
    """A function in its file."""

    node: FunctionNode
    flows: Flows
    around: ast.AST
    """The function, class or module that it is defined in."""

    @property
    def name(self) -> str:
        """What it is called by."""
        return getattr(self.node, "name", "<lambda>")

    @property
    def is_method(self) -> bool:
        """Whether its first argument is what it is looked up in."""
        decorators = getattr(self.node, "decorator_list", ())
        names = {getattr(each, "id", "") for each in decorators}
        return isinstance(self.around, ast.ClassDef) and "staticmethod" not in names

    def returns(self, nodes: Reads) -> bool:
        """Whether what one of ``nodes``, which has been evaluated, gave is in its result."""
        results = self.flows.results
        always = frozenset.intersection(*(r.sure for r in results)) if results else NO_READS
        return not nodes.isdisjoint(always.union(*(r.direct for r in results)))

    def keeps(self, node: ast.AST) -> bool:
        """Whether what ``node`` gives is assigned to something, just as it is."""
        assigned = (
            each.value
            for each in own_nodes(self.node)
            if isinstance(each, (ast.Assign, ast.AnnAssign, ast.NamedExpr))
        )
        return any(
            value is node or (isinstance(value, ast.Tuple) and node in value.elts)
            for value in assigned
        )

    def decides_at(self, node: ast.AST, other: ast.AST) -> bool:
        """Whether it depends on what ``node`` gives if ``other`` is evaluated."""
        return node in deciding(self.node, self.flows, other)

    def combines(self, node: ast.AST, other: ast.AST) -> bool:
        """Whether some value is made of what both of them give."""
        return self.flows.are_combined(node, other)

    def compares(self, node: ast.AST, other: ast.AST) -> bool:
        """Whether what one of them gives is compared with what the other one gives, or the
        difference is taken."""
        return any(
            (node in one.reads and other in two.reads) or (node in two.reads and other in one.reads)
            for one, two in self._compared()
        )

    def compares_with_stored(self, node: ast.AST, target: ast.AST) -> bool:
        """Whether what ``node`` gives is compared with a name that is stored in ``target``, too."""
        names = self.stored(target).names
        return any(
            (node in one.reads and not names.isdisjoint(two.names))
            or (node in two.reads and not names.isdisjoint(one.names))
            for one, two in self._compared()
        )

    def shows(self, node: ast.AST) -> bool:
        """Whether what ``node`` gives becomes part of a text for people: of an f-string, or of what
        is formatted into a text that stands there. A key of a mapping is none.
        """
        nodes = list(own_nodes(self.node))
        keys = {id(each.slice) for each in nodes if isinstance(each, ast.Subscript)}
        return any(
            node in self._made_of(part).reads or node in all_nodes(part)
            for text in nodes
            if id(text) not in keys
            for part in _formatted(text)
        )

    def tells(self, node: ast.AST) -> bool:
        """Whether what ``node`` gives becomes part of a text that is handed straight to somebody: a
        text that is returned, kept or looked up may as well be a name.
        """
        told = {
            id(part)
            for call in own_nodes(self.node)
            if isinstance(call, ast.Call)
            and getattr(call.func, "id", getattr(call.func, "attr", "")) in _TELLING
            for argument in call.args
            for part in all_nodes(argument)
        }
        return any(
            node in self._made_of(part).reads or node in all_nodes(part)
            for text in own_nodes(self.node)
            if id(text) in told
            for part in _formatted(text)
        )

    def _compared(self) -> Iterator[tuple[Value, Value]]:
        for each in own_nodes(self.node):
            match each:
                case (
                    ast.BinOp(left=one, op=ast.Sub(), right=two)
                    | ast.Compare(left=one, comparators=[two])
                ):
                    yield self._made_of(one), self._made_of(two)

    def _made_of(self, expression: ast.expr) -> Value:
        return self.flows.value_of(expression) | Value(frozenset((expression,)))

    def is_called_at(self, node: ast.AST) -> bool:
        """Whether evaluating ``node`` calls it, as far as names tell, and gives its result."""
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name == self.name or self.flows.is_generator
            case ast.Attribute(attr=name):
                return name == self.name or self.name in _GETTING
            case ast.Subscript():
                return self.name == "__getitem__"
            case ast.For():
                return self.flows.is_generator
        return False

    def loop_over(self, node: ast.AST) -> ast.AST:
        """Return the loop that goes through what ``node`` gives; ``node`` where none does.

        The step of a loop is where its iterable is; up to 3.11, where the whole loop is.
        """
        loops = (each for each in own_nodes(self.node) if isinstance(each, ast.For))
        return next((loop for loop in loops if loop.iter is node), node)

    def given(self, node: ast.AST, parameter: ast.arg, caller: Function) -> Value:
        """Return what ``parameter`` of it gets where ``caller`` evaluates ``node``; nothing if that
        is not known."""
        named = [*self.node.args.posonlyargs, *self.node.args.args]
        index = named.index(parameter) if parameter in named else -1
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            is_set = self.name == getattr(node, "attr", "__setitem__") or self.name in _SETTING
            is_last = index == len(named) - 1
            return caller.stored(node) if is_set and is_last else NOTHING
        assert isinstance(node, ast.Call)
        value = NOTHING
        for passed in self.passed(node, parameter):
            value |= caller.flows.value_of(passed)
        return value

    def passed(self, node: ast.Call, parameter: ast.arg) -> Sequence[ast.expr]:
        """Return the arguments that ``parameter`` is made of; none if it is not what is called."""
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        is_made = self.name == "__init__" and called == getattr(self.around, "name", "")
        if called != self.name and not is_made:
            return ()
        return self._passed(node, parameter, self.is_method and _has_first(node, is_made))

    def _passed(self, node: ast.Call, parameter: ast.arg, has_first: bool) -> Sequence[ast.expr]:
        """Return the arguments of a call that ``parameter`` is made of; ``has_first``: the first
        parameter is what the function is looked up in.
        """
        by_name = [each.value for each in node.keywords if each.arg == parameter.arg]
        if by_name:
            return by_name
        spec = self.node.args
        named = [*spec.posonlyargs, *spec.args]
        spread = [n for n, each in enumerate(node.args) if isinstance(each, ast.Starred)]
        plain = min(spread, default=len(node.args))
        if parameter is spec.vararg:
            return node.args[min(len(named) - has_first, plain) :]
        others = [each.value for each in node.keywords if each.arg is None]
        if parameter is spec.kwarg:
            known = {each.arg for each in (*spec.args, *spec.kwonlyargs)}
            return others + [e.value for e in node.keywords if e.arg and e.arg not in known]
        if parameter not in named:
            return others
        index = named.index(parameter) - has_first
        if index < 0:
            return []
        return node.args[index : index + 1] if index < plain else [*node.args[plain:], *others]

    def stored(self, target: ast.AST) -> Value:
        """Return what it stores in ``target``; with what was there, where that is changed.

        Of a call that opens or moves a file: what flows into that.
        """
        written = self.flows.into_file(target)
        value = self.flows.into(target) if written is NOTHING else written
        itself = frozenset((target,)) if target in self.flows.augmented else NO_READS
        return value | Value(itself, itself)

    def hands_all_on(self, node: ast.AST) -> bool:
        """Whether it does no more with its arguments, and with the result, than to hand them on at
        ``node``: a decorator's wrapper."""
        rest = self.node.args.vararg
        is_within = isinstance(self.around, _FUNCTIONS)
        return (
            is_within
            and rest is not None
            and isinstance(node, ast.Call)
            and any(
                isinstance(each, ast.Starred) and getattr(each.value, "id", "") == rest.arg
                for each in node.args
            )
            and self.returns(frozenset((node,)))
        )


def _formatted(text: ast.AST) -> Iterator[ast.expr]:
    """Yield what is put into a text; nothing of any other expression."""
    match text:
        case ast.JoinedStr(values=parts):
            yield from (part.value for part in parts if isinstance(part, ast.FormattedValue))
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod(), right=part):
            yield part
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
            yield from (*text.args, *(each.value for each in text.keywords))


class Handing:
    """The functions of one file, and what is where in them."""

    def __init__(self, tree: ast.Module) -> None:
        self._function: dict[ast.AST, Function] = {}
        self._handed: dict[Position, list[ast.AST]] = {}
        self._evaluated: dict[Position, list[tuple[Function, ast.AST]]] = {}
        self._starting: dict[tuple[int, int], list[ast.AST]] = {}
        self._walk(tree, tree, None)

    def _walk(self, node: ast.AST, around: ast.AST, function: Function | None) -> None:
        if isinstance(node, _FUNCTIONS):
            function, around = Function(node, Flows(node), around), node
        elif isinstance(node, ast.ClassDef):
            around = node
        elif function is not None:
            self._note(node, function)
        for child in children_of(node):
            self._walk(child, around, function)

    def _note(self, node: ast.AST, function: Function) -> None:
        if isinstance(node, (ast.If, ast.While)):
            # Where it is found out whether the test is true.
            self._evaluated.setdefault(_position(node), []).append((function, node.test))
        elif isinstance(node, ast.expr):
            self._evaluated.setdefault(_position(node), []).append((function, node))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            # Where a generator is gone through to unpack it.
            for target in node.targets:
                if isinstance(target, (ast.Tuple, ast.List)):
                    self._handed.setdefault(_position(target), []).append(node.value)
        if isinstance(node, (*_HANDED, ast.Name)):
            self._function[node] = function
            self._starting.setdefault((node.lineno, node.col_offset), []).append(node)
            if isinstance(node, _HANDED):
                self._handed.setdefault(_position(node), []).append(node)

    def evaluated_at(self, position: Position) -> list[tuple[Function, ast.AST]]:
        """Return the expressions at ``position``, and the functions they are in."""
        return self._evaluated.get(position, [])

    def at(self, position: Position) -> tuple[Function, ast.AST] | None:
        """Return the call, attribute, item or loop at ``position``, and the function it is in."""
        found = self._handed.get(position, [])
        return (self._function[found[0]], found[0]) if len(found) == 1 else None

    def begun(self, line: int, column: int) -> Iterator[tuple[Function, ast.AST]]:
        """Yield what begins there: among it the container that is asked for something."""
        for node in self._starting.get((line, column), ()):
            yield self._function[node], node

    def accessed(self, line: int, column: int, name: str) -> Iterator[tuple[Function, ast.AST]]:
        """Yield what may be the access that begins there: to ``name``, or to an item."""
        for node in self._starting.get((line, column), ()):
            # The site of a method's call has its name, that of another call has none.
            named = node.func if name and isinstance(node, ast.Call) else node
            if _is_called(getattr(named, "attr", getattr(named, "id", "")), name):
                yield self._function[node], node


def _position(node: ast.expr | ast.stmt) -> Position:
    last, end = node.end_lineno or 0, node.end_col_offset or 0
    return (node.lineno, last, node.col_offset, end)


def _is_called(written: str, name: str) -> bool:
    """Whether the source has ``written`` for an attribute's name: private ones are mangled."""
    return written == name or (
        written.startswith("__") and not written.endswith("__") and name.endswith(written)
    )


def _has_first(node: ast.Call, is_made: bool) -> bool:
    """Whether the first argument of a method is not among those of the call."""
    return is_made or not _is_class(node.func)


def _is_class(callee: ast.expr) -> bool:
    """Whether a method is called with its object as first argument."""
    owner = getattr(callee, "value", None)
    return not isinstance(callee, ast.Attribute) or (
        isinstance(owner, ast.Name) and owner.id[:1].isupper()
    )


@cache
def handing_of(path: str) -> Handing | None:
    """Return what the functions in the file at ``path`` hand on; None if it cannot be read."""
    try:
        return Handing(parsed("".join(linecache.getlines(path))))
    except (SyntaxError, ValueError, RecursionError):
        return None
