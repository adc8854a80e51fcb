"""Rewrites what looks at a whole container without calling a method of it: iteration, ``in``, truth
value, operators, unpacking, formatting, patterns.

::

    for x in items            ->  for x in @steps(items, 23)
    [*items]                  ->  [*@whole(items, 23)]
    if self.items: ...        ->  if @whole(@get(self, "items", 24).items, 25): ...
    a | b                     ->  @whole(a, 26) | @whole(b, 27)
    items += more             ->  items = @ready_function(@Add, 28, items, more)()

Most values are no containers: what is plain as far as the file tells gets no helper as an operand
(``analysis/containers.py``).
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import Any

from pytest_concurrency.instrument.analysis.names import ITERATORS, may_be_shared
from pytest_concurrency.instrument.rewriting.augmented import Augmented
from pytest_concurrency.instrument.rewriting.patterns import reads_of
from pytest_concurrency.runtime.effects.shapes import DECIDES

_MAKINGITERATORS = frozenset({"__iter__", "__reversed__"})
_VIEWS = frozenset({"keys", "values", "items"})
_JOINING = (ast.Add, ast.Sub, ast.BitOr, ast.BitAnd, ast.BitXor)
_COMPARING = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class ContainerReads(Augmented):
    """Whatever reads a container as a whole."""

    def _whole(self, node: ast.expr, label: str) -> ast.expr:
        if not may_be_shared(node):
            return node
        return self._looked_at(node, label)

    def _steps(self, node: ast.expr, label: str) -> ast.expr:
        """Let a loop over ``node`` look at what it goes through, at each step."""
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in ITERATORS:
                return self._looked_at(node, label, helper="fresh_steps")
        return self._looked_at(node, label, helper="steps") if may_be_shared(node) else node

    def _looked_at(
        self, node: ast.expr, label: str, name: str = "", helper: str = "whole"
    ) -> ast.Call:
        number = self._new_site(node, "read", name, label)
        # A global or a closure cell has become ``point or name``.
        source = node.values[-1] if isinstance(node, ast.BoolOp) else node
        self._looks.setdefault(source, set()).add(number)
        return self._call(node, helper, node, number)

    def _operand(self, node: ast.expr) -> ast.expr:
        """Visit ``node``, whose value is looked at if it is a container."""
        if self._scope is None or not self._may_hold_container(node):
            return self._visit_expr(node)
        label = self._label(node)
        return self._looked_at(self._visit_expr(node), label, DECIDES)

    def _may_hold_container(self, node: ast.expr) -> bool:
        known = self._asserted.get(node.id) if isinstance(node, ast.Name) else None
        return self._containers.may_give(node if known is None else known)

    # -- iteration and unpacking ----------------------------------------------------------

    def _label_of_loop(self, node: ast.expr) -> str:
        """Name the container rather than a view of it or an iterator over it."""
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=name), args=[]) if name in _VIEWS:
                return self._label(owner)
            case ast.Call(func=ast.Name(id="map" | "filter"), args=[_, first, *_]):
                return self._label_of_loop(first)
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in ITERATORS:
                return self._label_of_loop(first)
        return self._label(node)

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        """Look at what is iterated over."""
        label = self._label_of_loop(node.iter)
        visited = super().visit_For(node)
        if self._scope is not None:
            node.iter = self._steps(node.iter, label)
        return visited

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Let loops over what ``__iter__`` returns look at the container at each step."""
        is_iterator = self._scope is not None and self._path_of_names[-1] in _MAKINGITERATORS
        if node.value is None or not is_iterator:
            return self.generic_visit(node)
        label = self._label_of_loop(node.value)
        node.value = self._looked_at(self._visit_expr(node.value), label, helper="fresh_steps")
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        """Pass a point when the generator goes on: another thread may want its next item, too."""
        self.generic_visit(node)
        if self._scope is None or not self._scope.is_generator:
            return node
        number = self._new_site(node, "call", "", self._scope.function)
        return self._call(node, "resumed", node, number)

    def _begin_generator(self, body: list[ast.stmt]) -> None:
        """Let a generator be known by a number of its own from its first step on."""
        first = body[0]
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        assert self._scope is not None
        number = self._new_site(first, "call", "", self._scope.function)
        body.insert(
            bool(is_text), ast.copy_location(ast.Expr(self._call(first, "started", number)), first)
        )

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        """Look at what is handed on."""
        label = self._label_of_loop(node.value)
        self.generic_visit(node)
        if self._scope is not None:
            node.value = self._steps(node.value, label)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Look at what is iterated over, and at conditions."""
        label = self._label_of_loop(node.iter)
        conditions, node.ifs = node.ifs, []
        self.generic_visit(node)
        node.ifs = [self._truth(condition) for condition in conditions]
        if self._scope is not None and not node.is_async:
            node.iter = self._steps(node.iter, label)
        return node

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        """Look at what is unpacked."""
        label = self._label(node.value)
        self.generic_visit(node)
        if self._scope is not None and isinstance(node.ctx, ast.Load):
            node.value = self._whole(node.value, label)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """Look at what is merged in with ``**``."""
        labels = [self._label(value) for value in node.values]
        self.generic_visit(node)
        if self._scope is not None:
            node.values = [
                self._whole(value, label) if key is None else value
                for key, value, label in zip(node.keys, node.values, labels, strict=True)
            ]
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """Look at what is unpacked into keywords."""
        label = self._label(node.value)
        node.value = self._visit_expr(node.value)
        if self._scope is not None and node.arg is None:
            node.value = self._whole(node.value, label)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.AST]:
        """Look at what is unpacked into targets."""
        first = node.targets[0]
        if isinstance(first, ast.Name) and first.id.startswith("@py_assert"):
            self._asserted[first.id] = copy.deepcopy(node.value)
        label = self._label(node.value)
        visited = super().visit_Assign(node)
        unpacks = any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets)
        if unpacks and self._scope is not None:
            node.value = self._whole(node.value, label)
        return visited

    # -- truth value ------------------------------------------------------------------------

    def _truth(self, node: ast.expr) -> ast.expr:
        """Visit ``node``, whose truth value is what counts."""
        if isinstance(node, ast.BoolOp):
            node.values = [self._truth(value) for value in node.values]
            return node
        return self._operand(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Look at operands whose truth value decides."""
        *tested, last = node.values
        node.values = [*(self._truth(value) for value in tested), self._visit_expr(last)]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Look at what ``not`` tests."""
        is_not = isinstance(node.op, ast.Not)
        node.operand = self._truth(node.operand) if is_not else self._visit_expr(node.operand)
        return node

    def _visit_test(self, node: ast.If | ast.While | ast.IfExp | ast.Assert) -> ast.AST:
        test, node.test = node.test, ast.Constant(None)
        visited = self._truth(test)
        self.generic_visit(node)
        node.test = visited
        return node

    visit_If = visit_While = visit_IfExp = visit_Assert = _visit_test

    def _test_parts(self, node: ast.expr) -> None:
        """Let the truth value of whatever ``any`` or ``all`` is given count by itself."""
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            node.elt = self._as_truth(node.elt)
        elif isinstance(node, (ast.List, ast.Tuple)):
            node.elts = [self._as_truth(each) for each in node.elts]

    def _as_truth(self, node: ast.expr) -> ast.expr:
        """Return ``not not node`` where it matters: what ``node`` is tested by, and no more."""
        if not self._may_hold_container(node):
            return node
        negated = ast.copy_location(ast.UnaryOp(ast.Not(), node), node)
        return ast.copy_location(ast.UnaryOp(ast.Not(), negated), node)

    # -- operators --------------------------------------------------------------------------

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Look at containers that are joined."""
        sides = (node.left, node.right)
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            node.right = self._formatted(node.right)
            return node
        is_repeated = isinstance(node.op, ast.Mult) and not any(map(_is_fraction, sides))
        is_joined = isinstance(node.op, _JOINING) and not any(map(_is_plain_value, sides))
        if not (is_joined or is_repeated):
            return self.generic_visit(node)
        node.left, node.right = self._operand(node.left), self._operand(node.right)
        return node

    def _formatted(self, node: ast.expr) -> ast.expr:
        """Visit what is put into a text, or the values that are."""
        if not isinstance(node, ast.Tuple):
            return self._operand(node)
        node.elts = [self._operand(each) for each in node.elts]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Look at containers that are searched or compared."""
        if self._scope is None:
            return self.generic_visit(node)
        parts = [node.left, *node.comparators]
        looked_at = _compared(node)
        labels = [self._label(part) for part in parts]
        holding = [looked_at[n] and self._may_hold_container(part) for n, part in enumerate(parts)]
        self.generic_visit(node)
        is_in = len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn))
        if is_in and not self._is_plain(node.left):
            return self._contains(node, labels[1])
        left = node.left
        for position, (op, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(op, (ast.In, ast.NotIn)) and may_be_shared(right):
                number = self._new_site(right, "read", "", labels[position + 1])
                node.comparators[position] = (
                    self._call(right, "has", right, left, number)
                    if self._is_plain(left)
                    else self._call(right, "whole", right, number)
                )
            elif holding[position + 1]:
                node.comparators[position] = self._looked_at(right, labels[position + 1])
            left = right
        if holding[0]:
            node.left = self._looked_at(node.left, labels[0])
        return node

    def _contains(self, node: ast.Compare, label: str) -> ast.AST:
        right = node.comparators[0]
        if not may_be_shared(right):
            return node
        number = self._new_site(right, "read", "", label)
        ready = self._call(node, "contains", node.left, right, number)
        call: ast.expr = ast.copy_location(ast.Call(ready, [], []), node)
        if isinstance(node.ops[0], ast.NotIn):
            call = ast.copy_location(ast.UnaryOp(ast.Not(), call), node)
        return call

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """Look at what is formatted."""
        node.value = self._operand(node.value)
        node.format_spec = node.format_spec and self._visit_expr(node.format_spec)
        return node

    # -- patterns ---------------------------------------------------------------------------

    def visit_Match(self, node: ast.Match) -> ast.AST:
        """Look at what patterns read."""
        label = self._label(node.subject)
        node.subject = self._visit_expr(node.subject)
        if self._scope is not None:
            node.subject = self._matched(node.subject, node.cases, label)
        node.cases = [self.visit(case) for case in node.cases]
        return node

    def _matched(self, subject: ast.expr, cases: Sequence[ast.match_case], label: str) -> ast.expr:
        """Wrap what is matched: patterns read its items or attributes, and those of what is in
        there."""
        reads = [*filter(None, (reads_of(case.pattern) for case in cases))]
        if not reads:
            return subject
        matched = self._looked_at(subject, label, helper="matched")
        every: Any = ("or", *reads)
        matched.args.append(ast.copy_location(ast.Constant(every), subject))
        return matched

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """Visit guard and body: patterns must stay dotted names."""
        node.guard = node.guard and self._truth(node.guard)
        node.body = self._visit_body(node.body)
        return node


def _compared(node: ast.Compare) -> list[bool]:
    """Say of each part whether it is compared with something that may be a container, too."""
    parts = [node.left, *node.comparators]
    found = [False] * len(parts)
    for position, op in enumerate(node.ops):
        pair = parts[position : position + 2]
        if isinstance(op, _COMPARING) and not any(map(_is_plain_value, pair)):
            found[position] = found[position + 1] = True
    return found


def _is_fraction(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def _is_plain_value(node: ast.expr) -> bool:
    """Whether ``node`` is a number or a text, which no container can be joined to or equal."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, (ast.Constant, ast.JoinedStr))
