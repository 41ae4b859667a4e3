"""Expressions combined with a variable at hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator


@operator(
    "compose",
    ast.Name,
    ast.Subscript,
    ast.Attribute,
    ast.Call,
    ast.ListComp,
    ast.List,
    weight=0.25,
    examples=(
        (
            "def f(a):\n    b = []\n    return [x for x in a]\n",
            "def f(a):\n    b = []\n    return b + [x for x in a]\n",
        ),
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return a - b\n"),
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return a + b\n"),
    ),
)
def compose(site: Site) -> Iterator[Rewrite]:
    """An expression combined with a variable at hand: added, taken away, the larger of both."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or isinstance(parent, ast.Attribute | ast.Expr):
        return
    if isinstance(parent, ast.Call) and node is parent.func:
        return
    if isinstance(node, ast.ListComp | ast.List):
        for other in site.scope.variables[:10] if not isinstance(node, ast.List) or node.elts else ():
            yield site.replace(f"{other} + {site.text}", 1.6)
            yield site.replace(f"{site.text} + {other}", 1.6)
        return
    for index, other in enumerate(v for v in site.scope.variables[:10] if v != site.text):
        near = 0.97**index
        for pattern, factor in (
            ("{0} + {1}", 1.0),
            ("{0} - {1}", 1.0),
            ("{1} + {0}", 0.8),
            ("{0} * {1}", 0.6),
            ("{1} - {0}", 0.5),
            ("max({0}, {1})", 0.5),
            ("min({0}, {1})", 0.5),
            ("{0} // {1}", 0.3),
            ("{0} % {1}", 0.3),
            ("{0}[{1}]", 0.4),
            ("{0} or {1}", 0.4),
            ("{0} / {1}", 0.3),
            ("{1}[{0}]", 0.3),
            ("{0} | {1}", 0.15),
        ):
            yield site.replace(pattern.format(site.text, other), factor * near)


@operator(
    "sibling",
    ast.Attribute,
    weight=0.35,
    examples=(
        (
            "def f(a, b):\n    return a.price + b.count\n",
            "def f(a, b):\n    return a.price * a.count + b.count\n",
        ),
    ),
)
def sibling(site: Site) -> Iterator[Rewrite]:
    """An attribute combined with another one of the same object."""
    node = site.node
    assert isinstance(node, ast.Attribute)
    called = isinstance(site.parent, ast.Call) and site.parent.func is node
    if called or not isinstance(node.ctx, ast.Load) or isinstance(site.parent, ast.Attribute | ast.Expr):
        return
    base = site.source.segment(node.value)
    near = list(site.scope.attributes.get(base, ()))
    others = [n for n in [*near, *site.scope.data_attributes[:12]] if n != node.attr]
    for index, other in enumerate(dict.fromkeys(others)):
        for sign, factor in (("*", 1.0), ("+", 0.8), ("-", 0.8), ("/", 0.4)):
            yield site.replace(f"{site.text} {sign} {base}.{other}", factor * 0.95**index)


@operator(
    "bound",
    ast.Name,
    ast.BinOp,
    ast.Subscript,
    ast.Attribute,
    ast.Call,
    weight=0.4,
    examples=(
        ("def f(a, cap):\n    return a * 2\n", "def f(a, cap):\n    return min(a * 2, cap)\n"),
        (
            "def f(out, end):\n    if out[-1][1]:\n        return (0, end)\n",
            "def f(out, end):\n    if out[-1][1]:\n        return (0, max(out[-1][1], end))\n",
        ),
        (
            "class A:\n    def f(self, n):\n        self.top = n\n",
            "class A:\n    def f(self, n):\n        self.top = max(self.top, n)\n",
        ),
    ),
)
def bound(site: Site) -> Iterator[Rewrite]:
    """A value kept at or above, at or below, another value of the function."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or len(site.text) > 60:
        return
    whole = isinstance(parent, ast.Assign | ast.Return | ast.AugAssign | ast.keyword) and parent.value is node
    place = 1.2 if whole else 0.7 if isinstance(parent, ast.Tuple | ast.Call | ast.BinOp | ast.Subscript) else 0.0
    if not place or (isinstance(parent, ast.Call) and node is parent.func) or _called(parent) in ("min", "max"):
        return
    own = [site.source.segment(t) for t in parent.targets] if isinstance(parent, ast.Assign) else []
    bounds = own + [text for text, other in site.scope.fragments if isinstance(other, ast.Subscript | ast.Attribute)]
    called = {site.source.segment(n.func) for n in site.scope.nodes if isinstance(n, ast.Call)}
    names = [n for n in [*site.scope.variables[:8], *bounds[:16]] if n != site.text and n not in called]
    for index, other in enumerate(n for n in dict.fromkeys(names) if not n.isupper() or whole):
        for function in ("max", "min"):
            first, second = (other, site.text) if other in bounds else (site.text, other)
            yield site.replace(f"{function}({first}, {second})", place * 0.97**index)


def _called(node: ast.AST | None) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


@operator(
    "slice it",
    ast.Name,
    ast.Attribute,
    weight=0.4,
    examples=(
        ("def f(a, k):\n    for x in a:\n        g(x)\n", "def f(a, k):\n    for x in a[k:]:\n        g(x)\n"),
        ("def f(a, k):\n    return a\n", "def f(a, k):\n    return a[:k]\n"),
    ),
)
def slice_it(site: Site) -> Iterator[Rewrite]:
    """A part of a sequence: from or up to a position that a variable gives."""
    node, parent = site.node, site.parent
    called = isinstance(parent, ast.Call) and node is parent.func
    if (
        not isinstance(getattr(node, "ctx", None), ast.Load)
        or called
        or isinstance(parent, ast.Attribute | ast.Subscript | ast.BinOp)
    ):
        return
    factor = (
        1.3
        if isinstance(parent, ast.For | ast.comprehension)
        else 0.8
        if isinstance(parent, ast.Call | ast.Return)
        else 0.5
    )
    factor *= 0.2 if site.text in site.scope.numbers else 1.0
    for index, other in enumerate(v for v in site.scope.variables[:8] if v != site.text):
        for pattern in ("{0}[{1}:]", "{0}[:{1}]", "{0}[{1} + 1:]", "{0}[:{1} + 1]"):
            yield site.replace(
                pattern.format(site.text, other), factor * 0.95**index * (0.6 if "+" in pattern else 1.0)
            )
