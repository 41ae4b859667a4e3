"""When an expression needs parentheses."""

from __future__ import annotations

import ast
from functools import lru_cache

from .source import Source

_ATOM = 20
_BINARY: dict[type[ast.operator], int] = {
    ast.Pow: 14,
    ast.Mult: 12,
    ast.MatMult: 12,
    ast.Div: 12,
    ast.FloorDiv: 12,
    ast.Mod: 12,
    ast.Add: 11,
    ast.Sub: 11,
    ast.LShift: 10,
    ast.RShift: 10,
    ast.BitAnd: 9,
    ast.BitXor: 8,
    ast.BitOr: 7,
}


def fit(source: Source, place: ast.AST, text: str) -> str:
    """``text`` as it may stand in the place of the expression ``place``."""
    need = _needed(source, place)
    have = _strength(text)
    start, end = source.span(place)
    wrapped = source.text[start - 1 : start] == "(" and source.text[end : end + 1] == ")"
    if have is None or have >= need or (wrapped and have > 0):
        return text if "\n" not in text or have == _ATOM else f"({text})"
    return f"({text})"


@lru_cache(maxsize=20000)
def _strength(text: str) -> int | None:
    """How tightly an expression holds together: 0 a bare tuple, 20 an atom; ``None`` for what is no expression."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return strength(node, text)


def strength(node: ast.expr, text: str = "(") -> int:
    """How tightly ``node`` holds together."""
    if isinstance(node, ast.Tuple):
        return _ATOM if text.startswith("(") and text.endswith(")") else 0
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)]
    if isinstance(node, ast.UnaryOp):
        return 5 if isinstance(node.op, ast.Not) else 13
    if isinstance(node, ast.BoolOp):
        return 4 if isinstance(node.op, ast.And) else 3
    table: dict[type[ast.expr], int] = {
        ast.Compare: 6,
        ast.IfExp: 2,
        ast.Lambda: 1,
        ast.NamedExpr: 1,
        ast.Yield: 1,
        ast.YieldFrom: 1,
        ast.Await: 15,
        ast.Starred: 1,
    }
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return 16
    return table.get(type(node), _ATOM)


def _needed(source: Source, place: ast.AST) -> int:
    parent = source.parent(place)
    if isinstance(parent, ast.BinOp):
        return _BINARY[type(parent.op)] + (place is (parent.left if isinstance(parent.op, ast.Pow) else parent.right))
    if isinstance(parent, ast.Compare):
        return 7
    if isinstance(parent, ast.BoolOp):
        return 5 if isinstance(parent.op, ast.And) else 4
    if isinstance(parent, ast.UnaryOp):
        return 5 if isinstance(parent.op, ast.Not) else 13
    if isinstance(parent, ast.Attribute | ast.Subscript | ast.Call | ast.Await) and _is_base(parent, place):
        return 17
    if isinstance(parent, ast.IfExp):
        return 3
    if isinstance(parent, ast.Starred | ast.FormattedValue):
        return 7
    if isinstance(parent, ast.comprehension):
        return 3
    if isinstance(parent, ast.Subscript | ast.Return | ast.Assign):
        return 0
    return 1


def _is_base(parent: ast.AST, place: ast.AST) -> bool:
    return place in (getattr(parent, "value", None), getattr(parent, "func", None))
