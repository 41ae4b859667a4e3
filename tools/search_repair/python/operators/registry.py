"""What an operator is, and what it may ask of the place where it is applied."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ...model import Raised, Splice
from ..precedence import fit
from ..scope import Scope
from ..source import Source


@dataclass(frozen=True)
class Rewrite:
    """One proposal: splices, how much likelier than the operator's usual, and its risk of overfitting."""

    splices: tuple[Splice, ...]
    factor: float = 1.0
    risk: float = 0.0


@dataclass
class Site:
    """A node in its file, and everything an operator may want to know around it."""

    source: Source
    node: ast.AST
    scope: Scope
    errors: tuple[Raised, ...] = ()

    @property
    def parent(self) -> ast.AST | None:
        return self.source.parent(self.node)

    @cached_property
    def statement(self) -> ast.stmt | None:
        return self.source.statement(self.node)

    @cached_property
    def text(self) -> str:
        return self.source.segment(self.node)

    def replace(self, text: str, factor: float = 1.0, risk: float = 0.0, node: ast.AST | None = None) -> Rewrite:
        """The node (or ``node``) becomes the expression ``text``, in parentheses where its place asks for them."""
        target = node or self.node
        start, end = self.source.span(target)
        return Rewrite((Splice(start, end, fit(self.source, target, text)),), factor, risk)

    def splice(self, start: int, end: int, text: str, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        return Rewrite((Splice(start, end, text),), factor, risk)

    def swap(self, first: ast.AST, second: ast.AST, factor: float = 1.0) -> Rewrite:
        """Two expressions change places."""
        a, b = self.source.span(first), self.source.span(second)
        one = Splice(*a, fit(self.source, first, self.source.segment(second)))
        two = Splice(*b, fit(self.source, second, self.source.segment(first)))
        return Rewrite(tuple(sorted((one, two), key=lambda s: s.start)), factor)

    def insert_before(self, statement: ast.stmt, text: str, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        """New lines before a statement, at its own indentation."""
        decorators = getattr(statement, "decorator_list", [])
        line = min([statement.lineno, *(d.lineno for d in decorators)])
        start = self.source.line_start(line)
        return self.splice(start, start, self._lines(text, self.source.indent(statement)), factor, risk)

    def insert_after(self, statement: ast.stmt, text: str, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        """New lines after a statement, at its own indentation."""
        end = self.source.line_start((statement.end_lineno or statement.lineno) + 1)
        lines = self._lines(text, self.source.indent(statement))
        if end and self.source.text[end - 1] not in "\r\n":
            lines = self.source.newline + lines.rstrip("\r\n")
        return self.splice(end, end, lines, factor, risk)

    def alone(self, statement: ast.stmt) -> bool:
        """Whether a statement shares its lines with no other code."""
        first = self.source.line_text(statement.lineno)
        start, end = self.source.span(statement)
        rest = self.source.text[end : self.source.line_start((statement.end_lineno or 0) + 1)].strip()
        before = first[: start - self.source.line_start(statement.lineno)].strip()
        return not before and (not rest or rest.startswith("#"))

    def _lines(self, text: str, indent: str) -> str:
        return "".join(indent + line + self.source.newline for line in text.split("\n"))


Generate = Callable[[Site], Iterator[Rewrite]]


@dataclass(frozen=True)
class Operator:
    """One kind of change. ``weight`` in (0, 1] says how often such a change is the repair; ``examples`` are pairs of
    source before and after, each a test."""

    name: str
    nodes: tuple[type[ast.AST], ...]
    weight: float
    examples: tuple[tuple[str, str], ...]
    generate: Generate


OPERATORS: list[Operator] = []


def operator(
    name: str, *nodes: type[ast.AST], weight: float, examples: tuple[tuple[str, str], ...]
) -> Callable[[Generate], Generate]:
    """Register a generator function as an operator on ``nodes``."""

    def register(generate: Generate) -> Generate:
        OPERATORS.append(Operator(name, nodes, weight, examples, generate))
        return generate

    return register
