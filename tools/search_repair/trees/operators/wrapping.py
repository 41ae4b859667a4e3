"""A value wrapped in a call, or taken out of one."""

from __future__ import annotations

from collections.abc import Iterator

from ..classes import class_of
from ..precedence import strength
from ..shapes import arguments_of, method_of, operator_of
from ..statements import is_pattern
from ..tree import Node
from ..wrappers import ANY, WRAPPERS
from .names import is_value
from .registry import Rewrite, Site, operator


@operator(
    "unwrapped",
    "call",
    weight=0.45,
    examples={
        "javascript": (
            ("x = f(a);\n", "x = a;\n"),
            ("x = a.trim().b();\n", "x = a.b();\n"),
            ("x = a.reverse();\n", "x = a;\n"),
        ),
        "go": (("x := f(a)\n", "x := a\n"),),
        "rust": (("let x = a.iter().rev().sum();\n", "let x = a.iter().sum();\n"), ("let x = f(a);\n", "let x = a;\n")),
    },
)
def unwrapped(site: Site) -> Iterator[Rewrite]:
    """A call by what it is called on, or by its argument."""
    parent, arguments, method = site.node.parent, arguments_of(site.node), method_of(site.node)
    if parent is None or parent.kind == "plain":
        return
    if (
        method is not None
        and len(arguments) < 2
        and method[0].text not in ("Math", "Object", "Array", "JSON", "strings", "math", "console")
    ):
        risk = 0.2 if method[1].text in ("filter", "toFixed", "sort") else 0.1
        yield site.splice(site.node.start, site.node.end, method[0].text, 0.8, risk)
    if len(arguments) == 1 and arguments[0].kind != "function":
        yield site.replace(arguments[0].text, 0.7, 0.15)


@operator(
    "wrapped",
    "name",
    "member",
    "call",
    "binary",
    "index",
    weight=0.4,
    examples={
        "javascript": (
            ("x = a / b;\n", "x = Math.floor(a / b);\n"),
            ("return a;\n", "return a.trim();\n"),
            ("f(a);\n", "f([...a]);\n"),
        ),
        "go": (("x := a / b\n", "x := float64(a) / b\n"), ("return a\n", "return -a\n")),
        "rust": (
            ("let x = a - b;\n", "let x = (a - b).abs();\n"),
            ("for x in a.iter() {}\n", "for x in a.iter().rev() {}\n"),
        ),
    },
)
def wrapped(site: Site) -> Iterator[Rewrite]:
    """A value as a common function of it: rounded, as a number, lower-cased, copied …"""
    if not _is_whole_value(site.node):
        return
    own = class_of(site.node, site.scope)
    for pattern, kind, factor in WRAPPERS[site.family]:
        package = pattern.split(".")[0]
        if site.family == "go" and package in ("math", "strings") and f'"{package}"' not in site.tree.text:
            continue
        if own in (kind, ""):
            yield site.replace(pattern.format(_inside(site.node, pattern)), factor if own else _UNKNOWN * factor)
        elif kind == ANY:
            yield site.replace(pattern.format(_inside(site.node, pattern)), factor)


_UNKNOWN = 0.6
"""What is left of the chance of a function of a value whose class does not show."""


def _inside(node: Node, pattern: str) -> str:
    """A value's text as it may stand in ``pattern``."""
    if not pattern.startswith(("-", "!", "&", "*", "{}")):
        return node.text
    need = 14 if pattern.startswith("{} as") else 18 if pattern.startswith("{}") else 15
    have = strength(node.tree.grammar, node.tree.path, node.text)
    return f"({node.text})" if (have or 0) < need else node.text


def _is_whole_value(node: Node) -> bool:
    parent = node.parent
    if parent is None or is_pattern(node) or (node.kind == "name" and not is_value(node)):
        return False
    if parent.kind in ("tokens", "macro") or parent.type in ("generic_function", "try_expression"):
        return False
    if node.kind == "binary" and operator_of(node) in ("&&", "||", "<", ">", "<=", ">=", "==", "!=", "===", "!=="):
        return False
    if parent.kind in ("member", "call", "new") and node.field != "arguments":
        return False
    if parent.kind == "binary" and operator_of(parent) in ("&&", "||", "in", "instanceof"):
        return False
    if node.field == "left" and parent.kind in ("assign", "augmented", "declare", "each", "range"):
        return False
    return parent.kind not in ("plain", "import", "reference", "update") and node.field not in (
        "name",
        "key",
        "pattern",
    )


@operator(
    "negative remainder",
    "binary",
    weight=0.3,
    examples={
        "javascript": (("x = a % n;\n", "x = ((a % n) + n) % n;\n"),),
        "go": (("x := a % n\n", "x := ((a % n) + n) % n\n"),),
        "rust": (("let x = a % n;\n", "let x = a.rem_euclid(n);\n"),),
    },
)
def negative_remainder(site: Site) -> Iterator[Rewrite]:
    """A remainder that is never below nothing."""
    left, right = site.node.get("left"), site.node.get("right")
    if left is None or right is None or operator_of(site.node) != "%":
        return
    if site.family == "rust":
        base = left.text if (strength(site.tree.grammar, site.tree.path, left.text) or 0) >= 18 else f"({left.text})"
        yield site.replace(f"{base}.rem_euclid({right.text})")
    else:
        yield site.replace(f"(({left.text} % {right.text}) + {right.text}) % {right.text}")
