"""Arithmetic: other operators, operands changed, dropped, grouped otherwise, one more or one less."""

from __future__ import annotations

from collections.abc import Iterator

from ..precedence import fit
from ..shapes import is_number, is_text, operator_of
from ..statements import is_pattern
from ..tree import Node
from .registry import Rewrite, Site, operator

_INSTEAD = {
    "+": (("-", 1.0), ("*", 0.6)),
    "-": (("+", 1.0), ("/", 0.3), ("*", 0.3)),
    "*": (("/", 0.9), ("+", 0.6), ("-", 0.3)),
    "/": (("*", 0.9), ("%", 0.6), ("-", 0.3)),
    "%": (("/", 0.9), ("*", 0.3)),
    "<<": ((">>", 0.9),),
    ">>": (("<<", 0.9),),
    "&": (("|", 0.8), ("^", 0.6), ("&&", 0.4)),
    "|": (("&", 0.8), ("^", 0.6), ("||", 0.4)),
    "^": (("&", 0.7), ("|", 0.7)),
}
_SCRIPT = {
    "**": (("*", 0.8),),
    ">>": (("<<", 0.9), (">>>", 0.8)),
    ">>>": ((">>", 0.8),),
    "^": (("**", 0.9), ("&", 0.5)),
}
_AUGMENTED = {
    "+=": ("-=", "=", "*="),
    "-=": ("+=", "="),
    "*=": ("/=", "+=", "="),
    "/=": ("*=", "-="),
    "%=": ("/=",),
    "|=": ("&=", "^=", "="),
    "&=": ("|=", "="),
    "^=": ("|=", "="),
    "<<=": (">>=",),
    ">>=": ("<<=",),
    "=": ("+=", "-="),
}


@operator(
    "arithmetic",
    "binary",
    weight=0.9,
    examples={
        "javascript": (("x = a + b;\n", "x = a - b;\n"), ("x = a ^ b;\n", "x = a ** b;\n")),
        "go": (("x := a / b\n", "x := a % b\n"),),
        "rust": (("let x = a * b;\n", "let x = a / b;\n"),),
    },
)
def arithmetic(site: Site) -> Iterator[Rewrite]:
    """An arithmetic or bitwise operator by its neighbours."""
    token = site.node.token("operator")
    if token is None or is_text(site.node):
        return
    table = _INSTEAD | _SCRIPT if site.family == "javascript" else _INSTEAD
    for text, factor in table.get(token.text, ()):
        yield site.splice(token.start, token.end, text, factor)


@operator(
    "augmented",
    "augmented",
    "assign",
    weight=0.7,
    examples={
        "javascript": (("x += a;\n", "x -= a;\n"), ("x = a;\n", "x += a;\n"), ("x += a;\n", "x = a;\n")),
        "go": (("x += a\n", "x -= a\n"), ("x = a\n", "x += a\n")),
        "rust": (("x *= a;\n", "x /= a;\n"), ("x = a;\n", "x += a;\n")),
    },
)
def augmented(site: Site) -> Iterator[Rewrite]:
    """Assignment and combined assignment by one another."""
    left, right = site.node.get("left"), site.node.get("right")
    if left is None or right is None or (len(left.inner) > 1 and left.kind == "several"):
        return
    token = next((c for c in site.node.children if not c.named and c.text in _AUGMENTED), None)
    if token is None or (token.text == "=" and right.kind in ("string", "boolean", "list", "object", "function")):
        return
    for place, text in enumerate(_AUGMENTED[token.text]):
        yield site.splice(token.start, token.end, text, (0.5 if token.text == "=" else 1.0) * 0.8**place)


@operator(
    "update",
    "update",
    weight=0.6,
    examples={
        "javascript": (("i++;\n", "i--;\n"), ("x = a[i++];\n", "x = a[++i];\n"), ("i++;\n", "i += 2;\n")),
        "go": (("i++\n", "i--\n"), ("i++\n", "i += 2\n")),
    },
)
def update(site: Site) -> Iterator[Rewrite]:
    """A step forward by a step back, by a longer one, and before by after."""
    operand = site.node.inner[0] if site.node.inner else None
    if operand is None:
        return
    sign = "++" if "++" in site.text.replace(operand.text, "") else "--"
    prefix = operand.start > site.node.start
    other = "--" if sign == "++" else "++"
    yield site.splice(site.node.start, site.node.end, f"{other}{operand.text}" if prefix else f"{operand.text}{other}")
    parent = site.node.parent
    if site.family == "javascript" and parent is not None and parent.kind != "plain" and site.node.field != "increment":
        flipped = f"{operand.text}{sign}" if prefix else f"{sign}{operand.text}"
        yield site.splice(site.node.start, site.node.end, flipped, 0.9)
        return
    yield site.splice(site.node.start, site.node.end, f"{operand.text} {sign[0]}= 2", 0.5)


@operator(
    "operands",
    "binary",
    weight=0.5,
    examples={
        "javascript": (("x = a - b;\n", "x = b - a;\n"), ("x = a + b;\n", "x = a;\n")),
        "go": (("x := a - b\n", "x := b - a\n"), ("x := a + b\n", "x := b\n")),
        "rust": (("let x = a / b;\n", "let x = b / a;\n"), ("let x = a + b;\n", "let x = a;\n")),
    },
)
def operands(site: Site) -> Iterator[Rewrite]:
    """Operands change places; one of them alone."""
    sign, left, right = operator_of(site.node), site.node.get("left"), site.node.get("right")
    if left is None or right is None or sign in ("&&", "||", "??"):
        return
    if sign in ("-", "/", "%", "<<", ">>", "**") or (sign == "+" and (is_text(site.node) or _maybe_text(left, right))):
        yield site.swap(left, right, 1.0 if sign != "+" else 0.5)
    if sign in _INSTEAD or sign == "**":
        step = right.text == "1" and sign in ("+", "-")
        yield site.replace(left.text, 1.1 if step else 0.6, 0.0 if step else 0.1)
        yield site.replace(right.text, 0.2 if step else 0.4, 0.15)


def _maybe_text(left: Node, right: Node) -> bool:
    return left.kind != "number" and right.kind != "number"


@operator(
    "grouping",
    "binary",
    weight=0.45,
    examples={
        "javascript": (("x = a + b * c;\n", "x = (a + b) * c;\n"), ("x = (a + b) * c;\n", "x = a + b * c;\n")),
        "go": (("x := a + b / c\n", "x := (a + b) / c\n"),),
        "rust": (("let x = a - b % c;\n", "let x = (a - b) % c;\n"),),
    },
)
def grouping(site: Site) -> Iterator[Rewrite]:
    """The same operators, computed in another order."""
    left, right = site.node.get("left"), site.node.get("right")
    token = site.node.token("operator")
    if left is None or right is None or token is None:
        return
    text, end = site.tree.text, site.node.end
    if right.kind == "binary":
        inner = right.get("left")
        if inner is not None:
            yield site.splice(site.node.start, end, f"({text[site.node.start : inner.end]}){text[inner.end : end]}")
    if left.kind == "binary":
        inner = left.get("right")
        if inner is not None:
            yield site.splice(
                site.node.start, end, f"{text[site.node.start : inner.start]}({text[inner.start : end]})", 0.8
            )
    for grouped in (left, right):
        if grouped.kind == "grouped" and grouped.inner and grouped.inner[0].kind == "binary":
            yield site.splice(grouped.start, grouped.end, grouped.inner[0].text, 0.8)


_OF_ANY_TYPE = 0.3
"""What is kept of the score where nothing says that a value is a number: a text takes `+ 1` as well."""


@operator(
    "off by one",
    "name",
    "member",
    "call",
    "binary",
    weight=0.6,
    examples={
        "javascript": (
            ("x = a[i];\n", "x = a[i - 1];\n"),
            ("for (let i = 0; i < a.length; i++) {}\n", "for (let i = 0; i < a.length - 1; i++) {}\n"),
            ("return n;\n", "return n + 1;\n"),
            ("x = a.slice(i, j);\n", "x = a.slice(i, j + 1);\n"),
        ),
        "go": (
            ("x := a[i]\n", "x := a[i-1]\n"),
            ("x := a[i:j]\n", "x := a[i:j+1]\n"),
            ("return n\n", "return n + 1\n"),
        ),
        "rust": (
            ("let x = a[i];\n", "let x = a[i - 1];\n"),
            ("let x = &a[i..j];\n", "let x = &a[i..j + 1];\n"),
            ("for i in 0..n {}\n", "for i in 0..n - 1 {}\n"),
        ),
    },
)
def off_by_one(site: Site) -> Iterator[Rewrite]:
    """One more or one less where something is counted: an index, a bound, a compared or returned value."""
    factor = _counted(site.node)
    if not factor or is_text(site.node) or is_pattern(site.node) or site.text in ("self", "this"):
        return
    if site.node.kind == "binary" and operator_of(site.node) not in ("+", "-", "*", "/", "%"):
        return
    if site.family == "javascript" and site.node.kind in ("name", "member") and not is_number(site.node):
        factor *= _OF_ANY_TYPE
    tight = site.family == "go" and site.node.parent is not None and site.node.parent.kind in ("index", "slice")
    gap = "" if tight else " "
    text = site.text if site.node.kind != "binary" or operator_of(site.node) in "+-" else fit(site.node, site.text)
    for sign, likely in (("-", 1.0), ("+", 0.95)):
        yield site.replace(f"{text}{gap}{sign}{gap}1", factor * likely)


def _counted(node: Node) -> float:
    parent = node.parent
    if parent is None or (parent.kind == "member" and parent.inner[-1] is node):
        return 0.0
    if parent.kind in ("index", "slice"):
        return 1.0 if parent.inner[0] is not node else 0.0
    if parent.kind == "bounds":
        return 1.0
    if parent.kind == "binary" and operator_of(parent) in ("<", "<=", ">", ">=", "==", "===", "!=", "!=="):
        return 0.8 if node.field == "right" else 0.6
    if parent.kind == "arguments":
        return 0.6 if node.kind != "call" else 0.4
    if parent.kind in ("return", "assign", "augmented") or parent.parent_is("return_statement"):
        return 0.8 if node.field != "left" else 0.0
    if parent.kind == "declare" or (parent.kind == "several" and parent.field in ("right", "value")):
        return 0.5 if node.field not in ("name", "pattern", "left", "type") else 0.0
    if parent.kind == "block" and parent.tree.grammar.family == "rust" and node is parent.inner[-1]:
        return 0.6
    if parent.kind == "function" and node.field == "body":
        return 0.5
    return 0.0
