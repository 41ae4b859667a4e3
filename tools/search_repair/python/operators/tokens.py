"""Operators replaced by their neighbours: comparisons, arithmetic, logic, assignment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .registry import Rewrite, Site, operator

_COMPARISONS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
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

_ARITHMETIC = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
}  # fmt: skip
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
    "comparison", ast.Compare, weight=1.0,
    examples=(("if a < b:\n    f()\n", "if a <= b:\n    f()\n"), ("x = a not in b\n", "x = a in b\n")),
)  # fmt: skip
def comparison(site: Site) -> Iterator[Rewrite]:
    """A comparison by its neighbours: the boundary first, then the opposite."""
    node = site.node
    assert isinstance(node, ast.Compare)
    left: ast.expr = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        start, end = site.source.span(left)[1], site.source.span(right)[0]
        match = _COMPARISON_TOKEN.search(site.source.text, start, end)
        for text, factor in _INSTEAD_OF_COMPARISON[_COMPARISONS[type(op)]] if match else ():
            yield site.splice(match.start(), match.end(), text, factor)
        left = right


@operator(
    "threshold", ast.Compare, weight=0.45,
    examples=(("if len(a) == 0:\n    f()\n", "if len(a) <= 1:\n    f()\n"), ("x = n > 0\n", "x = n > 1\n")),
)  # fmt: skip
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
    "arithmetic", ast.BinOp, weight=0.85,
    examples=(("x = a + b\n", "x = a - b\n"), ("x = (a) // (b)\n", "x = (a) / (b)\n")),
)  # fmt: skip
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
    "augmented", ast.AugAssign, weight=0.85,
    examples=(("x ^= y\n", "x &= y\n"), ("x += y\n", "x = y\n"), ("x += y\n", "x -= y\n")),
)  # fmt: skip
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
    "accumulate", ast.Assign, weight=0.5,
    examples=(("total = x\n", "total += x\n"), ("best = f(x)\n", "best = max(best, f(x))\n")),
)  # fmt: skip
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
    "logic", ast.BoolOp, weight=0.9,
    examples=(("x = a and b\n", "x = a or b\n"), ("x = a or b or c\n", "x = a or c\n")),
)  # fmt: skip
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
    ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip


def negated(node: ast.expr, text: str) -> str:
    """The opposite of an expression, as one would write it."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ast.unparse(node.operand)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return f"{ast.unparse(node.left)} {_NEGATIONS[type(node.ops[0])]} {ast.unparse(node.comparators[0])}"
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    return f"not {text}" if simple else f"not ({text})"


@operator(
    "negation", ast.If, ast.While, ast.IfExp, ast.Return, ast.Assert, weight=0.7,
    examples=(
        ("if x:\n    f()\n", "if not x:\n    f()\n"),
        ("if not x:\n    f()\n", "if x:\n    f()\n"),
        ("def f(a):\n    return a.ready()\n", "def f(a):\n    return not a.ready()\n"),
    ),
)  # fmt: skip
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
    "unary", ast.UnaryOp, weight=0.6,
    examples=(("x = -y\n", "x = y\n"), ("x = not y\n", "x = y\n")),
)  # fmt: skip
def unary(site: Site) -> Iterator[Rewrite]:
    """A unary operator left out."""
    node = site.node
    assert isinstance(node, ast.UnaryOp)
    yield site.replace(site.source.segment(node.operand))


@operator(
    "operands", ast.BinOp, weight=0.6,
    examples=(("x = a - b\n", "x = b - a\n"), ("x = 1 + f(n)\n", "x = f(n)\n")),
)  # fmt: skip
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
    "regroup", ast.BinOp, weight=0.5,
    examples=(("x = a + b * c\n", "x = (a + b) * c\n"), ("x = a - (b - c)\n", "x = a - b - c\n")),
)  # fmt: skip
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


@operator(
    "branches", ast.IfExp, ast.If, weight=0.5,
    examples=(("x = a if c else b\n", "x = b if c else a\n"), ("x = a if c else b\n", "x = a\n")),
)  # fmt: skip
def branches(site: Site) -> Iterator[Rewrite]:
    """The two sides of a conditional change places; one side alone."""
    node = site.node
    if isinstance(node, ast.IfExp):
        yield site.swap(node.body, node.orelse)
        yield site.replace(site.source.segment(node.body), 0.4, 0.3)
        yield site.replace(site.source.segment(node.orelse), 0.4, 0.3)
    elif isinstance(node, ast.If) and len(node.body) == 1 and len(node.orelse) == 1:
        if not isinstance(node.orelse[0], ast.If):
            yield site.swap(node.body[0], node.orelse[0], 0.6)
