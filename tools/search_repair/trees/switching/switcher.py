"""Writes variants into a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...model import Splice, apply
from ...variants import Switched, Variant
from ..grammar import grammar_for
from ..tree import Tree
from .golang import GoDialect
from .region import Dialect, Region, own_name
from .rustic import RustDialect
from .script import ScriptDialect

_DIALECTS: Mapping[str, Dialect] = {"javascript": ScriptDialect(), "go": GoDialect(), "rust": RustDialect()}


class TreeSwitcher:
    """Switches between variants of functions in ``javascript``, ``typescript``, ``go`` or ``rust``.

    A function with variants begins with a choice by number; its own statements follow unchanged. The number is read
    from the environment once a file (in Rust: once a function).
    """

    def __init__(self, language: str) -> None:
        self._grammar = grammar_for(language)
        self._dialect = _DIALECTS[self._grammar.family]

    def switched(self, path: str, text: str, variants: Sequence[Variant]) -> Switched:
        """``text`` with every variant in it that can be switched."""
        tree = Tree.parse(path, text, self._grammar)
        placed: dict[Region, list[Variant]] = {}
        left_out: set[int] = set()
        for variant in variants:
            region = self._region(tree, variant) if tree is not None else None
            if region is None:
                left_out.add(variant.number)
            else:
                placed.setdefault(region, []).append(variant)
        if tree is None or not placed:
            return Switched(path, text, {}, frozenset(left_out))
        writing = self._written(tree, placed)
        return Switched(path, writing.text, writing.lines, frozenset(left_out))

    def _region(self, tree: Tree, variant: Variant) -> Region | None:
        splices = variant.candidate.splices
        if not splices:
            return None
        return self._dialect.region(tree, min(s.start for s in splices), max(s.end for s in splices))

    def _written(self, tree: Tree, placed: Mapping[Region, Sequence[Variant]]) -> _Writing:
        name = own_name(tree.path, tree.text)
        insertions = [((s.start, 1, 0), [(s.text, 0)]) for s in self._dialect.frame(tree, name)]
        for region, variants in placed.items():
            before, after = self._dialect.closing(region)
            pieces = [(self._dialect.opening(region, name), 0)]
            pieces += [(self._piece(tree, region, name, variant), variant.number) for variant in variants]
            insertions.append(((region.start, 1, 0), [*pieces, (before, 0)]))
            # of regions that end together the inner one is closed first, and an empty one after it was opened
            empty = region.start == region.end
            insertions.append(((region.end, 2 if empty else 0, -region.start), [(after, 0)]))
        writing = _Writing(tree.text)
        for (offset, _, _), pieces in sorted(insertions, key=lambda insertion: insertion[0]):
            writing.insert(offset, pieces)
        return writing.ended()

    def _piece(self, tree: Tree, region: Region, name: str, variant: Variant) -> str:
        moved = [Splice(s.start - region.start, s.end - region.start, s.text) for s in variant.candidate.splices]
        body = apply(tree.text[region.start : region.end], moved)
        return self._dialect.variant(region, name, variant.number, body)


@dataclass
class _Writing:
    """A text in the making that knows on which line it is."""

    source: str
    text: str = ""
    lines: dict[int, range] = field(default_factory=dict)
    _parts: list[str] = field(default_factory=list)
    _line: int = 1
    _at: int = 0

    def insert(self, offset: int, pieces: Sequence[tuple[str, int]]) -> None:
        """Takes the source up to ``offset``, and then ``pieces``, each with its number (0 none)."""
        self._add(self.source[self._at : offset])
        self._at = offset
        for text, number in pieces:
            first = self._line
            self._add(text)
            if number:
                self.lines[number] = range(first, self._line)

    def ended(self) -> _Writing:
        self._add(self.source[self._at :])
        self.text = "".join(self._parts)
        return self

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._line += text.count("\n")
