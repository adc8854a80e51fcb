"""Rewrites a module's tree so that each access to something shared is preceded by a call into the
runtime.

The rewritten program means the same: evaluation order, exceptions, tracebacks and line numbers
stay, and no frame comes between a caller and a callee. This works because each helper *returns the
object* that the original expression named::

    obj.x                     ->  @get(obj, "x", 17).x
    obj.x = value             ->  @set(obj, "x", 18).x = value    (after value, as before)
    obj[key]                  ->  @item(obj, key, 19)[key]        if it may be evaluated twice
                                  @item_keep(obj, key, 19)[@kept_key()]
    counter (a global)        ->  @get_global(@globals(), "counter", 20) or counter
    total (a closure cell)    ->  @get_cell(lambda: total, 21) or total
    key in table              ->  key in @has(table, key, 22)
    for x in items            ->  for x in @whole(items, 23)
    with lock: ...            ->  with @enter_with(lock, 24, 25): ...

What else there is is told in ``augmented`` (``obj.x += 1``) and ``calls`` (``obj.append(x)``).
Helper names start with "@": no program can use them, and they are not mangled inside classes.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple, cast

from pytest_concurrency.instrument.analysis.containers import Containers
from pytest_concurrency.instrument.analysis.flows import Flows
from pytest_concurrency.instrument.analysis.imports import Imports
from pytest_concurrency.instrument.analysis.names import (
    Comprehension,
    FunctionNode,
    children_of,
    comprehension_names,
    functions_in,
    is_generator,
    names_of,
    shared_globals,
    variables_of,
)
from pytest_concurrency.instrument.analysis.tracking import Tracking
from pytest_concurrency.instrument.rewriting.builder import NameScope
from pytest_concurrency.instrument.rewriting.calls import Calls
from pytest_concurrency.runtime.effects.containers import CONTAINER_METHODS
from pytest_concurrency.runtime.helpers.marks import Meaning
from pytest_concurrency.runtime.trace.sites import InstrumentedSite


class Rewritten(NamedTuple):
    """A file's tree, and the tables that the numbers in it count in: its own."""

    tree: ast.Module
    sites: Sequence[InstrumentedSite]
    meanings: Sequence[Meaning]


def rewrite(tree: ast.Module, path: str) -> Rewritten:
    """Rewrite ``tree`` (of the file ``path``) in place; see ``numbers`` for what is left to do with
    the code that it is compiled to.
    """
    named = Containers.of(tree, CONTAINER_METHODS)
    shared, defined, imports = shared_globals(tree), functions_in(tree), Imports(tree)
    rewriter = _Rewriter(path, shared, named, defined, imports, variables_of(tree))
    rewritten = cast(ast.Module, rewriter.visit(tree))
    rewriter.resolve_flows()
    locate(rewritten)
    return Rewritten(rewritten, *rewriter.tables)


def locate(tree: ast.Module) -> None:
    """Give nodes without a location their parent's.

    ``ast.fix_missing_locations`` would also invent the end of nodes that have only a start, such as
    those that pytest's assertion rewriting makes, and put it before their start.
    """
    stack: list[tuple[ast.AST, ast.AST | None]] = [(tree, None)]
    while stack:
        node, parent = stack.pop()
        if "lineno" in node._attributes and not hasattr(node, "lineno") and parent is not None:
            ast.copy_location(node, parent)
        nearest = node if hasattr(node, "lineno") else parent
        stack += [(child, nearest) for child in children_of(node)]


class _Rewriter(Calls):
    """Walks through scopes; what is done with the expressions in them is inherited."""

    def __init__(
        self,
        path: str,
        shared_globals: frozenset[str],
        containers: Containers,
        defined: frozenset[str],
        imports: Imports,
        module_variables: frozenset[str],
    ) -> None:
        super().__init__(path, shared_globals, containers, defined, imports)
        self._module_variables = module_variables

    @property
    def tables(self) -> tuple[Sequence[InstrumentedSite], Sequence[Meaning]]:
        """Return the file's sites and what its marks mean, by number."""
        return self._sites, self._meanings

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | list[ast.AST]:
        points = self._points_at(node, [node.name])
        node.decorator_list = [self._visit_expr(entry) for entry in node.decorator_list]
        node.bases = [self._visit_expr(base) for base in node.bases]
        for keyword in node.keywords:
            keyword.value = self._visit_expr(keyword.value)
        outer, outer_class = self._scope, self._class
        self._class = node.name
        self._path_of_names.append(node.name)
        if outer is not None:
            # Names in a class body are looked up in the class first: none bound there is plain.
            names = names_of(node)
            self._scope = outer._replace(
                plain=outer.constant - names.bound,
                declared_global=names.declared_global,
                class_names=names.bound,
                flows=None,
                tracking=None,
            )
        node.body = self._visit_body(node.body)
        self._path_of_names.pop()
        self._scope, self._class = outer, outer_class
        return [*points, node]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | list[ast.AST]:
        return [*self._points_at(node, [node.name]), self._visit_function(node)]

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | list[ast.AST]:
        return [*self._points_at(node, [node.name]), self._visit_function(node)]

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.decorator_list = [self._visit_expr(entry) for entry in node.decorator_list]
        self._visit_defaults(node.args)
        outer = self._enter(node, node.name)
        generates = isinstance(node, ast.FunctionDef) and is_generator(node)
        if generates and self._scope is not None:
            self._scope = self._scope._replace(is_generator=True)
        node.body = self._visit_body(node.body)
        if generates:
            self._begin_generator(node.body)
        self._begin_tracking(node)
        self._leave(outer)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._visit_defaults(node.args)
        outer = self._enter(node, "<lambda>")
        node.body = self._visit_expr(node.body)
        self._leave(outer)
        return node

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self._visit_expr(default) for default in arguments.defaults]
        arguments.kw_defaults = [
            default and self._visit_expr(default) for default in arguments.kw_defaults
        ]

    def _enter(self, node: FunctionNode, name: str) -> NameScope | None:
        outer = self._scope
        around = outer or NameScope("", variables=self._module_variables)
        self._path_of_names.append(name)
        names = names_of(node)
        inherited = around.constant - names.bound
        flows = Flows(node)
        tracking = Tracking(flows)
        self._scope = NameScope(
            ".".join(self._path_of_names),
            plain=names.plain | inherited,
            constant=names.constant | inherited,
            local=(around.local | names.bound) - names.declared_global,
            imported=(around.imported - names.bound - names.declared_global) | names.imported,
            declared_global=names.declared_global,
            cells=((around.cells - names.bound) | names.rebound) - names.declared_global,
            variables=(around.variables - names.bound) | names.variables,
            flows=flows,
            tracking=tracking if tracking.targets else None,
        )
        self._given_away |= flows.given_away
        return outer

    def _leave(self, outer: NameScope | None) -> None:
        self._path_of_names.pop()
        self._scope = outer

    def _visit_comprehension(self, node: Comprehension) -> ast.AST:
        outer = self._scope
        if outer is None:
            return self.generic_visit(node)
        # The first iterable is evaluated outside.
        first = node.generators[0]
        label = self._label_of_loop(first.iter)
        iterable = self._visit_expr(first.iter)
        if not first.is_async:
            iterable = self._steps(iterable, label)
        first.iter = ast.Constant(None)
        bound, plain = comprehension_names(node)
        # Up to 3.11 a comprehension is a function: names of the function around it are cells in it.
        self._scope = outer._replace(
            plain=(outer.constant - bound) | plain,
            variables=outer.variables | bound,
            constant=outer.constant - bound,
            local=outer.local | bound,
            imported=outer.imported - bound,
            cells=outer.cells - bound,
            class_names=None,
        )
        visited = self.generic_visit(node)
        first.iter = iterable
        self._scope = outer
        return visited

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    # -- left alone -----------------------------------------------------------------------

    def visit_TypeAlias(self, node: ast.AST) -> ast.AST:
        # Evaluated when somebody asks for it, and never by the program itself.
        return node
