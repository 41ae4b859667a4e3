"""Names by other names: variables, functions, keywords."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_FAMILIES = (
    ("min", "max", "sum"),
    ("any", "all"),
    ("int", "float", "str", "round", "Decimal", "bool"),
    ("list", "tuple", "set", "sorted", "frozenset", "dict"),
    ("sorted", "reversed", "list"),
    ("range", "enumerate", "len", "reversed"),
    ("floor", "ceil", "round", "trunc", "int"),
    ("isinstance", "issubclass"),
    ("getattr", "hasattr"),
    ("chr", "ord"),
    ("zip", "zip_longest"),
)


_KEYWORDS = (
    ("days", "hours", "minutes", "seconds", "weeks", "milliseconds"),
    ("key", "reverse", "default"),
    ("start", "step"),
    ("sep", "end"),
    ("year", "month", "day"),
)


@operator(
    "variable",
    ast.Name,
    weight=0.7,
    examples=(
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
        ("def f(a, b):\n    c = a\n    return b\n", "def f(a, b):\n    c = b\n    return b\n"),
    ),
)
def variable(site: Site) -> Iterator[Rewrite]:
    """A variable by another that is in scope, the nearest first."""
    node = site.node
    assert isinstance(node, ast.Name)
    if isinstance(site.parent, ast.Call) and node is site.parent.func:
        return
    if not isinstance(node.ctx, ast.Load):
        yield from _target(site, node)
        return
    others = [n for n in site.scope.variables if n != node.id]
    reads = site.scope.reads
    # code has no variables that nobody reads: a repair does not make one, and often puts one to use
    last, risk = (0.6, 0.3) if reads[node.id] == 1 and node.id in site.scope.variables else (1.0, 0.0)
    for index, other in enumerate(others[:25]):
        unread = 1.4 if not reads[other] else 1.0
        likeness = 1.15 if _alike(other, node.id) else 1.0
        # nor does it often hold a value against itself: that passes thin tests by chance
        twin, odd = (0.4, 0.3) if _beside(site, other) else (1.0, 0.0)
        yield site.replace(other, 0.98**index * likeness * last * unread * twin, max(risk, odd))
    for other in _constants_like(site, node.id):
        yield site.replace(other, 0.9)
    for attribute in site.scope.attributes.get("self", ())[:15]:
        if "self" in site.scope.parameters and attribute not in methods_of(site):
            yield site.replace(f"self.{attribute}", 1.0 if attribute.lstrip("_") == node.id else 0.35)


def _beside(site: Site, name: str) -> bool:
    """Whether ``name`` is the other operand already, as in ``name * node`` or ``node < name``."""
    parent = site.parent
    sides: list[ast.expr] = []
    if isinstance(parent, ast.BinOp):
        sides = [parent.left, parent.right]
    elif isinstance(parent, ast.Compare):
        sides = [parent.left, *parent.comparators]
    return any(isinstance(side, ast.Name) and side.id == name for side in sides)


def _constants_like(site: Site, name: str) -> list[str]:
    """Imported constants of the same family, ``ROUND_DOWN`` for ``ROUND_UP``."""
    head = name.split("_")[0]
    return [n for n in site.scope.callables if name.isupper() and n != name and n.isupper() and n.split("_")[0] == head]


def _target(site: Site, node: ast.Name) -> Iterator[Rewrite]:
    if isinstance(site.parent, ast.Assign | ast.AugAssign | ast.AnnAssign):
        for index, other in enumerate(n for n in site.scope.variables[:20] if n != node.id):
            yield site.replace(other, 0.5 * 0.98**index)
        if "self" in site.scope.parameters:
            for attribute in site.scope.attributes.get("self", ())[:15]:
                yield site.replace(f"self.{attribute}", 0.9 if attribute.lstrip("_") == node.id else 0.15)


def _alike(a: str, b: str) -> bool:
    return a[:3] == b[:3] or a[-3:] == b[-3:]


def methods_of(site: Site) -> set[str]:
    owner = site.source.class_of(site.node)
    return {s.name for s in owner.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)} if owner else set()


@operator(
    "function",
    ast.Call,
    weight=0.75,
    examples=(
        ("x = any(y)\n", "x = all(y)\n"),
        ("def g(): ...\ndef h(): ...\nx = g()\n", "def g(): ...\ndef h(): ...\nx = h()\n"),
    ),
)
def function(site: Site) -> Iterator[Rewrite]:
    """A called function by one of its family, or by another of the module."""
    node = site.node
    assert isinstance(node, ast.Call)
    if not isinstance(node.func, ast.Name):
        return
    name = node.func.id
    family = [other for members in _FAMILIES if name in members for other in members if other != name]
    known = set(site.scope.callables)
    for other in dict.fromkeys(family):
        if site.scope.is_builtin(other) or other in known:
            yield site.replace(other, 1.0, node=node.func)
    for other in site.scope.callables[:20]:
        if other != name and other not in family:
            yield site.replace(other, 0.25 if site.scope.is_builtin(other) else 0.45, node=node.func)


@operator(
    "keyword name",
    ast.keyword,
    weight=0.6,
    examples=(
        ("x = timedelta(days=1)\n", "x = timedelta(hours=1)\n"),
        ("def g(a, b):\n    f(a=b, b=a)\n", "def g(a, b):\n    f(a=a, b=a)\n"),
    ),
)
def keyword_name(site: Site) -> Iterator[Rewrite]:
    """A keyword by a sibling, or its value by the variable of the same name."""
    node = site.node
    assert isinstance(node, ast.keyword)
    if node.arg is None:
        return
    start = site.source.span(node)[0]
    for members in _KEYWORDS:
        for other in members if node.arg in members else ():
            if other != node.arg:
                yield site.splice(start, start + len(node.arg), other)
    if node.arg in site.scope.variables and site.source.segment(node.value) != node.arg:
        yield site.replace(node.arg, 1.3, node=node.value)
    if "self" in site.scope.parameters and node.arg in site.scope.attributes.get("self", ()):
        yield site.replace(f"self.{node.arg}", 1.2, node=node.value)
