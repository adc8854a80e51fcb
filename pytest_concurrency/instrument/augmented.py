"""Rewrites augmented assignments: one read and one write of a location with a scheduling point
between.

::

    obj.x += value       ->  @set(obj, "x", 2).x = @Add(@get(obj, "x", 1).x, value)
    obj.part.x += value  ->  @set(@o, "x", 2).x = @Add(@get(@o := ..., "x", 1).x, value); del @o

``@Add`` is ``operator.iadd``, a C function: no frame comes between, and it says the same when it
fails.
"""

from __future__ import annotations

import ast
import operator
from typing import Any

from pytest_concurrency.instrument.builder import KEY, OWNER
from pytest_concurrency.instrument.places import Places
from pytest_concurrency.runtime.sites import SITES

IN_PLACE: dict[str, Any] = {
    "@Add": operator.iadd,
    "@Sub": operator.isub,
    "@Mult": operator.imul,
    "@MatMult": operator.imatmul,
    "@Div": operator.itruediv,
    "@FloorDiv": operator.ifloordiv,
    "@Mod": operator.imod,
    "@Pow": operator.ipow,
    "@LShift": operator.ilshift,
    "@RShift": operator.irshift,
    "@BitAnd": operator.iand,
    "@BitXor": operator.ixor,
    "@BitOr": operator.ior,
}
"""By the name of the operator's node."""


class Augmented(Places):
    """Statements like ``target += value``."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.AST]:  # noqa: D102, N802
        scope, target = self._scope, node.target
        if scope is None or scope.class_names is not None:
            # In a class body temporaries would become attributes of the class.
            return self.generic_visit(node)
        if isinstance(target, ast.Name):
            return self._augmented_name(node, target)
        rebound = {n.target.id for n in ast.walk(node.value) if isinstance(n, ast.NamedExpr)}
        temporaries: list[str] = []
        first_owner, owner = self._once(target.value, OWNER, rebound, temporaries)
        label = self._label(target.value)
        if isinstance(target, ast.Attribute):
            load: ast.expr = self._attribute(
                ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target),
                first_owner,
                label,
            )
            value = self._in_place(node, load, load)
            store: ast.expr = self._attribute(target, owner, label)
        else:
            first_key, key = self._once(target.slice, KEY, rebound, temporaries)
            load = self._item(
                ast.copy_location(ast.Subscript(target.value, key, ast.Load()), target),
                first_owner,
                first_key,
                label,
            )
            value = self._in_place(node, load, load)
            store = self._item(target, owner, key, label)
        self._tie(node, target)
        assign = ast.copy_location(ast.Assign([store], value), node)
        names: list[ast.expr] = [ast.Name(name, ast.Del()) for name in temporaries]
        return [assign, ast.copy_location(ast.Delete(names), node)] if names else assign

    def _augmented_name(self, node: ast.AugAssign, target: ast.Name) -> ast.AST:
        if not (self._is_shared_global(target.id) or self._is_shared_cell(target.id)):
            return self.generic_visit(node)
        load = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        value = self._in_place(node, self._visit_expr(load), load)
        assign = ast.Assign([target], self._named_value(target, value, frozenset()))
        self._tie(node, target)
        return ast.copy_location(assign, node)

    def _in_place(self, node: ast.AugAssign, loaded: ast.expr, load: ast.expr) -> ast.expr:
        """Make the new value; note that it comes from ``load`` (now ``loaded``) and the operand."""
        flows = self._scope.flows if self._scope else None
        self._pending[node.target] = (flows.into(node.value) if flows else frozenset()) | {load}
        helper = type(node.op).__name__
        return self._call(node, helper, loaded, self._visit_expr(node.value))

    def _tie(self, node: ast.AugAssign, target: ast.expr) -> None:
        number = self._numbers[target]
        SITES[number].idempotent = isinstance(node.op, (ast.BitOr, ast.BitAnd))

    def _once(
        self, part: ast.expr, temporary: str, rebound: set[str], temporaries: list[str]
    ) -> tuple[ast.expr, ast.expr]:
        """Return what to evaluate first and what to evaluate the second time instead of
        ``part``."""
        if self._is_plain(part) and not (isinstance(part, ast.Name) and part.id in rebound):
            return part, part
        temporaries.append(temporary)
        kept = ast.NamedExpr(ast.Name(temporary, ast.Store()), self._key(part))
        again = ast.Name(temporary, ast.Load())
        for made in (kept, kept.target, again):
            ast.copy_location(made, part)
        return kept, again
