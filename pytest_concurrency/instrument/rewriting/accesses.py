"""Rewrites loads, stores and deletes of attributes, items, globals and closure cells."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from pytest_concurrency.instrument.analysis.expressions import Compared
from pytest_concurrency.instrument.analysis.names import all_nodes
from pytest_concurrency.instrument.analysis.tracking import known_reads
from pytest_concurrency.instrument.analysis.values import NOTHING, Value
from pytest_concurrency.instrument.rewriting.builder import Builder
from pytest_concurrency.model import Operation
from pytest_concurrency.runtime.effects import shapes

_UNTOUCHED = frozenset({"__class__", "__dict__"})
"""Attributes of the object itself: no data of the program."""


def _operation(node: ast.Attribute | ast.Subscript) -> Operation:
    return "read" if isinstance(node.ctx, ast.Load) else "write"


def _class_named(node: ast.expr, current: str | None) -> str | None:
    """Return the name of the class that ``node`` seems to be; ``current`` is the one around it."""
    match node:
        case ast.Name(id="cls") | ast.Call(func=ast.Name(id="type")):
            return current
        case ast.Attribute(attr="__class__"):
            return current
        case ast.Name(id=name) if name[:1].isupper():
            return name
    return None


class Accesses(Builder):
    """Attributes, items and names."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Precede a load, store or delete of an attribute."""
        if self._scope is None or not self._is_shared_object(node.value):
            return self.generic_visit(node)
        label = self._label(node.value)
        return self._attribute(node, self._visit_expr(node.value), label)

    def _attribute(self, node: ast.Attribute, owner: ast.expr, label: str) -> ast.Attribute:
        """Put the helper's call around ``owner``, which is ``node.value`` visited."""
        stored_in = _class_named(node.value, self._class)
        node.value = owner
        if node.attr == "__dict__" and isinstance(node.ctx, ast.Load):
            node.value = self._call(node, "namespace_of", owner)
        if node.attr in _UNTOUCHED:
            return node
        name, op = self._mangled(node.attr), _operation(node)
        number = self._site(node, op, name, f"{label}.{node.attr}")
        if op == "write" and stored_in is not None:
            shapes.note_store_in_class(name, self._path, stored_in)
        node.value = self._call(node, "get" if op == "read" else "set", owner, name, number)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Precede a load, store or delete of an item or slice."""
        if self._scope is None:
            return self.generic_visit(node)
        label = self._label(node.value)
        owner = self._visit_expr(node.value)
        if isinstance(node.slice, ast.Slice) and self._is_plain_slice(node.slice):
            number = self._site(node, _operation(node), "", label)
            deleted = ("__delitem__",) if isinstance(node.ctx, ast.Del) else ()
            node.value = self._call(node, "item", owner, ast.Constant(...), number, *deleted)
            return node
        return self._item(node, owner, self._key(node.slice), label)

    def _item(
        self, node: ast.Subscript, owner: ast.expr, key: ast.expr, label: str
    ) -> ast.Subscript:
        """Put the helper's call around ``owner``; it and ``key`` have been visited."""
        number = self._site(node, _operation(node), "", label)
        deleted = ("__delitem__",) if isinstance(node.ctx, ast.Del) else ()
        if self._is_plain(key):
            node.value = self._call(node, "item", owner, key, number, *deleted)
            node.slice = key
        else:
            node.value = self._call(node, "item_keep", owner, key, number, *deleted)
            node.slice = self._call(node, "kept_key")
        return node

    def _is_plain_slice(self, key: ast.Slice) -> bool:
        return all(
            part is None or self._is_plain(part) for part in (key.lower, key.upper, key.step)
        )

    def _key(self, key: ast.expr) -> ast.expr:
        """Visit a key; slices become calls of ``slice``, so that they can be kept."""
        if isinstance(key, ast.Slice):
            parts = [part or ast.Constant(None) for part in (key.lower, key.upper, key.step)]
            return self._call(key, "slice", *[self._visit_expr(part) for part in parts])
        if isinstance(key, ast.Tuple):
            key.elts = [self._key(element) for element in key.elts]
            return key
        return self._visit_expr(key)

    # -- names --------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Precede a load of a global or closure variable that threads may share."""
        if not isinstance(node.ctx, ast.Load):
            return node
        if self._is_shared_global(node.id):
            name = self._mangled(node.id)
            number = self._site(node, "read", name, name)
            point = self._call(node, "get_global", self._call(node, "globals"), name, number)
        elif self._is_shared_cell(node.id):
            number = self._site(node, "read", node.id, node.id)
            point = self._call(node, "get_cell", self._closure(node.id), number)
        else:
            return node
        return ast.copy_location(ast.BoolOp(ast.Or(), [point, node]), node)

    @staticmethod
    def _closure(name: str) -> ast.Lambda:
        """Make a function that is never called: its closure holds the cell of ``name``."""
        arguments = ast.arguments([], [ast.arg("@cell")], None, [], [], None, [])
        return ast.Lambda(arguments, ast.Name(name, ast.Load()))

    def _named_value(self, target: ast.Name, value: ast.expr, made_of: Value) -> ast.expr:
        """Wrap the value of an assignment to ``target`` if that is a global or cell that threads
        may share."""
        if self._is_shared_global(target.id):
            name = self._mangled(target.id)
            number = self._site(target, "write", name, name)
            namespace = self._call(target, "globals")
            wrapped = self._call(target, "set_global", value, namespace, name, number)
        elif self._is_shared_cell(target.id):
            number = self._site(target, "write", target.id, target.id)
            wrapped = self._call(target, "set_cell", value, self._closure(target.id), number)
        else:
            return value
        if made_of is not NOTHING:
            self._writes.setdefault(number, (made_of, self._stored(target)[1]))
        return wrapped

    def _stored(self, target: ast.AST) -> tuple[Value, Compared]:
        """Return what is stored in ``target``, and what has been found to be equal before."""
        if self._scope is None or self._scope.flows is None:
            return NOTHING, frozenset()
        flows, tracking = self._scope.flows, self._scope.tracking
        value = flows.into(target)
        if flows.is_place(target) and not (tracking and target in tracking.targets):
            # Without marks nobody knows how old a read is that may be part of it.
            known = known_reads(value, flows)
            value = value if known == value.reads else value._replace(reads=known)
        return value, flows.compared_before(target)

    # -- assignments --------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.AST]:
        """Wrap what is stored in shared variables."""
        unpacked = [target for target in node.targets if not isinstance(target, ast.Name)]
        before = self._points(unpacked)
        drops = isinstance(node.value, ast.Constant) and node.value.value is None
        node.value = self._assigned(node.value, node.targets)
        node.targets = [self._visit_expr(target) for target in node.targets]
        return [*before, node, *(self._dropped(node) if drops else ())]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Treat it like an assignment, if it is one."""
        # Without a value nothing is stored; annotations are left alone in any case.
        if node.value is not None:
            node.value = self._assigned(node.value, [node.target])
            node.target = self.visit(node.target)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        """Wrap what a walrus stores in a shared variable."""
        node.value = self._assigned(node.value, [node.target])
        return node

    def _assigned(self, value: ast.expr, targets: Sequence[ast.expr]) -> ast.expr:
        """Visit the value of an assignment; note what flows into attributes, items, globals and
        cells."""
        visited = self._visit_expr(value)
        for target in targets:
            for part in all_nodes(target):
                if isinstance(part, (ast.Attribute, ast.Subscript)):
                    self._pending[part] = self._stored(part)
            if isinstance(target, ast.Name):
                visited = self._named_value(target, visited, self._stored(target)[0])
        return visited

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        """Precede what the loop stores in shared variables."""
        points = self._points([node.target])
        self.generic_visit(node)
        # The name is bound once more in each round.
        node.body = [*points, *node.body]
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.AST]:
        """Precede what an import binds."""
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        return [*self._points_at(node, names), node]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        """Precede what an import binds."""
        names = [alias.asname or alias.name for alias in node.names]
        return [*self._points_at(node, names), node]

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Precede the binding of the exception."""
        points = self._points_at(node, [node.name] if node.name else [])
        self.generic_visit(node)
        node.body = [*points, *node.body]
        return node

    def visit_Delete(self, node: ast.Delete) -> ast.AST | list[ast.AST]:
        """Precede a delete of shared variables."""
        before = self._points(node.targets)
        self.generic_visit(node)
        return [*before, node, *self._dropped(node)]

    def _dropped(self, node: ast.stmt) -> list[ast.stmt]:
        """Make what follows a statement that drops something."""
        if self._scope is None:
            return []
        return [ast.copy_location(ast.Expr(self._call(node, "dropped")), node)]

    def _points(self, targets: Sequence[ast.expr]) -> list[ast.stmt]:
        """Make points for a statement that stores or deletes globals and cells without a value that
        could be wrapped."""
        names = [
            part
            for target in targets
            for part in all_nodes(target)
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
        ]
        return [point for name in names for point in self._points_at(name, [name.id])]

    def _points_at(self, node: ast.AST, names: Sequence[str]) -> list[ast.stmt]:
        points: list[ast.stmt] = []
        for name in names:
            target = ast.copy_location(ast.Name(name, ast.Store()), node)
            point = self._named_value(target, ast.Constant(None), NOTHING)
            if isinstance(point, ast.Call):
                points.append(ast.copy_location(ast.Expr(point), target))
        return points
