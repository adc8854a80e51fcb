"""What every part of the rewriter needs: where it is, what it knows about names, sites, calls of
helpers."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from pytest_concurrency.instrument.analysis.containers import Containers
from pytest_concurrency.instrument.analysis.expressions import Compared
from pytest_concurrency.instrument.analysis.flows import Flows
from pytest_concurrency.instrument.analysis.imports import Imports
from pytest_concurrency.instrument.analysis.labels import label_of
from pytest_concurrency.instrument.analysis.names import mangled
from pytest_concurrency.instrument.analysis.tracking import Tracking
from pytest_concurrency.instrument.analysis.values import NOTHING, Value
from pytest_concurrency.instrument.rewriting.numbers import mark_number, site_number
from pytest_concurrency.model import Operation
from pytest_concurrency.runtime.helpers.marks import Meaning, Origin
from pytest_concurrency.runtime.trace.sites import InstrumentedSite

OWNER = "@o"
KEY = "@k"
"""Temporaries of augmented assignments: locals for the time of one statement."""
_MARKING = ("mark", "marked")
"""Helpers that get the number of a mark; all others get those of sites."""


class NameScope(NamedTuple):
    """What is known about names where we are."""

    function: str
    plain: frozenset[str] = frozenset()
    constant: frozenset[str] = frozenset()
    local: frozenset[str] = frozenset()
    """Names bound in this or an enclosing function: not global."""
    imported: frozenset[str] = frozenset()
    """Those of them that only imports bind."""
    declared_global: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()
    """Closure cells that somebody rebinds."""
    variables: frozenset[str] = frozenset()
    """Names that this or an enclosing function, or the module, binds to values, not to a function
    or class that it defines."""
    flows: Flows | None = None
    tracking: Tracking | None = None
    """None if no write in the function needs marks."""
    class_names: frozenset[str] | None = None
    """In a class body: the names bound there, which are looked up first."""
    is_generator: bool = False


_WITH_BODIES = (
    *(ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.ExceptHandler, ast.match_case),
)
"""What binds names right before a block of statements."""


class Builder(ast.NodeTransformer):
    """The state of one rewriting, and the small questions about it."""

    def __init__(
        self,
        path: str,
        shared_globals: frozenset[str],
        containers: Containers,
        defined: frozenset[str],
        imports: Imports,
    ) -> None:
        self._path = path
        self._imports = imports
        self._globals = shared_globals
        self._containers = containers
        self._defined = defined
        """Names of the functions and methods that the file defines."""
        self._asserted: dict[str, ast.expr] = {}
        """What pytest's assertion rewriting has put into variables of its own."""
        self._class: str | None = None
        """The innermost class, for private names."""
        self._scope: NameScope | None = None
        """None outside of functions: what runs at import is not rewritten."""
        self._sites: list[InstrumentedSite] = []
        self._meanings: list[Meaning] = []
        """The file's own tables: numbers count from its first site, its first mark."""
        self._path_of_names: list[str] = []
        """The names of the classes and functions around, for people."""
        self._numbers: dict[ast.AST, int] = {}
        self._looks: dict[ast.AST, set[int]] = {}
        """Sites where a container is looked at as a whole, by the node that gives it."""
        self._writes: dict[int, tuple[Value, Compared]] = {}
        """By site: what is stored there, and which values have been found to be equal before."""
        self._pending: dict[ast.AST, tuple[Value, Compared]] = {}
        """The same for targets not visited yet."""
        self._given_away: set[ast.AST] = set()
        self._marks: list[tuple[int, ast.AST, Tracking, bool]] = []
        """Marks made: number, statement, whether it stands before that."""

    def resolve_flows(self) -> None:
        """Tell each site what flows into it, or from it; all numbers are known now."""
        for number, (value, compared) in self._writes.items():
            self._sites[number] = replace(
                self._sites[number],
                flows=self._sites_of(value.reads),
                is_given=value.is_foreign,
                compared=frozenset(
                    (self._sites_of(one), self._sites_of(other)) for one, other in compared
                ),
            )
        for number in self._sites_of(self._given_away):
            self._sites[number] = replace(self._sites[number], is_given_away=True)
        for number, node, tracking, is_before in self._marks:
            if is_before:
                self._meanings[number] = Meaning(stored=tuple(self._stored_at(node, tracking)))
            else:
                bound = tracking.definitions(node)
                origins = [(name, self._origin(value)) for name, value in bound.items()]
                repeats = isinstance(node, (ast.For, ast.AsyncFor))
                self._meanings[number] = Meaning(bound=tuple(origins), repeats=repeats)

    def _stored_at(self, node: ast.AST, tracking: Tracking) -> Iterator[tuple[int, Origin]]:
        for target in tracking.targets_in(node):
            number = self._numbers.get(target)
            if number in self._writes:
                self._sites[number] = replace(self._sites[number], is_tracked=True)
                yield number, self._origin(self._writes[number][0])

    def _origin(self, value: Value) -> Origin:
        return Origin(self._sites_of(value.direct), value.names)

    def _sites_of(self, nodes: Iterable[ast.AST]) -> frozenset[int]:
        """Translate nodes to site numbers; nodes that are no sites are left out."""
        found: set[int] = set()
        for node in nodes:
            found.update(self._looks.get(node, ()))
            if node in self._numbers:
                found.add(self._numbers[node])
        return frozenset(found)

    # -- marks --------------------------------------------------------------------------

    def visit(self, node: ast.AST) -> Any:
        """Visit a node; if the function needs them, put marks where names are bound and before
        what stores them."""
        if not node._fields:
            return node  # an operator, a context: there are as many as there are others
        tracking = self._scope.tracking if self._scope is not None else None
        visited = super().visit(node)
        if tracking is None:
            return visited
        is_bound = bool(tracking.definitions(node))
        if isinstance(node, _WITH_BODIES):
            if is_bound:
                node.body.insert(0, self._mark(node, tracking))
        elif isinstance(node, ast.NamedExpr) and is_bound:
            node.value = self._call(node, "marked", node.value, self._new_mark(node, tracking))
        elif isinstance(node, ast.stmt):
            around = visited if isinstance(visited, list) else [visited]
            if tracking.targets_in(node):
                around = [self._mark(node, tracking, is_before=True), *around]
            return [*around, self._mark(node, tracking)] if is_bound else around
        return visited

    def _begin_tracking(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Let a function that needs marks begin with one."""
        assert self._scope is not None
        if self._scope.tracking is not None:
            self._meanings.append(Meaning(begins=True))
            first = node.body[0]
            is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            call = self._call(first, "mark", len(self._meanings) - 1)
            node.body.insert(bool(is_text), ast.copy_location(ast.Expr(call), first))

    def _mark(self, node: ast.AST, tracking: Tracking, *, is_before: bool = False) -> ast.Expr:
        number = self._new_mark(node, tracking, is_before=is_before)
        return ast.copy_location(ast.Expr(self._call(node, "mark", number)), node)

    def _new_mark(self, node: ast.AST, tracking: Tracking, *, is_before: bool = False) -> int:
        self._meanings.append(Meaning())
        self._marks.append((len(self._meanings) - 1, node, tracking, is_before))
        return len(self._meanings) - 1

    def _visit_expr(self, node: ast.expr) -> ast.expr:
        return cast(ast.expr, self.visit(node))

    def _visit_body(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in body:
            visited = self.visit(statement)
            result.extend(visited if isinstance(visited, list) else [visited])
        return result

    # -- questions ----------------------------------------------------------------------

    def _is_shared_object(self, node: ast.expr) -> bool:
        """Whether attributes of ``node`` may be data: not of ``super()``, nor of pytest's own
        helpers."""
        if isinstance(node, ast.Name):
            return not node.id.startswith("@") or node.id.startswith("@py_assert")
        is_super = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return not (is_super and cast(ast.Name, cast(ast.Call, node).func).id == "super")

    def _is_shared_global(self, name: str) -> bool:
        scope = self._scope
        if scope is None or mangled(name, self._class) not in self._globals:
            return False
        if name in scope.declared_global:
            return True
        return name not in scope.local and name not in (scope.class_names or ())

    def _is_shared_cell(self, name: str) -> bool:
        scope = self._scope
        if scope is None or name in (scope.class_names or ()):
            return False
        return name in scope.cells

    def _is_global_name(self, name: str) -> bool:
        """Whether ``name`` is that of a built-in function or a module, not a local that may hold
        any value.
        """
        scope = self._scope
        return scope is not None and (name not in scope.local or name in scope.imported)

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether evaluating ``node`` twice in a row is the same as once, whatever other threads
        do."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.operand, ast.Constant)
        if isinstance(node, ast.Name):
            if node.id in (OWNER, KEY):
                return True
            return self._scope is not None and node.id in self._scope.plain
        return False

    def _is_inert(self, node: ast.expr) -> bool:
        """Whether evaluating ``node`` touches nothing shared."""
        if isinstance(node, (ast.Tuple, ast.List)):
            return all(self._is_inert(element) for element in node.elts)
        if isinstance(node, ast.Lambda):
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            return all(self._is_inert(default) for default in defaults)
        return self._is_plain(node)

    # -- building -----------------------------------------------------------------------

    def _label(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            node = self._asserted.get(node.id, node)
        return label_of(node, self._class)

    def _mangled(self, name: str) -> str:
        return mangled(name, self._class)

    def _new_site(self, node: ast.AST, op: Operation, name: str, label: str) -> int:
        """Enter an operation at ``node`` into the file's table and return its number there."""
        assert self._scope is not None
        place = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        function = self._scope.function
        self._sites.append(InstrumentedSite(self._path, *place, function, op, name, label))
        return len(self._sites) - 1

    def _site(self, node: ast.AST, op: Operation, name: str, label: str) -> int:
        """Like ``_new_site``, for the operation that ``node`` is in the flow of data."""
        number = self._new_site(node, op, name, label)
        self._numbers[node] = number
        if node in self._pending:
            self._writes[number] = self._pending.pop(node)
        elif isinstance(node, ast.Call) and self._scope is not None and self._scope.flows:
            given = self._scope.flows.into(node)
            # What a method stores is seen only as far as it is given something.
            self._writes[number] = (Value(is_foreign=given is not NOTHING), frozenset())
        return number

    @staticmethod
    def _call(node: ast.AST, helper: str, *arguments: ast.expr | str | int) -> ast.Call:
        """Make a call of a helper, located at ``node``; integers are numbers of sites or marks."""
        numbered = mark_number if helper in _MARKING else site_number
        values: list[Any] = [
            numbered(part) if isinstance(part, int) else part for part in arguments
        ]
        parts = [part if isinstance(part, ast.expr) else ast.Constant(part) for part in values]
        call = ast.Call(ast.Name("@" + helper, ast.Load()), parts, [])
        for part in (call, call.func, *parts):
            if not hasattr(part, "lineno"):
                ast.copy_location(part, node)
        return call
