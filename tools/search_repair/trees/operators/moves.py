"""Statements in another place."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Splice
from ..statements import alone, enclosing_block, extent, in_list, leaves, siblings, statement_of, statements_of
from ..tree import Node
from .registry import Rewrite, Site, operator

_MOVED = ("plain", "assign", "augmented", "update", "return", "break", "declaration", "declare", "if", "defer")


@operator(
    "order of statements",
    *_MOVED,
    weight=0.35,
    examples={
        "javascript": (("f();\ng();\n", "g();\nf();\n"),),
        "go": (("f()\ng()\n", "g()\nf()\n"),),
        "rust": (("f();\ng();\n", "g();\nf();\n"),),
    },
)
def order_of_statements(site: Site) -> Iterator[Rewrite]:
    """Two neighbouring statements change places."""
    statement = site.own_statement()
    if statement is None or not in_list(statement) or leaves(statement):
        return
    beside = siblings(statement)
    place = beside.index(statement)
    for step, other in enumerate(beside[place + 1 : place + 3]):
        if leaves(other):
            return  # nothing behind it would be reached
        one, two = extent(statement), extent(other)
        text = site.tree.text
        if text[one[0] : one[1]].endswith((";", "}")) == text[two[0] : two[1]].endswith((";", "}")):
            splices = Splice(*one, text[two[0] : two[1]]), Splice(*two, text[one[0] : one[1]])
            yield Rewrite(splices, 1.0 if step == 0 else 0.5)


@operator(
    "moved out",
    *_MOVED,
    weight=0.35,
    examples={
        "javascript": (
            ("for (const a of b) {\n  f(a);\n  g();\n}\n", "for (const a of b) {\n  f(a);\n}\ng();\n"),
            ("while (a) {\n  f();\n  g();\n}\n", "f();\nwhile (a) {\n  g();\n}\n"),
        ),
        "go": (("for a {\n\tf()\n\treturn x\n}\n", "for a {\n\tf()\n}\nreturn x\n"),),
        "rust": (("while a {\n    f();\n    g();\n}\n", "while a {\n    f();\n}\ng();\n"),),
    },
)
def moved_out(site: Site) -> Iterator[Rewrite]:
    """A statement leaves its block: the last one after it, the first one before it."""
    statement = site.own_statement()
    block = enclosing_block(statement) if statement is not None else None
    outer = statement_of(block) if block is not None else None
    if (
        statement is None
        or block is None
        or outer is None
        or not (alone(statement) and alone(outer))
        or not in_list(outer)
    ):
        return
    if statement.kind != "break" and any(n.kind == "break" for n in statement.walk()):
        return
    if any(node.kind == "function" and outer.holds(node.start, node.end) for node in block.ancestors()):
        return
    beside, deleted = siblings(statement), site.delete(statement).splices[0]
    text = _without_indent(site, statement)
    if statement is beside[-1]:
        yield Rewrite((deleted, *_placed(site, outer, text, after=True)))
    if statement is beside[0] and statement.kind not in ("return", "break"):
        yield Rewrite((*_placed(site, outer, text, after=False), deleted), 0.9)


def _placed(site: Site, outer: Node, text: str, after: bool) -> tuple[Splice, ...]:
    return (site.insert_after(outer, text) if after else site.insert_before(outer, text)).splices


def _without_indent(site: Site, statement: Node) -> str:
    start, end = extent(statement)
    first, *rest = site.tree.text[start:end].split("\n")
    return "\n".join([first, *(line.removeprefix(site.tree.indent(start)) for line in rest)])


@operator(
    "moved in",
    *_MOVED,
    weight=0.35,
    examples={
        "javascript": (
            ("for (const a of b) {\n  f(a);\n}\ng();\n", "for (const a of b) {\n  f(a);\n  g();\n}\n"),
            ("x = 0;\nfor (const a of b) {\n  f(a);\n}\n", "for (const a of b) {\n  x = 0;\n  f(a);\n}\n"),
        ),
        "go": (("for a {\n\tf()\n}\ng()\n", "for a {\n\tf()\n\tg()\n}\n"),),
        "rust": (("while a {\n    f();\n}\ng();\n", "while a {\n    f();\n    g();\n}\n"),),
    },
)
def moved_in(site: Site) -> Iterator[Rewrite]:
    """A statement enters the block of its neighbour: at the end of the one before, at the start of the one after."""
    statement = site.own_statement()
    if statement is None or not in_list(statement) or not alone(statement):
        return
    beside, deleted = siblings(statement), site.delete(statement).splices[0]
    place, text = beside.index(statement), _without_indent(site, statement)
    if place:
        inner = _last_inside(beside[place - 1])
        if inner is not None and alone(inner):
            yield Rewrite((*site.insert_after(inner, text).splices, deleted))
    if place + 1 < len(beside):
        inner = _first_inside(beside[place + 1])
        if inner is not None and alone(inner):
            yield Rewrite((deleted, *site.insert_before(inner, text).splices), 0.9)


def _blocks(statement: Node) -> list[Node]:
    holder = statement.inner[0] if statement.kind == "plain" and statement.inner else statement
    if holder.kind not in ("for", "each", "while", "if", "loop"):
        return []
    return [child for child in holder.inner if child.kind == "block"]


def _last_inside(statement: Node) -> Node | None:
    blocks = _blocks(statement)
    inside = statements_of(blocks[-1]) if blocks else []
    return inside[-1] if inside else None


def _first_inside(statement: Node) -> Node | None:
    blocks = _blocks(statement)
    inside = statements_of(blocks[0]) if blocks else []
    return inside[0] if inside else None
