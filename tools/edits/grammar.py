"""Syntax errors by tree-sitter: where a source stops making sense, and which bracket has no partner.

A grammar may be older than the language it reads: its errors mean something only beside those of the file before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..localize.syntax import parser_for
from .document import read_text

if TYPE_CHECKING:
    from tree_sitter import Node

_CLOSING = {"{": "}", "${": "}", "(": ")", "[": "]"}
_SHOWN = 60
_MOST = 1_000_000
"""Bytes of a source that is walked token by token; beyond it only the first error is told."""

Check = Callable[[bytes], str | None]


def by_grammar(package: str, function: str = "language") -> Check:
    """A check with the grammar of ``package``; it says nothing where that is not installed."""
    return lambda data: _judged(data, package, function, _Source.problem)


def brackets_of(package: str, function: str = "language") -> Check:
    """A check of the brackets alone, which hold together whatever a grammar thinks of what stands between them."""
    return lambda data: _judged(data, package, function, _Source.unpaired)


def _judged(data: bytes, package: str, function: str, judge: Callable[[_Source], str | None]) -> str | None:
    parser = parser_for(package, function)
    if parser is None:
        return None
    text = read_text(data).encode("utf-8", "replace")
    root = parser.parse(text).root_node
    return judge(_Source(root, text.split(b"\n"))) if root.has_error else None


@dataclass(frozen=True)
class _Source:
    """A tree with an error in it, and the lines that it was made from."""

    root: Node
    lines: list[bytes]

    def problem(self) -> str:
        broken = self._first_broken()
        if unpaired := self.unpaired():
            return unpaired
        if broken.is_missing:
            return f"{self._place(broken)}: {broken.type!r} is missing{self._near(broken)}"
        return f"{self._place(broken)}: unexpected {self._text(broken)!r}"

    def unpaired(self) -> str | None:
        """The first bracket that closes nothing, or else the last one that is never closed."""
        if self.root.end_byte > _MOST:
            return None
        open_ones: list[Node] = []
        for leaf in _leaves(self.root):
            if leaf.type in _CLOSING:
                open_ones.append(leaf)
            elif leaf.type in _CLOSING.values():
                opened = open_ones.pop() if open_ones else None
                if opened is None or _CLOSING[opened.type] != leaf.type:
                    return self._stray(leaf, opened)
        if not open_ones:
            return None
        return f"{self._place(open_ones[-1])}: {open_ones[-1].type!r} is never closed{self._near(open_ones[-1])}"

    def _stray(self, closing: Node, opened: Node | None) -> str:
        instead = f"does not close the {opened.type!r} of {self._place(opened)}" if opened else "closes nothing"
        return f"{self._place(closing)}: {closing.type!r} {instead}{self._near(closing)}"

    def _first_broken(self) -> Node:
        """The innermost first node that tells of an error."""
        node = self.root
        while not node.is_missing:
            inner = next((child for child in node.children if child.has_error or child.is_missing), None)
            if inner is None:
                break
            node = inner
        return node

    def _place(self, node: Node) -> str:
        row, column = node.start_point
        return f"line {row + 1}, column {len(self.lines[row][:column].decode('utf-8', 'replace')) + 1}"

    def _near(self, node: Node) -> str:
        line = self.lines[node.start_point.row].decode("utf-8", "replace").strip()
        return f" in {_shortened(line)!r}" if line else ""

    def _text(self, node: Node) -> str:
        row, column = node.start_point
        return _shortened(self.lines[row][column:].decode("utf-8", "replace").strip())


def _leaves(root: Node) -> Iterator[Node]:
    """The tokens that stand in the text, in order; those that the parser only wished for do not."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.child_count:
            pending += reversed(node.children)
        elif not node.is_missing:
            yield node


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
