"""Numbers off by one, and by their likes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator


@operator(
    "integer",
    ast.Constant,
    weight=0.8,
    examples=(
        ("x = y[0]\n", "x = y[1]\n"),
        ("x = f(10)\n", "x = f(9)\n"),
        ("a = 0\nb = 5\nc = 5\n", "a = 5\nb = 5\nc = 5\n"),
        ("x = {'h': 360}\n", "x = {'h': 3600}\n"),
        ("x = y * 60\n", "x = y * 3600\n"),
        ("x = y // 1000\n", "x = y // 1024\n"),
    ),
)
def integer(site: Site) -> Iterator[Rewrite]:
    """An integer by its neighbours, by 0, 1, -1, 2, by others of the function; ten times more or less."""
    node = site.node
    if not isinstance(node, ast.Constant) or type(node.value) is not int:
        return
    value = node.value
    likely = {value + 1: 0.9, value - 1: 0.9, 0: 0.7, 1: 0.7, -1: 0.5, 2: 0.4}
    for other in site.scope.integers[:12]:
        likely.setdefault(other, 0.3)
    for other in _scaled(value):
        likely.setdefault(other, 0.75 if abs(value) >= 10 else 0.45)
    for other, factor in likely.items():
        if other != value:
            yield site.replace(str(other), factor)


_FACTORS = (
    (60, 3600, 24, 1000, 86400, 1440, 100),
    (10, 100, 1000, 10000),
    (1000, 1024),
    (12, 24, 7, 30, 31, 365, 52, 366),
    (255, 256),
    (25, 26),
    (127, 128),
    (90, 180, 360),
    (8, 16, 2, 10),
)
"""Numbers that units are converted by, each with those it is mistaken for."""


def _scaled(value: int) -> list[int]:
    """``value`` with a digit more or less, doubled, halved, with another sign, or by another factor of units."""
    found = [other for family in _FACTORS if value in family for other in family]
    if value:
        found += [-value, value * 10, 2 * value]
        found += [value // 10, value * 100, value // 2] if abs(value) >= 10 else []
    return [other for other in dict.fromkeys(found) if other != value]


@operator(
    "float",
    ast.Constant,
    weight=0.4,
    examples=(("x = y * 1.0\n", "x = y * 0.0\n"), ("x = 0.5\n", "x = 1 - 0.5\n"), ("x = 0.5\n", "x = 50\n")),
)
def floating(site: Site) -> Iterator[Rewrite]:
    """A fraction by simple others."""
    node = site.node
    if not isinstance(node, ast.Constant) or type(node.value) is not float:
        return
    value = node.value
    texts = [
        "0.0",
        "1.0",
        "0.5",
        "0",
        "1",
        f"1 - {site.text}",
        f"{value * 10:g}",
        f"{value / 10:g}",
        f"{value * 100:g}",
        f"{value / 100:g}",
    ]
    for text in dict.fromkeys(texts):
        if text != site.text:
            yield site.replace(text, 0.7)


@operator(
    "off by one",
    ast.Name,
    ast.Call,
    ast.Attribute,
    ast.BinOp,
    ast.Subscript,
    weight=0.75,
    examples=(
        ("for i in range(n):\n    f(i)\n", "for i in range(n + 1):\n    f(i)\n"),
        ("x = y[i]\n", "x = y[i - 1]\n"),
        ("while i < len(a):\n    f()\n", "while i < len(a) - 1:\n    f()\n"),
    ),
)
def off_by_one(site: Site) -> Iterator[Rewrite]:
    """One more or one less, where a position, a bound or a count is meant."""
    node = site.node
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    factor = _numeric_place(site)
    if factor and not (
        isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Sub | ast.FloorDiv | ast.Mult)
    ):
        yield site.replace(f"{site.text} + 1", factor)
        yield site.replace(f"{site.text} - 1", factor)


def _numeric_place(site: Site) -> float:
    """How much a place looks like one for a position, a bound or a count."""
    node, parent = site.node, site.parent
    if isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and node is parent.slice):
        return 1.0
    if isinstance(parent, ast.Call) and node is not parent.func:
        is_range = isinstance(parent.func, ast.Name) and parent.func.id == "range"
        return 1.0 if is_range else 0.45
    if isinstance(parent, ast.Compare):
        return 0.6 if isinstance(parent.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE) else 0.35
    if isinstance(parent, ast.Assign | ast.AugAssign | ast.Return):
        return 0.4 if node is parent.value else 0.0
    if isinstance(parent, ast.BinOp):
        return 0.45 if isinstance(node, ast.Name | ast.Call) else 0.2
    return 0.25 if isinstance(parent, ast.Tuple) else 0.0
