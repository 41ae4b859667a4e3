"""When an expression needs parentheses in the place of another."""

from __future__ import annotations

import re
from functools import lru_cache

from .grammar import Grammar
from .tree import Node, Tree

_ATOM, _CHAIN, _UNARY, _TERNARY, _LOOSE = 20, 18, 15, 2, 1
_SIMPLE = re.compile(r"[\w$]+(?:\.[\w$]+)*(?:\([\w$., ]*\)|\[[\w$]+\])?")
_LOOSE_TYPES = frozenset(
    {
        "assignment_expression",
        "augmented_assignment_expression",
        "compound_assignment_expr",
        "arrow_function",
        "yield_expression",
        "sequence_expression",
        "closure_expression",
        "return_expression",
        "break_expression",
        "range_expression",
    }
)
_UNARY_TYPES = frozenset(
    {
        "unary_expression",
        "update_expression",
        "await_expression",
        "reference_expression",
        "type_cast_expression",
        "as_expression",
    }
)
_BLOCKS = frozenset({"if_expression", "match_expression", "block", "unsafe_block", "object", "function_expression"})


def fit(place: Node, text: str) -> str:
    """``text`` as it may stand in the place of the expression ``place``."""
    if text.startswith("{") and place.parent is not None and place.parent.kind in ("function", "plain"):
        return f"({text})"  # a block, otherwise
    have = strength(place.tree.grammar, place.tree.path, text)
    need = needed(place)
    if have is None or have >= need or is_wrapped(place):
        return text
    return f"({text})"


def is_wrapped(place: Node) -> bool:
    """Whether an expression has parentheses (or an argument list, alone) around it."""
    text = place.tree.text
    alone = place.parent is not None and place.parent.kind in ("grouped", "arguments") and len(place.parent.inner) == 1
    return alone and text[place.start - 1 : place.start] == "(" and text[place.end : place.end + 1] == ")"


@lru_cache(maxsize=20000)
def strength(grammar: Grammar, path: str, text: str) -> int | None:
    """How tightly an expression holds together, 20 for an atom; ``None`` for what is no expression."""
    if _SIMPLE.fullmatch(text):
        return _ATOM
    before, after = grammar.expression
    tree = Tree.parse(path, before + text + after, grammar)
    if tree is None or tree.root.broken:
        return None
    start, end = len(before), len(before) + len(text)
    top = next((n for n in tree.nodes if n.named and n.start == start and n.end == end and n.kind != "several"), None)
    return strength_of(top) if top is not None else None


def strength_of(node: Node) -> int:
    """How tightly the expression ``node`` holds together."""
    if node.kind == "binary":
        operator = node.token("operator")
        return node.tree.grammar.precedence.get(operator.text if operator else "", 3)
    if node.type in _UNARY_TYPES:
        return _UNARY - (node.type in ("type_cast_expression", "as_expression"))
    if node.kind == "ternary":
        return _TERNARY
    if node.type in _LOOSE_TYPES:
        return _LOOSE
    if node.type in _BLOCKS:
        return _UNARY
    return _CHAIN if node.kind in ("call", "member", "index", "new") else _ATOM


def needed(place: Node) -> int:
    """How tightly the expression in this place must hold together."""
    parent = place.parent
    if parent is None:
        return 0
    if parent.kind == "binary":
        return strength_of(parent) + (place.field == "right")
    if parent.type in _UNARY_TYPES:
        return strength_of(parent)
    if parent.type == "try_expression" or (
        parent.kind in ("call", "member", "index", "slice", "new") and is_base(place)
    ):
        return _CHAIN
    if parent.kind == "ternary":
        return _TERNARY + (place.field == "condition")
    if parent.kind == "bounds":
        return 3
    if parent.kind == "function" or parent.kind in ("arguments", "spread", "list"):
        return _LOOSE
    return 0


def is_base(place: Node) -> bool:
    """Whether an expression is what is called, or whose member or element is taken."""
    parent = place.parent
    return parent is not None and parent.inner[:1] == [place]
