"""Which reads may flow into a write: what makes a read, a foreign write and a write a *lost
update*.

For each function, its statements are gone through in order with the reads that each local name may
carry at that point; branches are joined, loops are gone through again. It over-approximates within
a function (a finding still needs an execution that shows it) and knows nothing across functions
(there, a failing check is what makes a finding).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from pytest_concurrency.instrument.scopes import FunctionNode

Reads = frozenset[ast.AST]
_State = dict[str, Reads]
_NOTHING: Reads = frozenset()
_MANY = 200
"""Beyond so many reads a name's history is cut off: only the latest are kept, and analysis stays
linear."""
_ROUNDS = (3, 2, 2, 1)
"""How often the body of a loop is gone through, by depth: reads travel so many names far around
it."""


class Flows:
    """For one function: the attribute, item, name and call nodes whose value may be part of
    another's."""

    def __init__(self, function: FunctionNode) -> None:
        self._reads: dict[ast.AST, Reads] = {}
        self._handles: dict[ast.AST, Reads] = {}
        self._loops = 0
        state: _State = {}
        if isinstance(function.body, list):
            self._block(function.body, state)
        else:
            self._evaluate(function.body, state)

    def into(self, value: ast.AST) -> Reads:
        """Return the reads that may flow into ``value``, an expression that is assigned or a call's
        arguments."""
        return self._reads.get(value, _NOTHING)

    def into_file(self, opening: ast.AST) -> Reads:
        """Return the reads that may flow into the file that a call of ``open`` opens."""
        return self._handles.get(opening, _NOTHING)

    # -- statements ---------------------------------------------------------------------

    def _block(self, body: Iterable[ast.stmt], state: _State) -> None:
        for statement in body:
            self._statement(statement, state)

    def _statement(self, node: ast.stmt, state: _State) -> None:
        if isinstance(node, ast.Assign):
            self._assign(node.targets, node.value, state)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._assign([node.target], node.value, state)
        elif isinstance(node, ast.AugAssign):
            reads = self._evaluate(node.value, state)
            self._evaluate(node.target, state)
            if isinstance(node.target, ast.Name):
                state[node.target.id] = _cut(state.get(node.target.id, _NOTHING), reads)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            reads = self._evaluate(node.iter, state)
            self._loop(node, state, [(node.target, reads)])
        elif isinstance(node, ast.While):
            self._evaluate(node.test, state)
            self._loop(node, state, [])
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for entry in node.items:
                reads = self._evaluate(entry.context_expr, state)
                if entry.optional_vars is not None:
                    self._bind(entry.optional_vars, reads, state)
            self._block(node.body, state)
        elif isinstance(node, ast.If):
            self._evaluate(node.test, state)
            self._branches([node.body, node.orelse], state)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._try(node, state)
        elif isinstance(node, ast.Match):
            self._match(node, state)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._evaluate(child, state)

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr, state: _State) -> None:
        reads = self._evaluate(value, state)
        for target in targets:
            self._bind(target, reads, state)

    def _bind(self, target: ast.expr, reads: Reads, state: _State) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                state[node.id] = reads

    def _loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        state: _State,
        bindings: Iterable[tuple[ast.expr, Reads]],
    ) -> None:
        rounds = _ROUNDS[min(self._loops, len(_ROUNDS) - 1)]
        self._loops += 1
        for _ in range(rounds):
            once = dict(state)
            for target, reads in bindings:
                self._bind(target, reads, once)
            self._block(node.body, once)
            if isinstance(node, ast.While):
                self._evaluate(node.test, once)
            _join(state, [dict(state), once])
        self._loops -= 1
        self._block(node.orelse, state)

    def _branches(self, bodies: Iterable[Sequence[ast.stmt]], state: _State) -> None:
        ends = []
        for body in bodies:
            end = dict(state)
            self._block(body, end)
            if not _leaves(body):
                ends.append(end)
        if ends:
            _join(state, ends)

    def _try(self, node: ast.Try | ast.TryStar, state: _State) -> None:
        before = dict(state)
        anywhere = [before]
        for statement in node.body:
            self._statement(statement, state)
            anywhere.append(dict(state))
        raised: _State = {}
        _join(raised, anywhere)
        self._block(node.orelse, state)
        ends = [state.copy()]
        for handler in node.handlers:
            end = dict(raised)
            self._block(handler.body, end)
            if not _leaves(handler.body):
                ends.append(end)
        _join(state, ends)
        self._block(node.finalbody, state)

    def _match(self, node: ast.Match, state: _State) -> None:
        reads = self._evaluate(node.subject, state)
        ends = [dict(state)]
        for case in node.cases:
            end = dict(state)
            for part in ast.walk(case.pattern):
                name = getattr(part, "rest", None) or getattr(part, "name", None)
                if name is not None:
                    end[name] = reads
            if case.guard is not None:
                self._evaluate(case.guard, end)
            self._block(case.body, end)
            ends.append(end)
        _join(state, ends)

    # -- expressions --------------------------------------------------------------------

    def _evaluate(self, value: ast.expr, state: _State) -> Reads:
        """Return the reads in ``value``; note them for it, and for the calls in it."""
        nodes = list(ast.walk(value))
        for node in nodes:
            if isinstance(node, ast.NamedExpr):
                state[node.target.id] = self._reads_in(node.value, state)
                self._note(node.value, state[node.target.id])
            elif isinstance(node, ast.comprehension):
                self._bind(node.target, self._reads_in(node.iter, state), state)
        for node in nodes:
            if isinstance(node, ast.Call):
                self._call(node, state)
        reads = self._reads_in(value, state)
        self._note(value, reads)
        return reads

    def _call(self, node: ast.Call, state: _State) -> None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        parts = [self._reads_in(argument, state) for argument in arguments]
        self._note(node, frozenset().union(*parts))
        if isinstance(node.func, ast.Attribute):
            parts.append(self._reads_in(node.func.value, state))
        # What is handed to a file or to a function together with a file may end up in it.
        for part in parts:
            for handle in [read for read in part if _is_opening(read)]:
                others = frozenset().union(*(other for other in parts if other is not part))
                self._handles[handle] = self._handles.get(handle, _NOTHING) | others

    def _note(self, node: ast.AST, reads: Reads) -> None:
        self._reads[node] = self._reads.get(node, _NOTHING) | reads

    @staticmethod
    def _reads_in(value: ast.expr, state: _State) -> Reads:
        direct: set[ast.AST] = set()
        carried: set[ast.AST] = set()
        for node in ast.walk(value):
            if isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Name)):
                direct.add(node)
            if isinstance(node, ast.Name):
                carried |= state.get(node.id, _NOTHING)
        return frozenset(direct | carried if len(carried) <= _MANY else direct)


def _is_opening(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    callee = node.func
    name = callee.id if isinstance(callee, ast.Name) else getattr(callee, "attr", "")
    return name == "open"


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether what ``body`` leaves behind is seen by nobody in the function."""
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise))


def _join(into: _State, states: Iterable[_State]) -> None:
    joined: _State = {}
    for state in states:
        for name, reads in state.items():
            known = joined.get(name)
            joined[name] = reads if known is None else _cut(known, reads)
    into.clear()
    into.update(joined)


def _cut(older: Reads, newer: Reads) -> Reads:
    if older is newer:
        return older
    both = older | newer
    return both if len(both) <= _MANY else newer


def sites_of(nodes: Iterable[ast.AST], numbers: Mapping[ast.AST, int]) -> frozenset[int]:
    """Translate nodes to site numbers; nodes that are no sites are left out."""
    return frozenset(numbers[node] for node in nodes if node in numbers)
