"""What a language's grammar calls the things that operators speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, eq=False)
class Grammar:
    """One family of languages as tree-sitter reads it.

    ``kinds`` names node types by what they are in any language (``binary``, ``call``, ``function`` …); types that are
    not there are of no kind. ``precedence`` says how tightly binary operators bind. ``suffixes`` tell the grammar
    package and its function for a file.
    """

    family: str
    suffixes: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]
    precedence: Mapping[str, int]
    expression: tuple[str, str]
    """What stands around an expression so that it parses alone."""
    end: str
    """What ends a statement."""

    def package(self, path: str) -> tuple[str, ...] | None:
        """The grammar package for a file, or ``None`` where the file is of another language."""
        return self.suffixes.get(PurePosixPath(path).suffix.lower())


def kinds(table: Mapping[str, str]) -> dict[str, str]:
    """``kind: types, separated by spaces`` turned round."""
    return {name: kind for kind, names in table.items() for name in names.split()}


def levels(*tiers: str) -> dict[str, int]:
    """Binary operators by tier, the loosest first, as how tightly they bind."""
    return {operator: level for level, tier in enumerate(tiers, 3) for operator in tier.split()}


def grammar_for(language: str) -> Grammar:
    """The grammar of a language by its name. Raises ``KeyError`` for one that is not known."""
    from .go import GO
    from .javascript import JAVASCRIPT
    from .rust import RUST

    return {"javascript": JAVASCRIPT, "typescript": JAVASCRIPT, "go": GO, "rust": RUST}[language]
