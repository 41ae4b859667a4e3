"""What an operator is, and what it may ask of the place where it is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...model import Raised, Splice
from ..precedence import fit
from ..scope import Scope
from ..statements import alone, extent, function_of, statement_of
from ..tree import Node, Tree

JAVASCRIPT, GO, RUST = "javascript", "go", "rust"
Example = tuple[str, str]


@dataclass(frozen=True)
class Rewrite:
    """One proposal: splices, how much likelier than the operator's usual, and its risk of overfitting."""

    splices: tuple[Splice, ...]
    factor: float = 1.0
    risk: float = 0.0


@dataclass
class Site:
    """A node in its tree, and everything an operator may want to know around it."""

    node: Node
    scope: Scope
    errors: tuple[Raised, ...] = ()

    @property
    def tree(self) -> Tree:
        return self.node.tree

    @property
    def family(self) -> str:
        return self.node.tree.grammar.family

    @property
    def text(self) -> str:
        return self.node.text

    @cached_property
    def statement(self) -> Node | None:
        return statement_of(self.node)

    @cached_property
    def function(self) -> Node | None:
        return function_of(self.node)

    def own_statement(self) -> Node | None:
        """The statement that stands for itself at a node: of a statement in another one's clothes, only the outer."""
        statement = self.statement
        return statement if statement is self.node else None

    def replace(self, text: str, factor: float = 1.0, risk: float = 0.0, node: Node | None = None) -> Rewrite:
        """The expression ``node`` (this one) becomes ``text``, in parentheses where its place asks for them."""
        target = node or self.node
        return Rewrite((Splice(target.start, target.end, fit(target, text)),), factor, risk)

    def splice(self, start: int, end: int, text: str, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        return Rewrite((Splice(start, end, text),), factor, risk)

    def swap(self, first: Node, second: Node, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        """Two expressions change places."""
        one = Splice(first.start, first.end, fit(first, second.text))
        two = Splice(second.start, second.end, fit(second, first.text))
        return Rewrite((one, two), factor, risk)

    def insert_before(self, statement: Node, text: str, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        """New lines before a statement, at its own indentation."""
        if not alone(statement):
            return self.splice(statement.start, statement.start, " ".join(text.split()) + " ", factor, risk)
        start = self.tree.line_start(statement.start)
        return self.splice(start, start, self._lines(text, statement.start), factor, risk)

    def insert_after(self, statement: Node, text: str, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        """New lines after a statement, at its own indentation."""
        end = extent(statement)[1]
        if not alone(statement):
            gap = "; " if self.family == "go" else " "
            return self.splice(end, end, gap + " ".join(text.split()), factor, risk)
        lines, end = self._lines(text, statement.start), self.tree.line_end(end)
        if self.tree.text[end - 1 : end] != "\n":
            lines = self.tree.newline + lines.rstrip("\r\n")
        return self.splice(end, end, lines, factor, risk)

    def delete(self, statement: Node, factor: float = 1.0, risk: float = 0.0) -> Rewrite:
        """A statement goes, with its line where it is alone there."""
        start, end = extent(statement)
        if alone(statement):
            start, end = self.tree.line_start(start), self.tree.line_end(end)
        return self.splice(start, end, "", factor, risk)

    def _lines(self, text: str, offset: int) -> str:
        indent = self.tree.indent(offset)
        return "".join(indent + line + self.tree.newline for line in text.split("\n"))


Generate = Callable[[Site], Iterator[Rewrite]]


@dataclass(frozen=True)
class Operator:
    """One kind of change. ``weight`` in (0, 1] says how often such a change is the repair; ``examples`` are, by family
    of languages, pairs of source before and after, each a test; families without any do without the operator."""

    name: str
    kinds: tuple[str, ...]
    weight: float
    examples: Mapping[str, tuple[Example, ...]]
    generate: Generate


OPERATORS: list[Operator] = []


def operator(
    name: str, *kinds: str, weight: float, examples: Mapping[str, tuple[Example, ...]]
) -> Callable[[Generate], Generate]:
    """Register a generator function as an operator on nodes of ``kinds``."""

    def register(generate: Generate) -> Generate:
        OPERATORS.append(Operator(name, kinds, weight, examples, generate))
        return generate

    return register
