"""Rewrites augmented assignments: one read and one write of a location with a scheduling point
between.

::

    obj.x += value       ->  @set(obj, "x", 2).x = @Add(@get(obj, "x", 1).x, value)
    obj.part.x += value  ->  try: @set(@o, "x", 2).x = @Add(@get(@o := ..., "x", 1).x, value)
                             finally: @o = None; del @o

``@Add`` is ``operator.iadd``, a C function: no frame comes between, and it says the same when it
fails.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Sequence
from typing import Any

from pytest_concurrency.instrument.analysis.names import DISPLAYS, all_nodes
from pytest_concurrency.instrument.analysis.values import NOTHING, read
from pytest_concurrency.instrument.rewriting.accesses import Accesses
from pytest_concurrency.instrument.rewriting.builder import KEY, OWNER
from pytest_concurrency.runtime.helpers.functions import WRITTEN_BACK

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


class Augmented(Accesses):
    """Statements like ``target += value``."""

    _growing: int | None = None
    """The site where the container in the target of this statement is changed in place."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.AST]:
        """Split it into a read and a write with a point between."""
        scope, target = self._scope, node.target
        if scope is None or (scope.class_names is not None and not self._is_plain_target(target)):
            # In a class body temporaries would become attributes of the class.
            return self.generic_visit(node)
        self._growing = None
        if isinstance(target, ast.Name):
            return self._augmented_name(node, target)
        rebound = {n.target.id for n in all_nodes(node.value) if isinstance(n, ast.NamedExpr)}
        temporaries: list[str] = []
        label = self._label(target.value)
        first_owner, owner = self._once(target.value, OWNER, rebound, temporaries)
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
        self._tie(target)
        assign = ast.copy_location(ast.Assign([store], value), node)
        return self._without(temporaries, assign) if temporaries else assign

    @staticmethod
    def _without(temporaries: Sequence[str], assign: ast.Assign) -> ast.Try:
        """Let go of the temporaries however ``assign`` ends; it may end before they are bound."""
        bound: list[ast.expr] = [ast.Name(name, ast.Store()) for name in temporaries]
        names: list[ast.expr] = [ast.Name(name, ast.Del()) for name in temporaries]
        last: list[ast.stmt] = [ast.Assign(bound, ast.Constant(None)), ast.Delete(names)]
        return ast.copy_location(ast.Try([assign], [], [], last), assign)

    def _is_plain_target(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Subscript):
            return self._is_plain(target.value) and self._is_plain(target.slice)
        return isinstance(target, ast.Attribute) and self._is_plain(target.value)

    def _augmented_name(self, node: ast.AugAssign, target: ast.Name) -> ast.AST:
        is_shared = self._is_shared_global(target.id) or self._is_shared_cell(target.id)
        if not (is_shared or self._grows(node)):
            return self.generic_visit(node)
        load = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        value = self._in_place(node, self._visit_expr(load), load)
        assign = ast.Assign([target], self._named_value(target, value, NOTHING))
        if is_shared:
            self._tie(target)
        return ast.copy_location(assign, node)

    def _in_place(self, node: ast.AugAssign, loaded: ast.expr, load: ast.expr) -> ast.expr:
        """Make the new value; note that it comes from ``load`` (now ``loaded``) and the operand."""
        value, compared = self._stored(node.target)
        self._pending[node.target] = (value | read(load), compared)
        helper, label, grows = type(node.op).__name__, self._label(node.target), self._grows(node)
        operand = self._visit_expr(node.value)
        self._growing = self._new_site(node.target, "write", "", label)
        if not grows:
            grown = self._call(node, "grown", loaded, self._growing)
            return self._call(node, helper, grown, operand)
        function = self._call(node, helper).func
        ready = self._call(node, "ready_function", function, self._growing, loaded, operand)
        return ast.copy_location(ast.Call(ready, [], []), node)

    def _grows(self, node: ast.AugAssign) -> bool:
        """Whether the target may be a container, which is then changed in place."""
        if isinstance(node.value, (*DISPLAYS, ast.Tuple, ast.GeneratorExp)):
            return True
        if isinstance(node.value, (ast.Constant, ast.JoinedStr)) and not isinstance(
            node.op, ast.Mult
        ):
            return False
        if isinstance(node.target, ast.Name) and isinstance(node.op, ast.Mult):
            return self._containers.may_give(node.target)
        names = [
            getattr(part, "id", getattr(part, "attr", "")) for part in (node.target, node.value)
        ]
        return not self._containers.used.isdisjoint(names)

    def _tie(self, target: ast.expr) -> None:
        """Note where a container that has been changed in place is stored again, if that is a write
        of its own: ``obj.__dict__`` stays as it is."""
        if self._growing is not None and target in self._numbers:
            WRITTEN_BACK[self._growing] = self._numbers[target]

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
