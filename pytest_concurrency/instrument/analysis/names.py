"""What the rewriter must know about names: what is local, what may be read twice, what somebody
rebinds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

ITERATORS = frozenset({"enumerate", "zip", "map", "filter", "reversed", "iter"})
FRESH = ITERATORS | {"range", "sorted", "list", "tuple", "set", "frozenset", "dict"}
"""Functions that return something new, which nobody else knows yet."""
_GIVING = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BoolOp, ast.NamedExpr)
"""What may give a container that others know."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)
DISPLAYS = (ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)
"""Expressions that make a container."""


def mangled(name: str, class_name: str | None) -> str:
    """Return what the compiler makes of ``name`` inside a class."""
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    owner = class_name.lstrip("_")
    return f"_{owner}{name}" if owner else name


_WITHOUT_CHILDREN = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "kind", "module", "level", "simple", "is_async"}
    | {"conversion", "type_comment", "rest", "type_ignores"}
)
"""Fields in which there is nothing to be found: texts, numbers, contexts and operators."""


@cache
def _with_children(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field for field in fields if field not in _WITHOUT_CHILDREN)


def children_of(node: ast.AST) -> list[ast.AST]:
    """Return what ``ast.iter_child_nodes`` does, without contexts and operators, in a third of the
    time: a file is walked through again and again.
    """
    found: list[ast.AST] = []
    for field in _with_children(node._fields):
        value = getattr(node, field, None)
        if type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def all_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk through a tree as ``ast.walk`` does, from the outside in."""
    level = [tree]
    while level:
        yield from level
        level = [child for node in level for child in children_of(node)]


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Walk the body of a function or class without the bodies of nested scopes."""
    body = getattr(scope, "body", [])
    stack: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack += children_of(node)


def functions_in(tree: ast.Module) -> frozenset[str]:
    """Return the names of all functions that a file defines, methods among them."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in all_nodes(tree) if isinstance(node, functions))


def is_generator(function: ast.FunctionDef) -> bool:
    """Whether calling it makes a generator with steps of its own."""
    return any(isinstance(node, ast.Yield) for node in own_nodes(function))


def bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that one node binds or deletes in the scope that it is in."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        yield from filter(None, [node.name])
    elif isinstance(node, ast.MatchMapping):
        yield from filter(None, [node.rest])
    elif isinstance(node, _COMPREHENSIONS):
        # Walrus targets inside of comprehensions belong to the function around them.
        inner = [part for part in all_nodes(node) if isinstance(part, ast.NamedExpr)]
        yield from (part.target.id for part in inner)


def _parameters(function: FunctionNode) -> frozenset[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return frozenset(argument.arg for argument in every)


def _bound_often(own: Iterable[ast.AST], parameters: frozenset[str]) -> set[str]:
    """Return the names that a body binds more than once: in two places, or in a loop."""
    once = set(parameters)
    often: set[str] = set()
    for node in own:
        names = list(bound_by(node))
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            looped = [
                *own_nodes(node),
                *(all_nodes(node.target) if hasattr(node, "target") else ()),
            ]
            often.update(name for part in looped for name in bound_by(part))
        often.update(once.intersection(names))
        once.update(names)
    return often


def _captured(own: Iterable[ast.AST]) -> set[str]:
    """Return the names (and some more) that functions defined in a body take from around them."""
    names: set[str] = set()
    for node in own:
        if isinstance(node, _SCOPES):
            for function in [part for part in all_nodes(node) if isinstance(part, _FUNCTIONS)]:
                used = {part.id for part in all_nodes(function) if isinstance(part, ast.Name)}
                bound = {name for part in own_nodes(function) for name in bound_by(part)}
                names |= used - bound - _parameters(function)
    return names


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one function or class body."""

    bound: frozenset[str]
    """Local to it, whether plain or shared with nested functions."""
    declared_global: frozenset[str]
    plain: frozenset[str]
    """Locals that give the same value when read twice in a row, whatever other threads do."""
    constant: frozenset[str]
    """Parameters that nobody rebinds: plain in nested functions, too."""
    variables: frozenset[str]
    """Those that may hold any value: parameters, and what is assigned."""
    rebound: frozenset[str]
    """Locals that a nested function binds, or that are bound more than once and known to one: cells
    that change."""
    imported: frozenset[str]
    """Locals that nothing but imports binds."""


def names_of(scope: FunctionNode | ast.ClassDef) -> Names:
    """Look at a function's (or class's) body and at what its nested scopes mention."""
    parameters = frozenset() if isinstance(scope, ast.ClassDef) else _parameters(scope)
    stored: set[str] = set()
    declared_global: set[str] = set()
    declared_nonlocal: set[str] = set()
    mentioned: set[str] = set()
    nested_nonlocal: set[str] = set()
    imported: set[str] = set()
    own = list(own_nodes(scope))
    for node in own:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported.update(bound_by(node))
        else:
            stored.update(bound_by(node))
        if isinstance(node, ast.Global):
            declared_global.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            declared_nonlocal.update(node.names)
        elif isinstance(node, _SCOPES):
            for inner in all_nodes(node):
                if isinstance(inner, ast.Name):
                    mentioned.add(inner.id)
                elif isinstance(inner, ast.Nonlocal):
                    nested_nonlocal.update(inner.names)
    only_imported = imported - stored - parameters - nested_nonlocal
    stored |= imported
    bound = (parameters | stored) - declared_global - declared_nonlocal
    constant = parameters - stored - nested_nonlocal
    captured = _captured(own) if mentioned else set()
    return Names(
        frozenset(bound),
        frozenset(declared_global),
        frozenset(bound - mentioned - nested_nonlocal) | constant,
        frozenset(constant),
        parameters | _variables_in(own),
        frozenset(
            bound & (nested_nonlocal | (captured and captured & _bound_often(own, parameters)))
        ),
        frozenset(only_imported & bound),
    )


def variables_of(scope: ast.AST) -> frozenset[str]:
    """Return the names that the body of a function or module binds to values, not to a function,
    class or module."""
    return _variables_in(own_nodes(scope))


def _variables_in(own: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        node.id for node in own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def comprehension_names(node: Comprehension) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a comprehension binds, and those of them that may be read twice."""
    bound: set[str] = set()
    nested: set[str] = set()
    for part in all_nodes(node):
        if isinstance(part, ast.comprehension):
            bound.update(
                name.id
                for name in all_nodes(part.target)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            )
        elif part is not node and isinstance(part, _SCOPES):
            nested.update(inner.id for inner in all_nodes(part) if isinstance(inner, ast.Name))
    return frozenset(bound), frozenset(bound - nested)


def shared_globals(module: ast.Module) -> frozenset[str]:
    """Return the globals (as the module's namespace knows them) that may be rebound while threads
    run: by some function here, or from another module.

    What other files do must not count: with different files loaded, the same test would have
    different scheduling points, and a replay would not fit.
    """
    names = _flags(module)
    stack: list[tuple[ast.AST, str | None]] = [(module, None)]
    while stack:
        node, class_name = stack.pop()
        if isinstance(node, ast.ClassDef):
            class_name = node.name
        elif isinstance(node, ast.Subscript):
            names.update(_item_of_globals(node))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            own = list(own_nodes(node))
            declared = [part for part in own if isinstance(part, ast.Global)]
            stored = {name for part in own for name in bound_by(part)} if declared else set()
            for part in declared:
                names.update(mangled(n, class_name) for n in stored.intersection(part.names))
        stack += [(child, class_name) for child in children_of(node)]
    return frozenset(names)


def _flags(module: ast.Module) -> set[str]:
    """Return the globals that start as a plain value and are not named like constants: flags,
    counters, what is made later."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return {name for name in names if not (name.isupper() or name.startswith("__"))}


def _item_of_globals(node: ast.Subscript) -> set[str]:
    """Return the name in ``globals()["name"] = ...``."""
    match node:
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id="globals")),
            slice=ast.Constant(value=str(name)),
            ctx=ast.Store() | ast.Del(),
        ):
            return {name}
    return set()


def may_be_shared(node: ast.expr) -> bool:
    """Whether ``node`` may give a container that other threads know."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id not in FRESH
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return not (isinstance(owner, ast.Name) and owner.id.startswith("@py"))
    return isinstance(node, _GIVING)
