"""Comparisons and truth: by their neighbours, by their opposites, joined otherwise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


_INSTEAD_OF_COMPARISON = {
    "<": (("<=", 1.0), (">", 0.7), (">=", 0.5), ("!=", 0.4), ("==", 0.3)),
    "<=": (("<", 1.0), (">=", 0.7), (">", 0.5), ("==", 0.3), ("!=", 0.3)),
    ">": ((">=", 1.0), ("<", 0.7), ("<=", 0.5), ("!=", 0.4), ("==", 0.3)),
    ">=": ((">", 1.0), ("<=", 0.7), ("<", 0.5), ("==", 0.3), ("!=", 0.3)),
    "==": (("!=", 0.9), ("<=", 0.5), (">=", 0.5), ("<", 0.4), (">", 0.4), ("in", 0.4), ("is", 0.2)),
    "!=": (("==", 0.9), ("<", 0.5), (">", 0.5), ("<=", 0.3), (">=", 0.3), ("not in", 0.4), ("is not", 0.2)),
    "in": (("not in", 0.9), ("==", 0.4)),
    "not in": (("in", 0.9), ("!=", 0.4)),
    "is": (("is not", 0.9), ("==", 0.8)),
    "is not": (("is", 0.9), ("!=", 0.8)),
}


_PLAIN = ("<", "<=", ">", ">=", "==", "!=")


_COMPARISON_TOKEN = re.compile(r"not\s+in\b|is\s+not\b|<=|>=|==|!=|<|>|\bin\b|\bis\b")


@operator(
    "comparison",
    ast.Compare,
    weight=1.0,
    examples=(("if a < b:\n    f()\n", "if a <= b:\n    f()\n"), ("x = a not in b\n", "x = a in b\n")),
)
def comparison(site: Site) -> Iterator[Rewrite]:
    """A comparison by its neighbours: the boundary first, then the opposite."""
    node = site.node
    assert isinstance(node, ast.Compare)
    left: ast.expr = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        start, end = site.source.span(left)[1], site.source.span(right)[0]
        match = _COMPARISON_TOKEN.search(site.source.text, start, end)
        if match:
            for text, factor in _INSTEAD_OF_COMPARISON[_COMPARISONS[type(op)]]:
                yield site.splice(match.start(), match.end(), text, factor)
        left = right


@operator(
    "threshold",
    ast.Compare,
    weight=0.45,
    examples=(("if len(a) == 0:\n    f()\n", "if len(a) <= 1:\n    f()\n"), ("x = n > 0\n", "x = n > 1\n")),
)
def threshold(site: Site) -> Iterator[Rewrite]:
    """A comparison with a number: operator and number together, a step to either side."""
    node = site.node
    assert isinstance(node, ast.Compare)
    right = node.comparators[0]
    if len(node.ops) > 1 or not isinstance(right, ast.Constant) or type(right.value) is not int:
        return
    left, own = site.source.segment(node.left), _COMPARISONS[type(node.ops[0])]
    for op in ("<=", "<", ">", ">=", "==", "!="):
        for number in (right.value + 1, right.value - 1):
            if op in _PLAIN and own in _PLAIN:
                yield site.replace(f"{left} {op} {number}", 1.0 if op == own or "=" in op + own else 0.6)


@operator(
    "logic",
    ast.BoolOp,
    weight=0.9,
    examples=(("x = a and b\n", "x = a or b\n"), ("x = a or b or c\n", "x = a or c\n")),
)
def logic(site: Site) -> Iterator[Rewrite]:
    """``and`` by ``or`` and back; one operand left out; one operand negated."""
    node = site.node
    assert isinstance(node, ast.BoolOp)
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    texts = [site.source.segment(value) for value in node.values]
    yield site.replace(f" {new} ".join(_in_parentheses(v, t) for v, t in zip(node.values, texts, strict=True)))
    for index in range(len(texts)):
        rest = texts[:index] + texts[index + 1 :]
        yield site.replace(f" {old} ".join(_grouped(t) for t in rest) if len(rest) > 1 else rest[0], 0.5, 0.3)
    for value, text in zip(node.values, texts, strict=True):
        yield site.replace(negated(value, text), 0.5, node=value)


def _in_parentheses(value: ast.expr, text: str) -> str:
    return f"({text})" if isinstance(value, ast.BoolOp | ast.IfExp | ast.Lambda) else text


def _grouped(text: str) -> str:
    return f"({text})" if re.search(r"\b(or|if|lambda|and)\b", text) else text


_NEGATIONS = {
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}


def negated(node: ast.expr, text: str) -> str:
    """The opposite of an expression, as one would write it."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ast.unparse(node.operand)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return f"{ast.unparse(node.left)} {_NEGATIONS[type(node.ops[0])]} {ast.unparse(node.comparators[0])}"
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    return f"not {text}" if simple else f"not ({text})"


@operator(
    "negation",
    ast.If,
    ast.While,
    ast.IfExp,
    ast.Return,
    ast.Assert,
    weight=0.7,
    examples=(
        ("if x:\n    f()\n", "if not x:\n    f()\n"),
        ("if not x:\n    f()\n", "if x:\n    f()\n"),
        ("def f(a):\n    return a.ready()\n", "def f(a):\n    return not a.ready()\n"),
    ),
)
def negation(site: Site) -> Iterator[Rewrite]:
    """A condition by its opposite."""
    node = site.node
    test = node.value if isinstance(node, ast.Return) else getattr(node, "test", None)
    if test is None or (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return  # the opposite comparison is a comparison's own neighbour
    if isinstance(test, ast.Constant | ast.BinOp | ast.List | ast.Dict | ast.Tuple):
        return
    factor = 0.4 if isinstance(node, ast.Return) else 1.0
    yield site.replace(negated(test, site.source.segment(test)), factor, node=test)


@operator(
    "branches",
    ast.IfExp,
    ast.If,
    weight=0.5,
    examples=(("x = a if c else b\n", "x = b if c else a\n"), ("x = a if c else b\n", "x = a\n")),
)
def branches(site: Site) -> Iterator[Rewrite]:
    """The two sides of a conditional change places; one side alone."""
    node = site.node
    if isinstance(node, ast.IfExp):
        yield site.swap(node.body, node.orelse)
        yield site.replace(site.source.segment(node.body), 0.4, 0.3)
        yield site.replace(site.source.segment(node.orelse), 0.4, 0.3)
    elif isinstance(node, ast.If) and len(node.body) == 1 and _is_plain_else(node):
        yield site.swap(node.body[0], node.orelse[0], 0.6)


def _is_plain_else(node: ast.If) -> bool:
    return len(node.orelse) == 1 and not isinstance(node.orelse[0], ast.If)
