"""Rewrites a module's tree so that each access to something shared is preceded by a call into the runtime.

The rewritten program means the same: evaluation order, exceptions, tracebacks and line numbers stay, and
no frame comes between a caller and a callee. This works because each helper *returns the object* that the original
expression named::

    obj.x                     ->  @get(obj, "x", 17).x
    obj.x = value             ->  @set(obj, "x", 18).x = value       (value is evaluated first, as before)
    obj[key]                  ->  @item(obj, key, 19)[key]           if evaluating key twice is harmless
                                  @item_keep(obj, key, 19)[@kept_key()]
    obj.append(x)             ->  @call_method(obj, "append", 20, x).append(x)
    obj.append(f())           ->  @call_method_then(obj, "append", 20).append(@then(f(), 20, True))
    obj.x += value            ->  @v = @get(obj, "x", 21).x; @v += value; @set(obj, "x", 22).x = @v
    with lock: ...            ->  with @enter_with(lock, 23): ...

Helper names start with "@": no program can use them, and they are not mangled inside classes.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple, TypeVar, cast

from pytest_concurrency.instrument.flows import Flows, sites_of
from pytest_concurrency.instrument.scopes import (
    FunctionNode,
    bound_locally,
    declared_global,
    mutable_globals,
    plain_locals,
)
from pytest_concurrency.model import Operation
from pytest_concurrency.runtime.primitives import LOCK_METHODS
from pytest_concurrency.runtime.shapes import KEYED, METHOD_NAMES
from pytest_concurrency.runtime.sites import SITES, InstrumentedSite, add_site

_Node = TypeVar("_Node", bound=ast.AST)
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_FRAME_SENSITIVE = frozenset({"__class__", "__dict__"})


class _Scope(NamedTuple):
    """What is known about names where we are."""

    function: str
    plain: frozenset[str]
    local: frozenset[str]
    """Names bound in this or an enclosing function."""
    declared_global: frozenset[str]
    flows: Flows | None


def rewrite(tree: ast.Module, path: str) -> ast.Module:
    """Rewrite ``tree`` (of the file ``path``) in place and return it."""
    rewriter = _Rewriter(path, mutable_globals(tree))
    rewritten = cast(ast.Module, rewriter.visit(tree))
    rewriter.resolve_flows()
    locate(rewritten)
    return rewritten


def locate(node: ast.AST, parent: ast.AST | None = None) -> None:
    """Give nodes without a location their parent's.

    ``ast.fix_missing_locations`` would also invent the end of nodes that have only a start, such as
    those that pytest's assertion rewriting makes, and put it before their start.
    """
    if "lineno" in node._attributes and not hasattr(node, "lineno") and parent is not None:
        ast.copy_location(node, parent)
    for child in ast.iter_child_nodes(node):
        locate(child, node if hasattr(node, "lineno") else parent)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, path: str, shared_globals: frozenset[str]) -> None:
        self._path = path
        self._globals = shared_globals
        self._classes: list[str] = []
        self._qualname: list[str] = []
        self._scope: _Scope | None = None
        self._numbers: dict[ast.AST, int] = {}
        self._writes: list[tuple[int, set[ast.AST]]] = []
        self._pending_writes: dict[ast.AST, set[ast.AST]] = {}
        """Targets not visited yet, with the nodes whose value may flow into them."""
        self._labels: dict[ast.AST, str] = {}
        """Labels of expressions that were made here, after the source's own."""

    def resolve_flows(self) -> None:
        """Tell each write site which read sites may flow into it; all numbers are known now."""
        for number, reads in self._writes:
            SITES[number].flows = sites_of(reads, self._numbers)

    # -- scopes -----------------------------------------------------------------------

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._classes.append(node.name)
        self._qualname.append(node.name)
        node.decorator_list = [self.visit(entry) for entry in node.decorator_list]
        node.bases = [self.visit(entry) for entry in node.bases]
        outer = self._scope
        if outer is not None:
            # Names in a class body are looked up in the class first: none of them is a plain local.
            self._scope = outer._replace(plain=frozenset(), flows=None)
        node.body = self._visit_body(node.body)
        self._scope = outer
        self._qualname.pop()
        self._classes.pop()
        return node

    def _visit_body(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in body:
            visited = self.visit(statement)
            result.extend(visited if isinstance(visited, list) else [visited])
        return result

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(entry) for entry in node.decorator_list]
        self._visit_defaults(node.args)
        outer = self._enter(node, node.name)
        node.body = self._visit_body(node.body)
        self._leave(outer)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._visit_defaults(node.args)
        outer = self._enter(node, "<lambda>")
        node.body = self.visit(node.body)
        self._leave(outer)
        return node

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [
            default and self.visit(default) for default in arguments.kw_defaults
        ]

    def _enter(self, node: FunctionNode, name: str) -> _Scope | None:
        outer = self._scope
        self._qualname.append(name)
        self._scope = _Scope(
            ".".join(self._qualname),
            plain_locals(node),
            bound_locally(node) | (outer.local if outer else frozenset()),
            declared_global(node),
            Flows(node),
        )
        return outer

    def _leave(self, outer: _Scope | None) -> None:
        self._qualname.pop()
        self._scope = outer

    def _visit_comprehension(self, node: _Comprehension) -> ast.AST:
        outer = self._scope
        if outer is None:
            return self.generic_visit(node)
        targets = frozenset(
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        )
        # Up to 3.11 a comprehension is a function: names of the function around it are cells in it.
        self._scope = outer._replace(plain=frozenset(), local=outer.local | targets)
        visited = self.generic_visit(node)
        self._scope = outer
        return visited

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    # -- left alone -------------------------------------------------------------------

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self._stored(node.value, [node.target])
        node.target = self.visit(node.target)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        # Patterns must stay dotted names.
        node.guard = node.guard and self.visit(node.guard)
        node.body = self._visit_body(node.body)
        return node

    def visit_TypeAlias(self, node: ast.AST) -> ast.AST:
        return node

    # -- loads, stores, deletes -------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if self._scope is None or not self._is_shared_object(node.value):
            return self.generic_visit(node)
        label = self._label(node.value)
        value = self.visit(node.value)
        if node.attr in _FRAME_SENSITIVE:
            node.value = value
            return node
        name = self._mangled(node.attr)
        is_load = isinstance(node.ctx, ast.Load)
        number = self._site(node, "read" if is_load else "write", name, f"{label}.{name}")
        helper = "get" if is_load else "set"
        node.value = self._call(node, helper, value, ast.Constant(name), ast.Constant(number))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if self._scope is None:
            return self.generic_visit(node)
        op: Operation = "read" if isinstance(node.ctx, ast.Load) else "write"
        number = self._site(node, op, "", self._label(node.value))
        node.value = self.visit(node.value)
        key = self._key(node.slice)
        site = ast.Constant(number)
        if self._is_plain(key):
            node.value = self._call(node, "item", node.value, key, site)
            node.slice = key
        else:
            node.value = self._call(node, "item_keep", node.value, key, site)
            node.slice = self._call(node, "kept_key")
        return node

    def _key(self, key: ast.expr) -> ast.expr:
        if isinstance(key, ast.Slice):
            parts = [part or ast.Constant(None) for part in (key.lower, key.upper, key.step)]
            return self._call(key, "slice", *[cast(ast.expr, self.visit(part)) for part in parts])
        if isinstance(key, ast.Tuple):
            key.elts = [self._key(element) for element in key.elts]
            return key
        return cast(ast.expr, self.visit(key))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load) or not self._is_shared_global(node.id):
            return node
        number = self._site(node, "read", node.id, node.id)
        point = self._call(node, "get_global", ast.Constant(node.id), ast.Constant(number))
        return ast.copy_location(ast.BoolOp(ast.Or(), [point, node]), node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.AST]:
        value = node.value
        node.value = self._stored(value, node.targets)
        before = self._unpacked_globals(node, node.targets)
        node.targets = [self.visit(target) for target in node.targets]
        return [*before, node] if before else node

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        before = self._unpacked_globals(node, [ast.Tuple([node.target], ast.Store())])
        visited = self.generic_visit(node)
        return [*before, visited] if before else visited

    def visit_Delete(self, node: ast.Delete) -> ast.AST | list[ast.AST]:
        before: list[ast.AST] = []
        for target in node.targets:
            if isinstance(target, ast.Name) and self._is_shared_global(target.id):
                before.append(self._global_point(target))
        visited = self.generic_visit(node)
        return [*before, visited] if before else visited

    def _stored(self, value: ast.expr, targets: Sequence[ast.expr]) -> ast.expr:
        """Visit the value of an assignment; note what flows into attributes, items and globals."""
        scope = self._scope
        if scope is None:
            return cast(ast.expr, self.visit(value))
        reads = scope.flows.reads_in(value) if scope.flows else set()
        visited = cast(ast.expr, self.visit(value))
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, (ast.Attribute, ast.Subscript)):
                    self._pending_writes[part] = reads
            if isinstance(target, ast.Name) and self._is_shared_global(target.id):
                number = self._site(target, "write", target.id, target.id)
                self._writes.append((number, reads))
                name, site = ast.Constant(target.id), ast.Constant(number)
                visited = self._call(target, "set_global", visited, name, site)
        return visited

    def _unpacked_globals(self, node: ast.AST, targets: Sequence[ast.expr]) -> list[ast.AST]:
        """Points before a statement that stores globals by unpacking: there is no value to wrap."""
        return [
            self._global_point(part)
            for target in targets
            if not isinstance(target, ast.Name)
            for part in ast.walk(target)
            if isinstance(part, ast.Name)
            and isinstance(part.ctx, ast.Store)
            and self._is_shared_global(part.id)
        ]

    def _global_point(self, name: ast.Name) -> ast.Expr:
        number = self._site(name, "write", name.id, name.id)
        arguments = (ast.Constant(None), ast.Constant(name.id), ast.Constant(number))
        call = self._call(name, "set_global", *arguments)
        return ast.copy_location(ast.Expr(call), name)

    # -- augmented assignment ---------------------------------------------------------

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.AST]:
        scope, target = self._scope, node.target
        if scope is None or (
            isinstance(target, ast.Name) and not self._is_shared_global(target.id)
        ):
            return self.generic_visit(node)
        reads = scope.flows.reads_in(node.value) if scope.flows else set()
        before, load, store = self._split_target(target)
        loaded = self.visit(load)
        value = cast(ast.expr, self.visit(node.value))
        new_value: ast.expr = ast.Name("@v", ast.Load())
        if isinstance(store, ast.Name):
            new_value = self._stored(new_value, [store])
        stored = self.visit(store)
        write = self._numbers[store]
        self._writes.append((write, reads | {load}))
        SITES[write].idempotent = isinstance(node.op, (ast.BitOr, ast.BitAnd))
        temporaries = ["@v", *[t.id for s in before for t in s.targets if isinstance(t, ast.Name)]]
        statements: list[ast.AST] = [
            *before,
            ast.Assign([ast.Name("@v", ast.Store())], loaded),
            ast.AugAssign(ast.Name("@v", ast.Store()), node.op, value),
            ast.Assign([stored], new_value),
            ast.Delete([ast.Name(name, ast.Del()) for name in temporaries]),
        ]
        for statement in statements:
            for part in ast.walk(statement):
                if not hasattr(part, "lineno"):
                    ast.copy_location(part, node)
        return statements

    def _split_target(self, target: ast.expr) -> tuple[list[ast.Assign], ast.expr, ast.expr]:
        """Return statements that evaluate the target's parts once, an expression to load, one to store."""
        if isinstance(target, ast.Name):
            return [], ast.Name(target.id, ast.Load()), target
        assert isinstance(target, (ast.Attribute, ast.Subscript))
        before: list[ast.Assign] = []
        owner = self._once(target.value, "@o", before)
        if isinstance(target, ast.Attribute):
            load: ast.expr = ast.Attribute(owner, target.attr, ast.Load())
            store: ast.expr = ast.Attribute(owner, target.attr, ast.Store())
        else:
            key = self._once(target.slice, "@k", before)
            load = ast.Subscript(owner, key, ast.Load())
            store = ast.Subscript(owner, key, ast.Store())
        for expression in (load, store):
            ast.copy_location(expression, target)
            self._labels[expression] = self._label(target.value)
        return before, load, store

    def _once(self, part: ast.expr, temporary: str, before: list[ast.Assign]) -> ast.expr:
        if self._is_plain(part):
            return part
        value = self._key(part)
        before.append(ast.Assign([ast.Name(temporary, ast.Store())], value))
        return ast.copy_location(ast.Name(temporary, ast.Load()), part)

    # -- calls ------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> ast.AST:
        callee = node.func
        if (
            self._scope is None
            or not isinstance(callee, ast.Attribute)
            or not self._is_shared_object(callee.value)
        ):
            return self.generic_visit(node)
        label = self._label(callee.value)
        plain = all(self._is_inert(part) for part in self._arguments(node))
        keyed = bool(node.args) and callee.attr in KEYED
        key = node.args[0] if plain and keyed and self._is_plain(node.args[0]) else None
        callee.value = self.visit(callee.value)
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        if callee.attr in LOCK_METHODS:
            number = self._site(node, "call", "", label)
            node.func = self._call(callee, "sync_method", callee, ast.Constant(number))
        elif callee.attr not in METHOD_NAMES:
            name = self._mangled(callee.attr)
            number = self._site(callee, "read", name, f"{label}.{name}")
            arguments = (ast.Constant(name), ast.Constant(number))
            callee.value = self._call(callee, "call_attr", callee.value, *arguments)
        else:
            self._precede_method(node, callee, label, plain, key)
        return node

    def _precede_method(
        self, node: ast.Call, callee: ast.Attribute, label: str, plain: bool, key: ast.expr | None
    ) -> None:
        number = self._site(node, "call", callee.attr, label)
        arguments: list[ast.expr] = [ast.Constant(callee.attr), ast.Constant(number)]
        helper = "call_method" if plain else "call_method_then"
        if key is not None:
            arguments.append(key)
        callee.value = self._call(callee, helper, callee.value, *arguments)
        if not plain:
            self._follow_last_argument(node, number)

    def _follow_last_argument(self, node: ast.Call, number: int) -> None:
        for holder in [*reversed(node.keywords), *reversed(node.args)]:
            expression = holder.value if isinstance(holder, (ast.keyword, ast.Starred)) else holder
            if self._is_inert(expression):
                continue
            is_key = bool(node.args) and holder is node.args[0]
            followed = self._call(
                expression, "then", expression, ast.Constant(number), ast.Constant(is_key)
            )
            if isinstance(holder, (ast.keyword, ast.Starred)):
                holder.value = followed
            else:
                node.args[node.args.index(holder)] = followed
            return

    @staticmethod
    def _arguments(node: ast.Call) -> list[ast.expr]:
        return [*node.args, *[keyword.value for keyword in node.keywords]]

    def visit_With(self, node: ast.With) -> ast.AST:
        if self._scope is not None:
            for item in node.items:
                number = self._site(
                    item.context_expr, "acquire", "", self._label(item.context_expr)
                )
                manager = cast(ast.expr, self.visit(item.context_expr))
                item.context_expr = self._call(manager, "enter_with", manager, ast.Constant(number))
                item.optional_vars = item.optional_vars and self.visit(item.optional_vars)
            node.body = self._visit_body(node.body)
            return node
        return self.generic_visit(node)

    # -- small questions --------------------------------------------------------------

    def _is_shared_object(self, node: ast.expr) -> bool:
        """Whether attributes of ``node`` may be data: not of ``super()``, nor of pytest's own temporaries."""
        if isinstance(node, ast.Name):
            return not node.id.startswith("@") or node.id == "@o"
        return not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
        )

    def _is_shared_global(self, name: str) -> bool:
        scope = self._scope
        if scope is None or name not in self._globals:
            return False
        return name in scope.declared_global or name not in scope.local

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether evaluating ``node`` twice is the same as once, whatever other threads do."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.operand, ast.Constant)
        if isinstance(node, ast.Name):
            return node.id in ("@o", "@k") or (
                self._scope is not None and node.id in self._scope.plain
            )
        return False

    def _is_inert(self, node: ast.expr) -> bool:
        """Whether evaluating ``node`` touches nothing shared."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return all(self._is_inert(element) for element in node.elts)
        if isinstance(node, ast.Dict):
            parts = [*[key for key in node.keys if key], *node.values]
            return None not in node.keys and all(self._is_inert(part) for part in parts)
        return isinstance(node, ast.Lambda) or self._is_plain(node)

    def _mangled(self, name: str) -> str:
        if not self._classes or not name.startswith("__") or name.endswith("__"):
            return name
        owner = self._classes[-1].lstrip("_")
        return f"_{owner}{name}" if owner else name

    def _label(self, node: ast.expr) -> str:
        """Return how the source names ``node``, with the class's name for ``self`` and ``cls``."""
        text = ast.unparse(node)
        head, dot, rest = text.partition(".")
        if self._classes and head in ("self", "cls"):
            return f"{self._classes[-1]}{dot}{rest}"
        return text

    def _site(self, node: ast.AST, op: Operation, name: str, label: str) -> int:
        assert self._scope is not None
        known = self._labels.get(node)
        if known is not None:
            label = f"{known}.{name}" if name else known
        number = add_site(
            InstrumentedSite(
                self._path,
                getattr(node, "lineno", 0),
                getattr(node, "col_offset", 0),
                self._scope.function,
                op,
                name,
                label,
            )
        )
        self._numbers[node] = number
        if node in self._pending_writes:
            self._writes.append((number, self._pending_writes.pop(node)))
        return number

    @staticmethod
    def _call(node: ast.AST, helper: str, *arguments: ast.expr) -> ast.expr:
        call = ast.Call(ast.Name("@" + helper, ast.Load()), list(arguments), [])
        for part in (call, call.func, *arguments):
            if not hasattr(part, "lineno"):
                ast.copy_location(part, node)
        return call
