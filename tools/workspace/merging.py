"""Three-way merge of one file, line by line: the patch on one side, what the user did meanwhile on the other.

Only changes in different places are merged. Where both touch the same line, or lines next to each other, nobody can
tell what was meant: that is a conflict. The user's encoding, byte order mark and line endings are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..edits.document import Document, Line, is_binary, read_document

MOST_LINES = 20_000
"""Above this a comparison takes too long, and the file is generated anyway."""


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines ``start`` to ``end`` of the base, replaced by ``lines``."""

    start: int
    end: int
    lines: tuple[str, ...]

    def meets(self, other: _Hunk) -> bool:
        """Whether the two overlap or touch."""
        return self.start <= other.end and other.start <= self.end


def merge(base: bytes | None, patched: bytes | None, now: bytes | None) -> bytes | None:
    """``now`` with the changes from ``base`` to ``patched`` as well; ``None`` where both changed the same place.

    Files that one side made or removed, and binary files, are not merged.
    """
    if base is None or patched is None or now is None or any(is_binary(data) for data in (base, patched, now)):
        return None
    found, ours, theirs = read_document(base), read_document(patched), read_document(now)
    if max(len(found.lines), len(ours.lines), len(theirs.lines)) > MOST_LINES:
        return None
    lines = _merged(found.texts, _hunks(found, ours), _hunks(found, theirs), theirs)
    try:
        return None if lines is None else theirs.with_lines(lines).encode()
    except UnicodeEncodeError:  # the patch brings a character that the user's encoding lacks
        return None


def _hunks(base: Document, other: Document) -> list[_Hunk]:
    matcher = SequenceMatcher(None, base.texts, other.texts, autojunk=False)
    return [
        _Hunk(start, end, tuple(other.texts[first:last]))
        for tag, start, end, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def _merged(base: Sequence[str], ours: list[_Hunk], theirs: list[_Hunk], user: Document) -> list[Line] | None:
    ours = [hunk for hunk in ours if hunk not in theirs]  # the same change on both sides is one change
    if any(mine.meets(other) for mine in ours for other in theirs):
        return None
    end = user.newline
    return [Line(text, end) for text in _applied(base, sorted([*ours, *theirs], key=lambda hunk: hunk.start))]


def _applied(base: Sequence[str], hunks: list[_Hunk]) -> Iterator[str]:
    at = 0
    for hunk in hunks:
        yield from base[at : hunk.start]
        yield from hunk.lines
        at = hunk.end
    yield from base[at:]
