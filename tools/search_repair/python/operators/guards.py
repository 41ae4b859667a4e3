"""Statements under a condition, and ways out before them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .conditions import atoms
from .layout import STATEMENTS, opening_of, reindented, whole_lines, within_function
from .registry import Rewrite, Site, operator

_MOST_WAYS = 10


@operator(
    "guard",
    *STATEMENTS,
    weight=0.4,
    examples=(
        ("def f(a):\n    a.b()\n", "def f(a):\n    if a:\n        a.b()\n"),
        ("def f(a):\n    return a[0]\n", "def f(a):\n    if not a:\n        return None\n    return a[0]\n"),
        ("for x in y:\n    f(x)\n", "for x in y:\n    if not x:\n        continue\n    f(x)\n"),
    ),
)
def guard(site: Site) -> Iterator[Rewrite]:
    """A statement only under a condition; before it a way out under a condition."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if not site.alone(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    first = site.scope.function is not None and node in opening_of(site.scope.function)
    ways_out = sorted(_ways_out(site, node), key=lambda way: -way[1])[:_MOST_WAYS]
    mentioned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    crashed = 1.9 if _crashes(site, node) else 1.0
    for atom, plain in atoms(site):
        factor, risk = plain * crashed, 0.15 if crashed > 1 else 0.5
        near = 1.0 if any(re.search(rf"\b{re.escape(n)}\b", atom) for n in mentioned) else 0.4
        if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Return | ast.Raise):
            yield _guarded(site, node, atom, 0.8 * factor * near, risk)
        for text, likely in ways_out:
            opening = 1.0 if first else 0.6
            yield site.insert_before(
                node, f"if {atom}:\n{site.source.indent_step}{text}", factor * near * likely * opening, risk
            )


def _guarded(site: Site, node: ast.stmt, atom: str, factor: float, risk: float) -> Rewrite:
    indent, step = site.source.indent(node), site.source.indent_step
    start, end = whole_lines(site, node)
    body = reindented(site, [node], indent + step)
    return site.splice(start, end, f"{indent}if {atom}:{site.source.newline}{body}", factor, risk)


def _crashes(site: Site, node: ast.stmt) -> bool:
    """Whether a failing test ended in an exception just here: what a guard is for."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    ends = [error.frames[-1] for error in site.errors if error.frames and error.type not in ("AssertionError", "Hang")]
    return any(file == site.source.path and line in lines for file, line, _ in ends)


def _ways_out(site: Site, node: ast.stmt) -> Iterator[tuple[str, float]]:
    if any(isinstance(a, ast.For | ast.While) for a in within_function(site, node)):
        yield "continue", 0.8
        yield "break", 0.6
    if site.scope.function is None:
        return
    returns = [n.value for n in site.scope.nodes if isinstance(n, ast.Return) and n.value is not None]
    generates = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in site.scope.nodes)
    if generates or not returns:
        yield "return", 0.9
        if generates:
            return
    yield from _empty_results(site, returns)
    raised = [site.source.segment(n) for n in site.scope.nodes if isinstance(n, ast.Raise) and n.exc is not None]
    for text in dict.fromkeys(raised):
        yield text, 0.5


def _empty_results(site: Site, returns: list[ast.expr]) -> Iterator[tuple[str, float]]:
    seen = dict.fromkeys(site.source.segment(r) for r in returns if len(site.source.segment(r)) < 25)
    kinds = {type(r) for r in returns}
    texts = [t.id for t in returns if isinstance(t, ast.Name)]
    yield "return None", 0.7
    for text in list(seen)[:4]:
        if text != "None":
            yield f"return {text}", 0.7
    for empty, likely in (
        ("0", 0.5),
        ("[]", 0.6),
        ("''", 0.4),
        ("False", 0.4),
        ("True", 0.3),
        ("{}", 0.3),
        ("1", 0.3),
        ("0.0", 0.2),
    ):
        if empty not in seen:
            fitting = (empty == "[]" and kinds & {ast.List, ast.ListComp, ast.BinOp}) or (
                empty == "{}" and kinds & {ast.Dict, ast.DictComp}
            )
            yield f"return {empty}", likely * (1.4 if fitting else 0.8)
    for name in site.scope.parameters[:4]:
        if name not in texts and name not in ("self", "cls"):
            yield f"return {name}", 0.4
