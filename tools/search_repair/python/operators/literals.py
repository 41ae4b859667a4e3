"""The other constants: truth values, ``None``, empty containers, bounds of slices."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator


@operator(
    "literal",
    ast.Constant,
    weight=0.5,
    examples=(("x = True\n", "x = False\n"), ("x = None\n", "x = []\n"), ("x = None\n", "x = 0\n")),
)
def literal(site: Site) -> Iterator[Rewrite]:
    """``True`` by ``False`` and back, ``None`` by the empty values."""
    value = getattr(site.node, "value", ...)
    if value is True or value is False:
        yield site.replace(str(not value), 1.4, 0.1)
    elif value is None and isinstance(site.node, ast.Constant):
        for text in ("0", "[]", "''", "{}", "False", "True", "set()", "()"):
            yield site.replace(text, 0.6, 0.1)
        for name in site.scope.variables[:10]:
            yield site.replace(name, 0.6)


@operator(
    "slice",
    ast.Subscript,
    weight=0.55,
    examples=(
        ("x = a[1:]\n", "x = a\n"),
        ("x = a[:n]\n", "x = a[n:]\n"),
        ("x = a[i]\n", "x = a[-i]\n"),
        ("x = a[1:]\n", "x = a[1:-1]\n"),
        ("x = a[1:]\n", "x = a[::-1]\n"),
    ),
)
def slices(site: Site) -> Iterator[Rewrite]:
    """Bounds of a slice added, left out, exchanged; an index from the other end."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    if not isinstance(node.ctx, ast.Load):
        return
    base = site.source.segment(node.value)
    if not isinstance(node.slice, ast.Slice):
        index = site.source.segment(node.slice)
        if not isinstance(node.slice, ast.Tuple | ast.Constant):
            yield site.replace(f"{base}[-{index}]", 0.5)
        return
    parts = [site.source.segment(p) if p else "" for p in (node.slice.lower, node.slice.upper, node.slice.step)]
    low, high, step = parts
    for a, b, c in (
        (high, low, step),
        ("", high, step),
        (low, "", step),
        (low, high, ""),
        ("1", high, step),
        (low, "-1", step),
        (low, high, "-1"),
        (low, high, "2"),
        ("", "", "-1"),
    ):
        if [a, b, c] != parts:
            yield site.replace(f"{base}[{a}:{b}{':' + c if c else ''}]", 0.7)
    yield site.replace(base, 0.7)


@operator(
    "empty",
    ast.List,
    ast.Dict,
    ast.Call,
    ast.Tuple,
    weight=0.4,
    examples=(
        ("def f(n):\n    return []\n", "def f(n):\n    return [n]\n"),
        ("x = []\n", "x = {}\n"),
        ("x = []\n", "x = [[]]\n"),
    ),
)
def empty(site: Site) -> Iterator[Rewrite]:
    """An empty container by another kind of empty, or by one that holds something at hand."""
    node, bare = site.node, site.text.replace(" ", "")
    if bare not in ("[]", "{}", "set()", "()", "list()", "dict()", "tuple()"):
        return
    assert isinstance(node, ast.expr)
    if bare in ("[]", "list()"):
        for name in site.scope.variables[:10]:
            yield site.replace(f"[{name}]", 1.0)
        yield site.replace("[[]]", 0.8)
        yield site.replace("[0]", 0.3)
    elif bare == "set()":
        for name in site.scope.variables[:8]:
            yield site.replace("{" + name + "}", 0.7)
    for other in ("[]", "{}", "set()", "None", "''", "0", "()"):
        if other != bare:
            yield site.replace(other, 0.5, 0.1)


@operator(
    "no constant",
    ast.Constant,
    weight=0.4,
    examples=(
        (
            "class A:\n    def f(self):\n        self.start = 1\n    def g(self):\n        self.n = 0\n",
            "class A:\n    def f(self):\n        self.start = 1\n    def g(self):\n        self.n = self.start\n",
        ),
        ("def f(n, k):\n    return n + 1\n", "def f(n, k):\n    return n + k\n"),
    ),
)
def no_constant(site: Site) -> Iterator[Rewrite]:
    """A number, a truth value or a text by a variable or an attribute that was meant."""
    node = site.node
    if not isinstance(node, ast.Constant) or node.value is None or isinstance(site.parent, ast.Expr | ast.JoinedStr):
        return
    likely = 0.5 if isinstance(node.value, str | float) else 1.0
    for index, name in enumerate(site.scope.variables[:10]):
        yield site.replace(name, likely * 0.97**index)
    if "self" in site.scope.parameters:
        target = site.source.segment(t) if (t := getattr(site.parent, "targets", [None])[0]) else ""
        owner = site.source.class_of(node)
        methods = {s.name for s in owner.body if isinstance(s, ast.FunctionDef)} if owner else set()
        names = [a for a in site.scope.attributes.get("self", ()) if a not in methods and f"self.{a}" != target]
        for index, name in enumerate(names[:12]):
            yield site.replace(f"self.{name}", likely * 0.97**index)
