"""Types of variables as their first values show them, in the language's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .tree import Node

_KINDS: Mapping[str, Mapping[str, str]] = {
    "javascript": {
        "number": "number",
        "string": "string",
        "template": "string",
        "boolean": "boolean",
        "list": "list",
        "object": "object",
        "function": "function",
    },
    "go": {"boolean": "bool", "int_literal": "int", "float_literal": "float64", "string": "string", "function": "func"},
    "rust": {"string": "&str", "boolean": "bool", "integer_literal": "integer", "float_literal": "f64"},
}
_CALLS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "javascript": (
        (r"Math\..*|Number\(.*|parseInt.*|parseFloat.*|.*\.(length|size)", "number"),
        (r".*\.(map|filter|slice|split|concat)\(.*|Object\.(keys|values|entries)\(.*|Array.*", "list"),
        (r"String\(.*|.*\.(toString|join|trim|toLowerCase|toUpperCase)\(.*", "string"),
    ),
    "go": (
        (r"(len|cap|copy)\(.*", "int"),
        (r"(strings\.(To|Trim|Replace|Join|Repeat|Title)|fmt\.Sprint|string\().*", "string"),
        (r"strings\.(Split|Fields).*", "[]string"),
        (r"strings\.(Has|Contains).*", "bool"),
        (r"(errors\.New|fmt\.Errorf)\(.*", "error"),
        (r"math\..*|float64\(.*", "float64"),
        (r"int\(.*", "int"),
        (r"\[\]rune\(.*", "[]rune"),
    ),
    "rust": (
        (r".*\.(len|count)\(\)", "usize"),
        (r"String::(new|from|with_capacity)\(.*|format!.*|.*\.to_(string|lowercase|uppercase)\(\)", "String"),
        (r"(Vec::|vec!).*|.*\.collect::<Vec.*", "Vec"),
        (r"(Hash|BTree)Map::.*", "Map"),
    ),
}


def guess(declaration: Node, index: int) -> str:
    """The type of the ``index``-th name of a declaration, or "" where its first value does not tell."""
    family = declaration.tree.grammar.family
    value = declaration.get("value", "right")
    if value is None or declaration.kind in ("each", "for"):
        return ""
    if declaration.kind == "range":
        return "int" if index == 0 else ""
    if value.kind == "several":
        values = value.inner
        if index >= len(values):
            return "error" if family == "go" and index else ""
        value = values[index]
    return _of_value(family, value)


def _of_value(family: str, value: Node) -> str:
    kind = value.get("type")
    if family == "go" and value.kind == "list" and kind is not None:
        return kind.text
    if family == "go" and value.kind == "unary" and value.text.startswith("&") and value.inner[0].get("type"):
        return "*" + value.inner[0].text.split("{")[0]
    if family == "go" and value.text.startswith("make("):
        return value.text[5:].split(",")[0].rstrip(")")
    known = _KINDS[family].get(value.kind) or _KINDS[family].get(value.type)
    if known:
        return known
    text = value.text[:200]
    return next((name for pattern, name in _CALLS[family] if re.fullmatch(pattern, text, re.DOTALL)), "")
