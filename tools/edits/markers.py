"""SEARCH/REPLACE markers, as models write them: five to nine signs, other words, several in a block."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .blocks import Block, Replace, Unusable
from .naming import looks_like_path

_WORDS = r"(?:SEARCH|ORIGINAL|BEFORE|OLD|HEAD|FIND)"
START = re.compile(rf"^\s*(?:<{{5,9}}\s?{_WORDS}|-{{5,9}}\s?SEARCH)\b\W*(.*?)\s*$|^\s*<{{5,9}}\s*$", re.IGNORECASE)
DIVIDER = re.compile(r"^\s*={5,9}\s*$")
END = re.compile(r"^\s*(?:>{5,9}(?:\s?\w.*)?|\+{5,9}\s?REPLACE\b.*)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MarkedText:
    """One SEARCH/REPLACE pair as lines, before its path is known. ``error`` is set where it is incomplete."""

    body: tuple[str, ...]
    path: str | None = None
    error: str = ""

    def block(self, path: str) -> Block:
        """The pair as a block for ``path`` (a path in the marker itself wins)."""
        path = self.path or path
        if self.error:
            return Unusable(path, self.error)
        ways = [(_text(self.body[:at]), _text(self.body[at + 1 :])) for at in _dividers(self.body)]
        if not ways:
            return Unusable(path, "a SEARCH block has no ======= line between the old and the new lines")
        return Replace(path, *ways[0], splits=tuple(ways[1:]))


def has_markers(lines: tuple[str, ...] | list[str]) -> bool:
    """Whether the lines hold at least one opening marker and a divider or an end after it."""
    starts = [at for at, line in enumerate(lines) if START.match(line)]
    return bool(starts) and any(DIVIDER.match(line) or END.match(line) for line in lines[starts[0] + 1 :])


def read_marked(lines: list[str] | tuple[str, ...], at: int, fenced: bool = False) -> tuple[MarkedText, int]:
    """The pair whose opening marker is ``lines[at]``, and the index after it.

    ``fenced`` says that a closed fence holds ``lines``: then its end also ends a pair whose last marker is missing.
    """
    opening = START.match(lines[at])
    named = (opening[1] or "").strip("`* ") if opening else ""
    path = named if looks_like_path(named) else None
    divided = False
    for end in range(at + 1, len(lines)):
        line = lines[end]
        if END.match(line) and divided:
            return MarkedText(tuple(lines[at + 1 : end]), path), end + 1
        if END.match(line) and line.lstrip().startswith(">"):
            return MarkedText((), path, "a SEARCH block has no ======= line between the old and the new lines"), end + 1
        if START.match(line) and divided:
            return MarkedText(tuple(lines[at + 1 : end]), path), end
        divided = divided or bool(DIVIDER.match(line))
    if divided and fenced:
        return MarkedText(tuple(lines[at + 1 :]), path), len(lines)
    if divided:
        return MarkedText((), path, "a SEARCH block is not closed by >>>>>>> REPLACE"), len(lines)
    return MarkedText((), path, "a SEARCH block has neither ======= nor >>>>>>> REPLACE"), len(lines)


def _dividers(body: tuple[str, ...]) -> list[int]:
    """Where the body may be parted: the lines of exactly seven signs, or else the others."""
    found = [at for at, line in enumerate(body) if DIVIDER.match(line)]
    return [at for at in found if body[at].rstrip() == "======="] or found


def _text(lines: tuple[str, ...]) -> str:
    return "".join(f"{line}\n" for line in lines)
