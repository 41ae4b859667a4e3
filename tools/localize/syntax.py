"""A tree-sitter tree walked into an outline: what the front ends of JavaScript, TypeScript, Go and Rust share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from .outline import UNKNOWN, Binding, Chain, Definition, Import, Kind, Outline, Reference

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


class SyntaxCollector:
    """Visits nodes by type: a method ``on_<type>`` takes a node over, all others are descended into."""

    blocks = frozenset({"block", "statement_block", "statement_list", "declaration_list", "source_file", "program"})
    """Types of the nodes whose children are statements."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.imports: list[Import] = []
        self.references: list[Reference] = []
        self.bindings: list[Binding] = []
        self.exports: dict[str, Chain] = {}
        self.scope: list[str] = []
        self.statement = 1

    def collect(self, parser: Parser, text: str) -> Outline:
        """The outline of ``text``, as far as it can be walked: broken parts are passed over."""
        with suppress(RecursionError):  # nested deeper than hand-written source: what was found so far is good
            self.visit(parser.parse(text.encode("utf-8", "replace")).root_node)
        return Outline(
            tuple(sorted(self.definitions, key=lambda d: (d.line, -d.end_line))),
            tuple(self.imports),
            tuple(sorted(self.references, key=lambda r: r.line)),
            tuple(self.bindings),
            self.exports,
        )

    def chain(self, node: Node | None) -> Chain:
        """The chain of an expression; ``("?",)`` where it is none."""
        raise NotImplementedError

    def visit(self, node: Node | None) -> None:
        """Takes in a node and everything below it."""
        if node is None:
            return
        kind, before = node.type, self.statement
        if kind in self.blocks:
            for child in node.named_children:
                self.statement = line_of(child)
                self.visit(child)
            self.statement = before
            return
        handler: Callable[[Node], None] | None = getattr(self, "on_" + kind, None)
        if handler is None:
            self.visit_all(node.named_children)
        else:
            handler(node)
        self.statement = before

    def visit_all(self, nodes: Iterable[Node]) -> None:
        """Visits each of ``nodes``."""
        for node in nodes:
            self.visit(node)

    def inside(self, name: str, nodes: Iterable[Node | None]) -> None:
        """Visits ``nodes`` as the contents of the definition ``name``."""
        self.scope.append(name)
        for node in nodes:
            self.visit(node)
        self.scope.pop()

    def define(
        self,
        name: str,
        node: Node,
        kind: Kind,
        *,
        owner: str = "",
        bases: tuple[Chain, ...] = (),
        returns: tuple[Chain, ...] = (),
        first: Node | None = None,
    ) -> None:
        """Notes a definition that spans ``node``, or from ``first`` on where attributes stand before it."""
        qualname = ".".join(part for part in (*self.scope, owner, name) if part)
        body = node.child_by_field_name("body") or node.child_by_field_name("type")
        start, end = line_of(first or node), node.end_point.row + 1
        at = line_of(body) + 1 if body and line_of(body) < end else end
        self.definitions.append(Definition(name, qualname, kind, start, end, at, bases, returns))

    def refer(self, node: Node) -> None:
        """Notes the chain of ``node`` as a reference."""
        chain = self.chain(node)
        if chain[0] != UNKNOWN or len(chain) > 1:
            self.references.append(Reference(chain, line_of(node), self.statement))

    def bind(self, target: str, *chains: Chain) -> None:
        """Notes that ``target`` may hold what each of ``chains`` gives; an unknown one still carries the data flow."""
        for chain in chains or ((UNKNOWN,),):
            self.bindings.append(Binding(target, chain, self.statement))


def line_of(node: Node) -> int:
    """The node's first line, 1-based."""
    return int(node.start_point.row) + 1


def text_of(node: Node | None) -> str:
    """The node's text."""
    data = node.text if node is not None else None
    return data.decode("utf-8", "replace") if data else ""


@cache
def parser_for(package: str, function: str = "language") -> Parser | None:
    """The parser of a grammar package, or ``None`` where the package is not installed."""
    try:
        from tree_sitter import Language, Parser

        grammar = import_module(package)
    except ImportError:
        return None
    return Parser(Language(getattr(grammar, function)()))
