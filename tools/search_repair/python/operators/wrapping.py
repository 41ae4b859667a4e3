"""Expressions wrapped in calls and taken out of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_WRAPPERS = (
    ("list({})", 0.5),
    ("sorted({})", 0.6),
    ("set({})", 0.4),
    ("len({})", 0.6),
    ("int({})", 0.5),
    ("str({})", 0.6),
    ("abs({})", 0.5),
    ("float({})", 0.35),
    ("tuple({})", 0.35),
    ("round({})", 0.3),
    ("round({}, 2)", 0.4),
    ("bool({})", 0.25),
    ("{}[::-1]", 0.4),
    ("reversed({})", 0.3),
    ("{}.strip()", 0.8),
    ("{}.lower()", 0.8),
    ("{}.copy()", 0.4),
    ("{}[0]", 0.35),
    ("{}[-1]", 0.3),
    ("{}[1:]", 0.4),
    ("{}[:-1]", 0.35),
    ("{}()", 0.3),
    ("{}.items()", 0.4),
    ("{}.values()", 0.3),
    ("enumerate({})", 0.3),
    ("sum({})", 0.25),
    ("max({})", 0.2),
    ("min({})", 0.2),
    ("await {}", 0.2),
    ("{} or []", 0.3),
    ("{} or ''", 0.2),
    ("{} or {{}}", 0.2),
    ("{} ** 2", 0.35),
    ("{} * 2", 0.15),
    ("{} // 2", 0.15),
    ("-{}", 0.4),
    ("max(0, {})", 0.6),
    ("max({}, 0)", 0.1),
    ("min(1, {})", 0.1),
    ("[{}]", 0.5),
    ("({},)", 0.2),
    ("iter({})", 0.1),
    ("{}.upper()", 0.2),
    ("{} % 2", 0.1),
    ("{}.split()", 0.2),
    ("dict({})", 0.2),
    ("{} or 0", 0.2),
    ("repr({})", 0.15),
    ("{}.date()", 0.1),
    ("list({}.items())", 0.05),
    ("not {}", 0.2),
    ("{} / 100", 0.1),
    ("{} * 100", 0.1),
    ("{}.total_seconds()", 0.1),
    ("{} is not None", 0.3),
    ("{} is None", 0.2),
    ("{} + 1", 0.15),
    ("{} - 1", 0.15),
    ("*{}", 0.25),
)


_USED = 1.7
"""How much likelier a function is that the code around calls already: what is done to one side is done to the other."""

_NUMERIC = frozenset(
    p
    for p, _ in _WRAPPERS
    if p.startswith(("int", "abs", "float", "round", "-", "max(", "min(")) or " *" in p or "/" in p
)


@operator(
    "wrap",
    ast.Name,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.BinOp,
    ast.ListComp,
    ast.GeneratorExp,
    weight=0.4,
    examples=(
        ("return_ = f(x)\n", "return_ = list(f(x))\n"),
        ("x = a + b\n", "x = max(0, a + b)\n"),
        ("x = y\n", "x = y[::-1]\n"),
        ("x = y - z\n", "x = abs(y - z)\n"),
        ("a.sort(key=lambda p: (p[1], p[0]))\n", "a.sort(key=lambda p: (-p[1], p[0]))\n"),
    ),
)
def wrap(site: Site) -> Iterator[Rewrite]:
    """An expression inside a call, or with a method, an index or a sign on it."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or len(site.text) > 60:
        return
    if isinstance(parent, ast.arg) or (isinstance(parent, ast.Call) and node is parent.func):
        return
    if _in_sort_key(site):
        yield site.replace(f"-{site.text}", 1.4)
    numeric, used = _is_numeric_place(site), site.scope.called
    for pattern, factor in _WRAPPERS:
        text = _filled(node, site.text, pattern)
        if text and _sensible(node, parent, pattern):
            fitting = (1.4 if pattern in _NUMERIC else 0.3) if numeric else 1.0
            fitting *= _USED if used & set(re.findall(r"[a-z_]{3,}", pattern)) else 1.0
            yield site.replace(text, factor * fitting * (0.7 if isinstance(parent, ast.Attribute) else 1.0))
    if isinstance(parent, ast.Attribute):
        return
    for name in site.scope.callables[:12]:
        if not site.scope.is_builtin(name) and name != getattr(getattr(node, "func", None), "id", None):
            yield site.replace(f"{name}({site.text})", 0.25)


def _in_sort_key(site: Site) -> bool:
    """Whether a node is what a ``key=lambda …`` returns, or one of a tuple of such."""
    outer = list(site.source.ancestors(site.node))[:3]
    outer = outer[1:] if outer and isinstance(outer[0], ast.Tuple) else outer
    return len(outer) > 1 and isinstance(outer[0], ast.Lambda) and isinstance(outer[1], ast.keyword)


def _is_numeric_place(site: Site) -> bool:
    parent = site.parent
    arithmetic = ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow
    return site.text in site.scope.numbers or (isinstance(parent, ast.BinOp) and isinstance(parent.op, arithmetic))


def _sensible(node: ast.AST, parent: ast.AST | None, pattern: str) -> bool:
    if pattern.startswith("*{"):
        return isinstance(parent, ast.Call | ast.List | ast.Tuple)
    if pattern.startswith("await"):
        return isinstance(node, ast.Call)
    if isinstance(parent, ast.Attribute):
        return pattern.startswith(("{}.", "{}["))
    return not isinstance(parent, ast.Expr)


def _filled(node: ast.AST, text: str, pattern: str) -> str | None:
    bare = pattern.startswith("{}") and not isinstance(
        node, ast.Name | ast.Call | ast.Attribute | ast.Subscript | ast.ListComp
    )
    if bare or pattern.startswith(("-{", "*{", "not {")):
        text = text if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
    if isinstance(node, ast.ListComp | ast.GeneratorExp) and pattern.startswith(("int", "float", "abs", "-", "round")):
        return None
    return pattern.format(text)


@operator(
    "unwrap",
    ast.Call,
    ast.Subscript,
    ast.Await,
    ast.List,
    weight=0.5,
    examples=(
        ("x = f(a)\n", "x = a\n"),
        ("x = a.b()\n", "x = a\n"),
        ("x = a[0]\n", "x = a\n"),
        ("x = a.b()\n", "x = a.b\n"),
    ),
)
def unwrap(site: Site) -> Iterator[Rewrite]:
    """A call by its argument or by the object it is called on; an element by what it is taken from."""
    node = site.node
    if isinstance(site.parent, ast.Expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.Call):
        if len(node.args) <= 3:
            for argument in node.args:
                if not isinstance(argument, ast.Starred | ast.GeneratorExp):
                    yield site.replace(site.source.segment(argument), 0.9 if len(node.args) == 1 else 0.5, 0.15)
        if isinstance(node.func, ast.Attribute):
            yield site.replace(site.source.segment(node.func.value), 0.7, 0.15)
        if not node.args and not node.keywords:
            yield site.replace(site.source.segment(node.func), 0.5)
    elif isinstance(node, ast.List):
        if len(node.elts) == 1:
            yield site.replace(site.source.segment(node.elts[0]), 0.6)
    elif isinstance(node, ast.Subscript | ast.Await):
        yield site.replace(site.source.segment(node.value), 0.7, 0.1)


@operator(
    "get or index",
    ast.Subscript,
    ast.Call,
    weight=0.5,
    examples=(
        ("x = d[k]\n", "x = d.get(k)\n"),
        ("x = d.get(k, 1)\n", "x = d[k]\n"),
        ("x = d[k]\n", "x = d.get(k, 0)\n"),
    ),
)
def get_or_index(site: Site) -> Iterator[Rewrite]:
    """``d[k]`` as ``d.get(k, …)`` and back."""
    node = site.node
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
        base, key = site.source.segment(node.value), site.source.segment(node.slice)
        missed = any(e.type == "KeyError" for e in site.errors)
        for default, factor in (
            ("", 1.0),
            (", 0", 0.9),
            (", []", 0.6),
            (", ''", 0.5),
            (f", {key}", 0.4),
            (", {}", 0.4),
            (", 1", 0.2),
            (", False", 0.2),
        ):
            yield site.replace(f"{base}.get({key}{default})", factor * (1.6 if missed else 0.7))
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pop")
        and node.args
    ):
        base, key = site.source.segment(node.func.value), site.source.segment(node.args[0])
        yield site.replace(f"{base}[{key}]", 0.8)
