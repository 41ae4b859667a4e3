"""Arithmetic operators by their relatives, operands in another order, assignments that forget or add up."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_ARITHMETIC = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.MatMult: "@",
}


_INSTEAD_OF_ARITHMETIC = {
    "+": (("-", 1.0), ("*", 0.6), ("|", 0.2), ("%", 0.1), ("//", 0.1)),
    "-": (("+", 1.0), ("*", 0.3), ("//", 0.2), ("%", 0.2)),
    "*": (("/", 0.7), ("+", 0.7), ("**", 0.6), ("//", 0.5), ("-", 0.2), ("%", 0.2)),
    "/": (("//", 1.0), ("*", 0.8), ("%", 0.5), ("-", 0.1)),
    "//": (("/", 1.0), ("%", 0.8), ("*", 0.4), ("-", 0.1)),
    "%": (("//", 1.0), ("/", 0.6), ("*", 0.3)),
    "**": (("*", 1.0), ("^", 0.1)),
    "&": (("|", 1.0), ("^", 0.8), ("-", 0.4)),
    "|": (("&", 1.0), ("^", 0.8), ("-", 0.3)),
    "^": (("&", 1.0), ("|", 1.0), ("**", 0.7)),
    "<<": ((">>", 1.0),),
    ">>": (("<<", 1.0),),
    "@": (("*", 1.0),),
}


@operator(
    "arithmetic",
    ast.BinOp,
    weight=0.85,
    examples=(("x = a + b\n", "x = a - b\n"), ("x = (a) // (b)\n", "x = (a) / (b)\n")),
)
def arithmetic(site: Site) -> Iterator[Rewrite]:
    """An arithmetic or bitwise operator by its relatives."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return
    token = _ARITHMETIC[type(node.op)]
    start, end = site.source.span(node.left)[1], site.source.span(node.right)[0]
    position = site.source.text.find(token, start, end)
    textual = any(isinstance(n, ast.JoinedStr) or _is_text(n) for n in (node.left, node.right))
    for text, factor in _INSTEAD_OF_ARITHMETIC[token] if position >= 0 else ():
        yield site.splice(position, position + len(token), text, factor * (0.1 if textual else 1))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@operator(
    "augmented",
    ast.AugAssign,
    weight=0.85,
    examples=(("x ^= y\n", "x &= y\n"), ("x += y\n", "x = y\n"), ("x += y\n", "x -= y\n")),
)
def augmented(site: Site) -> Iterator[Rewrite]:
    """An augmented assignment with another operator, or a plain one."""
    node = site.node
    assert isinstance(node, ast.AugAssign)
    token = _ARITHMETIC[type(node.op)] + "="
    position = site.source.text.find(token, site.source.span(node.target)[1], site.source.span(node.value)[0])
    if position < 0:
        return
    for text, factor in _INSTEAD_OF_ARITHMETIC[token[:-1]]:
        yield site.splice(position, position + len(token), text + "=", factor)
    yield site.splice(position, position + len(token), "=", 0.6)


@operator(
    "accumulate",
    ast.Assign,
    weight=0.5,
    examples=(("total = x\n", "total += x\n"), ("best = f(x)\n", "best = max(best, f(x))\n")),
)
def accumulate(site: Site) -> Iterator[Rewrite]:
    """An assignment that forgets what was there: add to it, or keep the larger, the smaller, the given."""
    node = site.node
    assert isinstance(node, ast.Assign)
    target, value = node.targets[0], site.source.segment(node.value)
    if len(node.targets) != 1 or isinstance(target, ast.Tuple | ast.List):
        return
    start, end = site.source.span(target)[1], site.source.span(node.value)[0]
    equals = site.source.text.find("=", start, end)
    name = site.source.segment(target)
    if equals >= 0:
        yield site.splice(equals, equals + 1, "+=", 1.0)
        yield site.splice(equals, equals + 1, "-=", 0.4)
        yield site.splice(equals, equals + 1, "*=", 0.3)
    for function in ("max", "min"):
        yield site.replace(f"{function}({name}, {value})", 0.7, node=node.value)


@operator(
    "unary",
    ast.UnaryOp,
    weight=0.6,
    examples=(("x = -y\n", "x = y\n"), ("x = not y\n", "x = y\n")),
)
def unary(site: Site) -> Iterator[Rewrite]:
    """A unary operator left out."""
    node = site.node
    assert isinstance(node, ast.UnaryOp)
    yield site.replace(site.source.segment(node.operand))


@operator(
    "operands",
    ast.BinOp,
    weight=0.6,
    examples=(("x = a - b\n", "x = b - a\n"), ("x = 1 + f(n)\n", "x = f(n)\n")),
)
def operands(site: Site) -> Iterator[Rewrite]:
    """Operands change places, or one is left out."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    if not isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor) and not _both_numbers(node):
        yield site.swap(node.left, node.right, 1.0 if not isinstance(node.op, ast.Mult) else 0.1)
    yield site.replace(site.source.segment(node.left), 0.7, 0.2)
    yield site.replace(site.source.segment(node.right), 0.6, 0.2)


def _both_numbers(node: ast.BinOp) -> bool:
    commutes = isinstance(node.op, ast.Add)
    return commutes and any(
        isinstance(n, ast.Constant) and isinstance(n.value, int | float) for n in (node.left, node.right)
    )


@operator(
    "regroup",
    ast.BinOp,
    weight=0.5,
    examples=(("x = a + b * c\n", "x = (a + b) * c\n"), ("x = a - (b - c)\n", "x = a - b - c\n")),
)
def regroup(site: Site) -> Iterator[Rewrite]:
    """Parentheses put elsewhere: ``a + b * c`` as ``(a + b) * c``."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    text = site.source.segment
    token = _ARITHMETIC[type(node.op)]
    if isinstance(node.right, ast.BinOp):
        inner = _ARITHMETIC[type(node.right.op)]
        a, b, c = text(node.left), text(node.right.left), text(node.right.right)
        yield site.replace(f"({a} {token} {b}) {inner} {c}")
        if site.source.text[site.source.span(node.right)[0] - 1] == "(":
            yield site.replace(f"{a} {token} {b} {inner} {c}")
    if isinstance(node.left, ast.BinOp):
        inner = _ARITHMETIC[type(node.left.op)]
        a, b, c = text(node.left.left), text(node.left.right), text(node.right)
        yield site.replace(f"{a} {inner} ({b} {token} {c})")
