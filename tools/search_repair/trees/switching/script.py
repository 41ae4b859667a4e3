"""Switching in JavaScript and TypeScript: the innermost function, in a ``switch`` or a conditional expression."""

from __future__ import annotations

import re

from ...model import Splice
from ...variants import SWITCH
from ..statements import statements_of
from ..tree import Node, Tree
from .ending import ends
from .region import Region, inside

_NOTHING = re.compile(r"\b(void|undefined|any|unknown|never|asserts|is|Generator|AsyncGenerator|Iterator|Iterable)\b")


class ScriptDialect:
    """The number comes from a function at the end of the file, which is there before anything else of it runs."""

    def region(self, tree: Tree, first: int, last: int) -> Region | None:
        at = innermost(tree.root, first, last)
        for function in (at, *at.ancestors()):
            region = _region(function) if function.kind == "function" else None
            if region is not None and region.start <= first and last <= region.end:
                return region
        return None

    def frame(self, tree: Tree, name: str) -> tuple[Splice, ...]:
        typed = tree.package[0] == "tree_sitter_typescript"
        scope, of_number = ("(globalThis as any)", ": number") if typed else ("globalThis", "")
        number = f"{name}n = Number({scope}.process?.env?.{SWITCH}) || 0"
        break_ = "" if tree.text.endswith("\n") else "\n"
        text = (
            f"{break_}var {name}n{': number | undefined' if typed else ''};\n"
            f"function {name}(){of_number} {{ return {name}n === undefined ? ({number}) : {name}n; }}\n"
        )
        return (Splice(len(tree.text), len(tree.text), text),)

    def opening(self, region: Region, name: str) -> str:
        return "(\n" if region.expression else f" switch ({name}()) {{\n"

    def variant(self, region: Region, name: str, number: int, body: str) -> str:
        if region.expression:
            return f"{name}() === {number} ? (\n{body}\n) :\n"
        return f"case {number}: {{{body}\n{_fallen(region, body)}}}\n"

    def closing(self, region: Region) -> tuple[str, str]:
        return ("(", "))") if region.expression else ("}", "")


def innermost(node: Node, first: int, last: int) -> Node:
    """The smallest node that holds some characters."""
    inner = next((child for child in node.children if child.holds(first, last)), None)
    while inner is not None:
        node = inner
        inner = next((child for child in node.children if child.holds(first, last)), None)
    return node


def _region(function: Node) -> Region | None:
    body = function.get("body")
    if body is None:
        return None
    if body.kind != "block":
        return Region(function, body.start, body.end, expression=True)
    return Region(function, *inside(body, statements_of(body), _prologue(function, body)))


def _prologue(function: Node, body: Node) -> int:
    """How many first statements must stay the first: directives, and all up to the call of a parent's constructor."""
    statements = statements_of(body)
    count = 0
    while (
        count < len(statements)
        and statements[count].kind == "plain"
        and [n.kind for n in statements[count].inner] == ["string"]
    ):
        count += 1
    for index, statement in enumerate(statements):
        if statement.kind == "plain" and statement.inner and _is_super(statement.inner[0]):
            return index + 1
    return count


def _is_super(node: Node) -> bool:
    return node.kind == "call" and node.inner[0].type == "super"


def _fallen(region: Region, body: str) -> str:
    """What keeps a variant from running into the original."""
    function = region.function
    before = "async function* f() {" if "await" in body else "function* f() {"
    tree = Tree(function.tree.path, f"{before}{body}\n}}", function.tree.grammar, function.tree.package)
    block = tree.root.children[0].get("body") if tree.root.children else None
    if block is not None and ends(block):
        return ""
    result = function.get("return_type")
    if result is not None and not _NOTHING.search(result.text):
        return "return undefined as any; "
    return "return; "
