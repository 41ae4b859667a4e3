"""An answer in two parts: blocks that applied at first, and the rest, asked for again and answered by itself.

The second part is read against the files as they were shown, since most models go by those, and the first is laid under
it. Where both change the same place the second, the later word, stands: so an answer that repeats everything, changed
or not, comes out as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ...core.domain import Edit, Patch
from ...core.errors import EditError
from .apply import Read, apply_blocks
from .blocks import Block
from .diff import compose

_MOST_LINES = 20_000
"""Above this a comparison takes too long: the second part stands alone."""


def complete(
    kept: Sequence[Edit], blocks: Sequence[Block], read: Read, check: Callable[[str], str] = str
) -> tuple[Edit, ...]:
    """The edits of both parts against the files that ``read`` gives: ``kept`` are those of the first, ``blocks`` the
    second. Raises what ``apply_blocks`` raises where the second part fits the files neither as they were nor with
    ``kept``."""
    try:
        later = apply_blocks(blocks, read, check)
    except EditError as error:
        return _on_top(kept, blocks, read, check, error)
    below = {edit.path: edit for edit in kept}
    above = {edit.path: _laid_over(below[edit.path], edit) if edit.path in below else edit for edit in later}
    return tuple(edit for _, edit in sorted((below | above).items()) if edit.before != edit.after)


def _on_top(
    kept: Sequence[Edit], blocks: Sequence[Block], read: Read, check: Callable[[str], str], error: EditError
) -> tuple[Edit, ...]:
    """The second part read against the files as the first has left them."""
    now = {edit.path: edit.after for edit in kept}
    try:
        later = apply_blocks(blocks, lambda path: now[path] if path in now else read(path), check)
    except EditError:
        raise error from None
    return compose(Patch(tuple(kept)), later).edits


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines ``start`` to ``end`` of the file as it was, replaced by ``lines``."""

    start: int
    end: int
    lines: tuple[bytes, ...]

    def meets(self, other: _Hunk) -> bool:
        """Whether both change the same place: an insertion beside a change may be a part of it."""
        touching = self.start <= other.end and other.start <= self.end
        overlapping = self.start < other.end and other.start < self.end
        return touching if self.start == self.end or other.start == other.end else overlapping


def _laid_over(below: Edit, above: Edit) -> Edit:
    """``above`` with what ``below`` changes in other places of the same file."""
    if below.before is None or below.after is None or above.after is None:
        return above
    base = _lines(below.before)
    if len(base) > _MOST_LINES:
        return above
    later = _hunks(base, _lines(above.after))
    earlier = [hunk for hunk in _hunks(base, _lines(below.after)) if not any(hunk.meets(other) for other in later)]
    made: list[bytes] = []
    at = 0
    for hunk in sorted([*earlier, *later], key=lambda hunk: (hunk.start, hunk.end)):
        made += [*base[at : hunk.start], *hunk.lines]
        at = hunk.end
    return Edit(above.path, above.before, b"".join([*made, *base[at:]]))


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _hunks(base: list[bytes], other: list[bytes]) -> list[_Hunk]:
    matcher = SequenceMatcher(None, base, other, autojunk=False)
    codes = matcher.get_opcodes()
    return [_Hunk(start, end, tuple(other[a:b])) for tag, start, end, a, b in codes if tag != "equal"]
