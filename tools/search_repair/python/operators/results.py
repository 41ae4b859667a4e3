"""What a function hands back: forgotten returns, yields, awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .layout import scope_of
from .registry import Rewrite, Site, operator


@operator(
    "return it",
    ast.Expr,
    ast.Assign,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    weight=0.7,
    examples=(
        ("def f(a):\n    a + 1\n", "def f(a):\n    return a + 1\n"),
        ("def f(a):\n    b = a\n    b.sort()\n", "def f(a):\n    b = a\n    b.sort()\n    return b\n"),
        ("def f(a):\n    b = a\n", "def f(a):\n    return a\n"),
    ),
)
def return_it(site: Site) -> Iterator[Rewrite]:
    """The forgotten ``return``: of an expression that goes nowhere, or of a variable at the end of a function."""
    node = site.node
    start = site.source.span(node)[0]
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant | ast.Yield | ast.YieldFrom):
        returns = any(isinstance(n, ast.Return) and n.value is not None for n in site.scope.nodes)
        yield site.splice(start, start, "return ", 0.4 if returns else 1.2)
    elif isinstance(node, ast.Assign) and site.scope.function is not None:
        yield site.splice(start, site.source.span(node.value)[0], "return ", 0.3, 0.2)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        last = node.body[-1]
        if isinstance(last, ast.Return | ast.Raise) or last.lineno == node.lineno:
            return
        inner = Site(site.source, last, scope_of(site, node), site.errors)
        for name in [*inner.scope.stored, *inner.scope.parameters][:10]:
            yield inner.insert_after(last, f"return {name}", 0.9 if name in inner.scope.stored else 0.6)


@operator(
    "yield",
    ast.Yield,
    ast.YieldFrom,
    ast.Return,
    ast.Expr,
    ast.For,
    ast.AsyncFor,
    ast.With,
    weight=0.6,
    examples=(
        ("def f(x):\n    yield g(x)\n", "def f(x):\n    yield from g(x)\n"),
        ("def f(x):\n    yield g(x)\n", "def f(x):\n    yield x\n"),
        ("def f(x):\n    return x\n", "def f(x):\n    yield x\n"),
        ("def f(x):\n    x\n", "def f(x):\n    yield x\n"),
    ),
)
def yields(site: Site) -> Iterator[Rewrite]:
    """``yield`` by ``yield from`` and back, by ``return`` and back; ``async`` put before a loop."""
    node = site.node
    start = site.source.span(node)[0]
    if isinstance(node, ast.For | ast.With):
        if isinstance(site.scope.function, ast.AsyncFunctionDef):
            yield site.splice(start, start, "async ", 1.0)
        return
    value = getattr(node, "value", None)
    if value is None or isinstance(node, ast.AsyncFor):
        return
    at = site.source.span(value)[0]
    if isinstance(node, ast.Yield):
        yield site.splice(start, at, "yield from ", 1.0)
        yield site.splice(start, at, "return ", 0.5)
        if isinstance(value, ast.Call) and len(value.args) == 1:
            yield site.replace(site.source.segment(value.args[0]), 0.9, node=value)
    elif isinstance(node, ast.YieldFrom):
        yield site.splice(start, at, "yield ", 1.0)
    elif isinstance(node, ast.Return) and site.scope.function is not None:
        factor = 1.0 if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in site.scope.nodes) else 0.3
        yield site.splice(start, at, "yield ", factor)
        yield site.splice(start, at, "yield from ", factor * 0.7)
    elif isinstance(node, ast.Expr) and not isinstance(value, ast.Yield | ast.YieldFrom | ast.Constant | ast.Await):
        yield site.splice(start, start, "yield ", 0.3)
        yield site.splice(start, start, "yield from ", 0.5)


@operator(
    "await",
    ast.Call,
    weight=0.6,
    examples=(("async def f(x):\n    return g(x)\n", "async def f(x):\n    return await g(x)\n"),),
)
def awaits(site: Site) -> Iterator[Rewrite]:
    """The forgotten ``await``."""
    if isinstance(site.scope.function, ast.AsyncFunctionDef) and not isinstance(site.parent, ast.Await):
        yield site.replace(f"await {site.text}", 1.3)
