"""Statements left out, moved, exchanged."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...model import Splice
from .layout import SIMPLE, STATEMENTS, reindented, whole_lines
from .registry import Rewrite, Site, operator


@operator(
    "delete statement",
    *STATEMENTS,
    weight=0.25,
    examples=(("a()\nb()\n", "b()\n"), ("if x:\n    a()\n", "if x:\n    pass\n"), ("if x:\n    a()\n", "a()\n")),
)
def delete_statement(site: Site) -> Iterator[Rewrite]:
    """A statement left out; a condition left out around its body."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if not site.alone(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    start, end = whole_lines(site, node)
    block = site.source.block(node)
    empty = site.source.indent(node) + "pass" + site.source.newline if len(block) == 1 else ""
    yield site.splice(start, end, empty, 1.0 if isinstance(node, SIMPLE) else 0.5, 0.7)
    if (
        isinstance(node, ast.If | ast.With | ast.Try)
        and not getattr(node, "orelse", None)
        and node.body[0].lineno > node.lineno
    ):
        body = reindented(site, node.body, site.source.indent(node))
        yield site.splice(start, end, body, 0.8, 0.4)


@operator(
    "move statement",
    *STATEMENTS,
    weight=0.45,
    examples=(
        ("a()\nb()\n", "b()\na()\n"),
        ("for x in y:\n    a()\n    b()\n", "for x in y:\n    a()\nb()\n"),
        ("for x in y:\n    a()\nb()\n", "for x in y:\n    a()\n    b()\n"),
        ("for x in y:\n    a()\n    b()\n", "a()\nfor x in y:\n    b()\n"),
    ),
)
def move_statement(site: Site) -> Iterator[Rewrite]:
    """Neighbours change places; the last statement of a block leaves it; the next one enters it."""
    node = site.node
    assert isinstance(node, ast.stmt)
    block = site.source.block(node)
    index = next((i for i, s in enumerate(block) if s is node), -1)
    if index < 0 or not site.alone(node):
        return
    if index + 1 < len(block) and site.alone(block[index + 1]) and isinstance(block[index + 1], STATEMENTS):
        yield _exchanged(site, node, block[index + 1])
    parent = site.parent
    compound = isinstance(parent, ast.For | ast.While | ast.If | ast.With | ast.AsyncFor | ast.AsyncWith)
    if compound and isinstance(parent, ast.stmt) and index and index == len(block) - 1:
        yield _moved(site, node, whole_lines(site, parent)[1], site.source.indent(parent), 1.0)
    if compound and isinstance(parent, ast.stmt) and index == 0 and len(block) > 1 and block is parent.body:  # type: ignore[attr-defined]
        yield _moved(site, node, whole_lines(site, parent)[0], site.source.indent(parent), 0.8)
    before = block[index - 1] if index else None
    if isinstance(before, ast.For | ast.While | ast.If | ast.With) and before.body[-1].lineno > before.lineno:
        for body in (before.body, before.orelse if isinstance(before, ast.If) else []):
            if body and not isinstance(body[-1], ast.If):
                yield _moved(site, node, whole_lines(site, body[-1])[1], site.source.indent(body[-1]), 0.7)
    if isinstance(before, ast.For | ast.While) and isinstance(before.body[-1], ast.If):
        yield _moved(site, node, whole_lines(site, before.body[-1])[1], site.source.indent(before.body[-1]), 0.7)


def _exchanged(site: Site, one: ast.stmt, two: ast.stmt) -> Rewrite:
    (a, b), (c, d) = whole_lines(site, one), whole_lines(site, two)
    text = site.source.text
    second, first = text[c:d], text[a:b]
    if not second.endswith(("\n", "\r")):
        second, first = second + site.source.newline, first.rstrip("\r\n")
    return site.splice(a, d, second + text[b:c] + first, 0.9)


def _moved(site: Site, node: ast.stmt, to: int, indent: str, factor: float) -> Rewrite:

    start, end = whole_lines(site, node)
    text = reindented(site, [node], indent)
    cut, paste = Splice(start, end, ""), Splice(to, to, text)
    if to and site.source.text[to - 1] not in "\r\n":
        paste = Splice(to, to, site.source.newline + text.rstrip("\r\n"))
    return Rewrite(tuple(sorted((cut, paste), key=lambda s: (s.start, s.end))), factor)
