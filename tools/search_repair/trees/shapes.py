"""Questions that operators ask of nodes of any of the languages."""

from __future__ import annotations

from .precedence import strength
from .statements import function_of
from .tree import Node

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==", "===": "!==", "!==": "==="}
NOT_AFTER = 15
_OF_NUMBERS = frozenset({"-", "*", "/", "%", "**", "<", "<=", ">", ">="})
_COUNTS = (".length", ".size")


def operator_of(node: Node) -> str:
    """The sign of a binary, unary or combined operation."""
    token = node.token("operator")
    if token is not None:
        return token.text
    return next((child.text for child in node.children if not child.named), "")


def condition_of(node: Node) -> Node | None:
    """The condition of a branch or a loop, without the parentheses that belong to the statement."""
    found = node.get("condition")
    if node.kind == "for" and found is None:
        clause = next((c for c in node.inner if c.kind == "clause"), None)
        plain = [c for c in node.inner if not c.field and c.kind not in ("clause", "range", "block")]
        found = clause.get("condition") if clause is not None else plain[0] if plain else None
    if found is not None and found.kind == "grouped" and node.kind in ("if", "while"):
        found = found.inner[0] if found.inner else None
    return None if found is None or found.type in ("let_condition", "let_chain") else found


def operand_of(node: Node) -> Node | None:
    """What a unary operator works on."""
    return node.inner[-1] if node.inner else None


def negated(node: Node) -> str:
    """The opposite of a condition, as one would write it."""
    sign, text = operator_of(node), node.text
    if node.kind == "unary" and sign == "!":
        operand = operand_of(node)
        if operand is not None:
            return operand.inner[0].text if operand.kind == "grouped" and operand.inner else operand.text
    left, right = node.get("left"), node.get("right")
    if node.kind == "binary" and sign in _OPPOSITE and left is not None and right is not None:
        return f"{left.text} {_OPPOSITE[sign]} {right.text}"
    have = strength(node.tree.grammar, node.tree.path, text)
    return f"!{text}" if have is not None and have >= NOT_AFTER else f"!({text})"


def joined(one: str, sign: str, node: Node, after: bool = False) -> str:
    """``one`` and a node's text with ``&&`` or ``||`` between them, ``one`` first unless ``after``."""
    have = strength(node.tree.grammar, node.tree.path, node.text)
    other = "&&" if sign == "||" else "||"
    mixed = node.kind == "binary" and operator_of(node) in (other, "??")
    text = f"({node.text})" if mixed or (have is not None and have < 3) else node.text
    return f"{text} {sign} {one}" if after else f"{one} {sign} {text}"


def callee_of(call: Node) -> Node | None:
    """What is called."""
    return call.get("function", "constructor")


def arguments_of(call: Node) -> list[Node]:
    """A call's arguments."""
    found = call.get("arguments")
    return found.inner if found is not None else []


def method_of(call: Node) -> tuple[Node, Node] | None:
    """Receiver and name of a method's call."""
    callee = callee_of(call)
    if callee is None or callee.kind != "member" or len(callee.inner) < 2:
        return None
    return callee.inner[0], callee.inner[-1]


def is_condition(node: Node) -> bool:
    """Whether an expression decides a branch or a loop, or is a part of what does."""
    inner = node
    for outer in node.ancestors():
        if outer.kind in ("if", "while", "for", "ternary"):
            return inner.field == "condition" or inner is condition_of(outer)
        if outer.kind not in ("binary", "unary", "grouped"):
            return False
        inner = outer
    return False


def is_text(node: Node) -> bool:
    """Whether an expression is surely a text."""
    if node.kind in ("string", "template"):
        return True
    return node.kind == "binary" and operator_of(node) == "+" and any(is_text(child) for child in node.inner)


def is_number(node: Node) -> bool:
    """Whether a variable or a member is computed with, compared by size or an index somewhere in its function.

    Outside of functions nobody looks: it is taken for one.
    """
    function = function_of(node)
    if function is None or node.text.endswith(_COUNTS):
        return True
    return any(_counts(place) for place in function.walk() if place.kind == node.kind and place.text == node.text)


def _counts(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.kind in ("index", "slice"):
        return parent.inner[0] is not node
    return parent.kind in ("update", "bounds") or operator_of(parent) in _OF_NUMBERS


def is_call_of(node: Node, *names: str) -> bool:
    """Whether a node calls a function of one of ``names``."""
    callee = callee_of(node) if node.kind == "call" else None
    return callee is not None and callee.text in names
