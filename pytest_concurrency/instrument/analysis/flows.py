"""Which reads may flow into a write: what makes a read, a foreign write and a write a *lost
update*.

For each function, its statements are gone through in order with the reads that each local name may
carry at that point (reaching definitions); branches are joined, loops are gone through again. Where
it depends on the way taken, or on the round of a loop, what flows, the function gets *marks*
(``marks.py``) that tell while it runs. A test decides, but is no part of a value.

It knows nothing across functions but what leaves a function and what comes from elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import cached_property

from pytest_concurrency.instrument.analysis.expressions import (
    Compared,
    Expressions,
    arguments_of,
    is_default,
)
from pytest_concurrency.instrument.analysis.names import (
    FunctionNode,
    all_nodes,
    children_of,
    is_generator,
    own_nodes,
)
from pytest_concurrency.instrument.analysis.values import (
    FOREIGN,
    NO_READS,
    NOTHING,
    State,
    Value,
    cut,
    join,
)

_ROUNDS = (3, 2, 2, 1)
"""How often the body of a loop is gone through, by depth: reads travel so many names far around
it."""
_LEAVING = (ast.Return, ast.Raise)


class Flows(Expressions):
    """For one function: what flows into what it writes, what leaves it."""

    def __init__(self, function: FunctionNode) -> None:
        super().__init__()
        self._function = function
        self._loops = 0
        state = arguments_of(function)
        if isinstance(function.body, list):
            self._block(function.body, state)
        else:
            self._return(self._value(function.body, state))

    def into(self, node: ast.AST) -> Value:
        """Return what is stored in ``node``, a target, or given to ``node``, a call."""
        return self.stored.get(node, NOTHING)

    def value_of(self, node: ast.expr) -> Value:
        """Return what the expression ``node`` is made of."""
        return self._values.get(node, NOTHING)

    def are_combined(self, node: ast.AST, other: ast.AST) -> bool:
        """Whether the value of some expression is made of what both nodes give, neither of which is
        made of what the other one gives."""
        apart = (self._values.get(node, NOTHING), self._values.get(other, NOTHING))
        if other in apart[0].reads or node in apart[1].reads:
            return False
        return any(node in each.reads and other in each.reads for each in self._values.values())

    @cached_property
    def is_generator(self) -> bool:
        """Whether a call of the function gives something that it is gone through by."""
        return not isinstance(self._function, ast.Lambda) and any(
            isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(self._function)
        )

    @cached_property
    def is_reentrant(self) -> bool:
        """Whether several activations of the function may take turns in one thread."""
        return _may_be_active_twice(self._function)

    def is_place(self, target: ast.AST) -> bool:
        """Whether ``target`` is one that other functions, or threads, may know: no local name."""
        is_name = isinstance(target, ast.Name) and target.id in self._not_local
        return is_name or isinstance(target, (ast.Attribute, ast.Subscript))

    def names_like(self, name: str) -> frozenset[str]:
        """Return the names that may be of the same object as ``name``, itself among them."""
        found, added = {name}, {name}
        while added:
            near = {one for pair in self.aliases if not added.isdisjoint(pair) for one in pair}
            added = near - found
            found |= added
        return frozenset(found)

    def into_file(self, call: ast.AST) -> Value:
        """Return what flows into the file that a call opens, writes, or puts another one in the
        place of; nothing if it is none of those, or if that is not known.
        """
        return self.files.into(call)

    def compared_before(self, node: ast.AST) -> Compared:
        """Return the pairs of reads whose equality decided that ``node`` is stored."""
        return self._compared.get(node, frozenset())

    # -- statements ---------------------------------------------------------------------

    def _block(self, body: Iterable[ast.stmt], state: State) -> None:
        tests = len(self._tests)
        for statement in body:
            self._statement(statement, state)
        del self._tests[tests:]

    def _statement(self, node: ast.stmt, state: State) -> None:
        match node:
            case ast.Assign():
                value = self._value(node.value, state)
                for target in node.targets:
                    self._bind(node, target, value, state, node.value)
            case ast.AnnAssign():
                if node.value is not None:
                    value = self._value(node.value, state)
                    self._bind(node, node.target, value, state, node.value)
            case ast.AugAssign():
                self._augmented(node, state)
            case ast.For() | ast.AsyncFor():
                value = self._value(node.iter, state)
                self._loop(node, state, value)
            case ast.While():
                self._value(node.test, state)
                self._loop(node, state, NOTHING)
            case ast.With() | ast.AsyncWith():
                for entry in node.items:
                    value = self._value(entry.context_expr, state)
                    if entry.optional_vars is not None:
                        self._bind(node, entry.optional_vars, value, state)
                self._block(node.body, state)
            case ast.If():
                self._branches(node, state)
            case ast.Try() | ast.TryStar():
                self._try(node, state)
            case ast.Match():
                self._match(node, state)
            case ast.Return():
                self._return(self._value(node.value, state) if node.value else NOTHING)
            case ast.Assert():
                self._tests.append(self._test(node.test, state))
            case ast.Global() | ast.Nonlocal():
                self._not_local.update(node.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._define(node, node.name, FOREIGN, state)
            case _:
                self._statement_now = node
                for child in children_of(node):
                    if isinstance(child, ast.expr):
                        self._value(child, state)
                self._statement_now = None

    def _augmented(self, node: ast.AugAssign, state: State) -> None:
        value = self._value(node.value, state)
        target = node.target
        self.augmented.add(target)
        if isinstance(target, ast.Name):
            self._store(target, value)
            kept = state.get(target.id, NOTHING)
            self._define(node, target.id, value._replace(names=value.names | {target.id}), state)
            if target.id in state:
                state[target.id] = cut(kept, value)
        else:
            self._bind(node, target, value, state)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, state: State, given: Value) -> None:
        self._loops += 1
        inside: set[ast.AST] = set()
        for number in range(_ROUNDS[min(self._loops, len(_ROUNDS)) - 1]):
            once = dict(state)
            if number:
                inside = inside or set(all_nodes(node))
                _age(once, inside)
            if isinstance(node, ast.While):
                self._tests.append(self._test(node.test, once))
            else:
                itself = frozenset((node,))
                item = given._replace(reads=given.reads | itself, sure=itself)
                self._bind(node, node.target, item, once)
            self._block(node.body, once)
            if isinstance(node, ast.While):
                self._tests.pop()
            _age(once, inside or set(all_nodes(node)))
            join(state, [dict(state), once])
        self._loops -= 1
        self._block(node.orelse, state)

    def _branches(self, node: ast.If, state: State) -> None:
        test = self._test(node.test, state)
        ends = []
        self._tests.append(test)
        for body in (node.body, node.orelse):
            end = dict(state)
            self._block(body, end)
            if not _leaves(body):
                ends.append(end)
        if not any(map(_goes_elsewhere, (node.body, node.orelse))):
            # Else what follows in this block is decided by the test, too.
            self._tests.pop()
        if ends:
            before = dict(state)
            join(state, ends)
            name = _defaulted(node)
            if name in before and name in state:
                state[name] = state[name]._replace(sure=state[name].sure | before[name].sure)

    def _try(self, node: ast.Try | ast.TryStar, state: State) -> None:
        before = dict(state)
        tried = Value(sure=frozenset(part for each in node.body for part in all_nodes(each)))
        anywhere = [before]
        tests = len(self._tests)
        for statement in node.body:
            self._statement(statement, state)
            anywhere.append(dict(state))
        raised: State = {}
        join(raised, anywhere)
        self._block(node.orelse, state)
        del self._tests[tests:]
        ends = [state.copy()]
        for handler in node.handlers:
            end = dict(raised)
            if handler.name is not None:
                self._define(handler, handler.name, FOREIGN, end)
            returned = len(self.results)
            self._block(handler.body, end)
            # What could not be read is known by that, too.
            for index in range(returned, len(self.results)):
                self.results[index] |= tried
            if not _leaves(handler.body):
                ends.append(end)
        join(state, ends)
        self._block(node.finalbody, state)

    def _match(self, node: ast.Match, state: State) -> None:
        value = self._value(node.subject, state)._replace(sure=NO_READS)
        ends = [dict(state)]
        for case in node.cases:
            end = dict(state)
            for part in all_nodes(case.pattern):
                name = getattr(part, "rest", None) or getattr(part, "name", None)
                if name is not None:
                    self._define(case, name, value, end)
            if case.guard is not None:
                self._value(case.guard, end)
            self._block(case.body, end)
            ends.append(end)
        join(state, ends)


def _age(state: State, inside: set[ast.AST]) -> None:
    """Take note that a new round begins: what was read in the last one is not what is read last."""
    for name, value in state.items():
        if not value.sure.isdisjoint(inside):
            state[name] = value._replace(sure=value.sure - inside)


def _may_be_active_twice(function: FunctionNode) -> bool:
    if isinstance(function, ast.Lambda):
        return False
    if isinstance(function, ast.AsyncFunctionDef) or is_generator(function):
        return True
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == function.name
        for node in all_nodes(function)
    )


def _defaulted(node: ast.If) -> str:
    """Return the name that gets a default if it holds nothing, ``if n is None: n = 0``: it says
    itself whether it does; "" for any other statement.
    """
    match node:
        case ast.If(
            test=test, body=[ast.Assign(targets=[ast.Name(id=name)], value=value)], orelse=[]
        ) if is_default(value):
            is_asked = any(isinstance(n, ast.Name) and n.id == name for n in all_nodes(test))
            return name if is_asked else ""
    return ""


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether what ``body`` leaves behind is seen by nobody in the function."""
    return bool(body) and isinstance(body[-1], _LEAVING)


def _goes_elsewhere(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (*_LEAVING, ast.Continue, ast.Break))
