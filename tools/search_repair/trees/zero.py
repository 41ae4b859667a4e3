"""What a function may answer when there is nothing to do."""

from __future__ import annotations

import re

from .shapes import arguments_of
from .statements import function_of
from .tree import Node

_SCRIPT = ("", "null", "0", "[]", "''", "false", "undefined", "{}", "true")
_GO = re.compile(r"u?int(8|16|32|64)?|float(32|64)|byte|rune")
_RUST = re.compile(r"[iu](8|16|32|64|128|size)")


def answers(function: Node | None) -> list[tuple[str, float]]:
    """Values for an early ``return``, as written after it, likeliest first with a factor; "" is a plain one."""
    if function is None:
        return []
    family = function.tree.grammar.family
    if family == "go":
        return _go(function)
    if family == "rust":
        return _rust(function)
    return _script(function)


def returned(function: Node) -> list[str]:
    """Simple values that a function returns elsewhere."""
    found = []
    for node in function.walk():
        if node.kind == "return" and function_of(node) is function and node.inner and len(node.inner[0].text) < 40:
            found.append(node.inner[0].text)
    return list(dict.fromkeys(found))[:4]


def _script(function: Node) -> list[tuple[str, float]]:
    own = [(text, 1.0) for text in returned(function) if re.fullmatch(r"-?\w+|\[\]|''|\"\"|\{\}", text)]
    gives = any(n.kind == "return" and n.inner and function_of(n) is function for n in function.walk())
    usual = _SCRIPT[1:] if gives else ("",)
    return own + [(text, 0.8 * 0.85**place) for place, text in enumerate(usual) if text not in dict(own)]


def _go(function: Node) -> list[tuple[str, float]]:
    result = function.get("result")
    if result is None:
        return [("", 1.0)]
    if result.type == "parameter_list":
        types = [(d.get("type"), max(1, sum(c.field == "name" for c in d.children))) for d in result.inner]
        zeros = [zero_of_go(t.text) for t, count in types if t is not None for _ in range(count)]
        return [(", ".join(zeros), 1.0)] if all(zeros) else []
    zero = zero_of_go(result.text)
    own = [(text, 0.9) for text in returned(function) if re.fullmatch(r"-?\w+", text)]
    more = [("true", 0.8)] if result.text == "bool" else [("1", 0.6), ("-1", 0.6)] if zero == "0" else []
    return [*([(zero, 1.0)] if zero else []), *own, *more]


def zero_of_go(kind: str) -> str:
    """A type's empty value; "" where it cannot be told from its name."""
    if _GO.fullmatch(kind):
        return "0"
    if kind.startswith(("*", "[]", "map[", "func", "chan ", "interface")) or kind in ("error", "any"):
        return "nil"
    return {"string": '""', "bool": "false"}.get(kind, f"{kind}{{}}" if re.fullmatch(r"[A-Z]\w*", kind) else "")


def _rust(function: Node) -> list[tuple[str, float]]:
    result = function.get("return_type")
    if result is None:
        return [("", 1.0)]
    kind = result.text
    own = [(text, 0.9) for text in returned(function)]
    if _RUST.fullmatch(kind):
        return [("0", 1.0), *own, ("1", 0.6)]
    for start, value in (("Option", "None"), ("Vec", "Vec::new()"), ("String", "String::new()"), ("f", "0.0")):
        if kind.startswith(start):
            return [(value, 1.0), *own]
    return [("false", 1.0), ("true", 0.8), *own] if kind == "bool" else [*own, ("Default::default()", 0.4)]


def is_sequence(node: Node) -> bool:
    """Whether an expression's length is asked for, or it is indexed, somewhere near it."""
    parent = node.parent
    if parent is None:
        return False
    if parent.kind in ("index", "slice"):
        return parent.inner[0] is node
    return parent.kind == "arguments" and parent.parent is not None and len(arguments_of(parent.parent)) == 1
