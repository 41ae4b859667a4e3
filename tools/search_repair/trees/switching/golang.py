"""Switching in Go: the outermost function, in a ``switch`` over a variable of the package."""

from __future__ import annotations

from ...model import Splice, apply
from ...variants import SWITCH
from ..tree import Node, Tree
from .region import Region
from .script import innermost


class GoDialect:
    """The number is a variable of the package, made at its start; imports stand on the line of the package's name."""

    def region(self, tree: Tree, first: int, last: int) -> Region | None:
        at = innermost(tree.root, first, last)
        for function in reversed([node for node in (at, *at.ancestors()) if node.kind == "function"]):
            body = function.get("body")
            if body is not None and body.start < first and last < body.end:
                return Region(function, body.start + 1, body.end - 1)
        return None

    def frame(self, tree: Tree, name: str) -> tuple[Splice, ...]:
        clause = next(node for node in tree.root.inner if node.type == "package_clause")
        imports = f'; import {name}os "os"; import {name}strconv "strconv"'
        break_ = "" if tree.text.endswith("\n") else "\n"
        variable = f'{break_}var {name}, _ = {name}strconv.Atoi({name}os.Getenv("{SWITCH}"))\n'
        end = len(tree.text)
        return Splice(clause.end, clause.end, imports), Splice(end, end, variable)

    def opening(self, region: Region, name: str) -> str:
        return f" switch {name} {{\n"

    def variant(self, region: Region, name: str, number: int, body: str) -> str:
        left = 'panic("missing return")' if region.function.get("result") is not None else "return"
        return f"case {number}: {{{_relabelled(region, body, number)}\n{left}}}\n"

    def closing(self, region: Region) -> tuple[str, str]:
        return "};", ""


def _relabelled(region: Region, body: str, number: int) -> str:
    """Labels are the function's, so each variant has its own."""
    before = "package p\nfunc f() {"
    if not any(node.type == "label_name" for node in region.function.walk()):
        return body
    tree = Tree(
        region.function.tree.path, f"{before}{body}\n}}", region.function.tree.grammar, region.function.tree.package
    )
    labels: list[Node] = [node for node in tree.nodes if node.type == "label_name"]
    at = len(before)
    return apply(body, [Splice(node.end - at, node.end - at, f"_{number}") for node in labels])
