"""Expressions by others that already stand in the function: most repairs are made of tokens that are there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_MOST = 60


@operator(
    "fragment",
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.BinOp,
    ast.Compare,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.ListComp,
    weight=0.3,
    examples=(
        ("def f(a, b):\n    x = a[1:]\n    return g(a[0])\n", "def f(a, b):\n    x = a[1:]\n    return g(a[1:])\n"),
        ("def f(d, u, v):\n    d[u, v] = min(d[v], 1)\n", "def f(d, u, v):\n    d[v] = min(d[v], 1)\n"),
    ),
)
def fragment(site: Site) -> Iterator[Rewrite]:
    """An expression by another of the same function."""
    node, parent = site.node, site.parent
    if (isinstance(parent, ast.Call) and node is parent.func) or isinstance(parent, ast.Expr | ast.JoinedStr):
        return
    stored = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    if stored and not isinstance(node, ast.Subscript | ast.Attribute):
        return
    kind = _kind(node)
    for index, (text, other) in enumerate(_near(site)):
        if text == site.text or (isinstance(node, ast.Name) and isinstance(other, ast.Name)):
            continue
        if stored and not isinstance(other, ast.Subscript | ast.Attribute | ast.Name):
            continue
        alike = 1.0 if _kind(other) == kind else 0.6 if "any" in (kind, _kind(other)) else 0.2
        related = 1.2 if set(_names(node)) & set(_names(other)) else 0.9
        inside = 0.6 if text in site.text else 1.0
        yield site.replace(text, alike * related * inside * 0.995**index)


def _near(site: Site) -> list[tuple[str, ast.expr]]:
    line = getattr(site.node, "lineno", 0)
    return sorted(site.scope.fragments, key=lambda f: abs(f[1].lineno - line))[:_MOST]


def _names(node: ast.AST) -> list[str]:
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]


def _kind(node: ast.AST) -> str:
    if isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
        return "truth"
    if isinstance(node, ast.BinOp | ast.UnaryOp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    ):
        return "number"
    if isinstance(node, ast.List | ast.ListComp | ast.Tuple | ast.Dict | ast.Set | ast.SetComp | ast.GeneratorExp):
        return "container"
    if isinstance(node, ast.Constant):
        return "text"
    return "any"
