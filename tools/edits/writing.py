"""A patch as an answer that a model might have given: the inverse of reading one, checked by reading it back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ...core.domain import Edit, Patch
from ...core.errors import EditError, NoEdit
from .apply import apply_blocks
from .document import is_binary, read_text
from .reply import parse_reply

_MOST = 0.6
"""Share of a file's lines that edits may repeat; beyond it the whole new file is the better answer."""

Span = tuple[int, int, int, int]
"""Lines ``[a:b]`` of the file before that become lines ``[c:d]`` of the file after."""


def as_reply(patch: Patch) -> str:
    """``patch`` in the contract's form: for each file its path and a fenced block of edits, or the whole new file.

    Raises ``NoEdit`` for a patch that this form cannot express: a file deleted, a binary one, text made of markers.
    """
    if not patch.edits:
        raise NoEdit("the patch is empty")
    return "\n\n".join(_file(edit) for edit in sorted(patch.edits, key=lambda edit: edit.path))


def _file(edit: Edit) -> str:
    if edit.after is None or is_binary(edit.after) or is_binary(edit.before or b""):
        raise NoEdit(f"{edit.path} is deleted or binary")
    for body in _bodies(edit.before, edit.after):
        text = f"{edit.path}\n{_fenced(body)}"
        if _reads_back(text, edit):
            return text
    raise NoEdit(f"the change of {edit.path} cannot be written as edits")


def _bodies(before: bytes | None, after: bytes) -> Iterator[str]:
    new = read_text(after)
    if before is not None:
        old = read_text(before).splitlines()
        spans = _spans(old, new.splitlines())
        repeated = sum(b - a + d - c for a, b, c, d in spans)
        if spans and repeated <= _MOST * (len(old) + len(new.splitlines())):
            yield _marked(old, new.splitlines(), spans)
    yield new


def _spans(old: Sequence[str], new: Sequence[str]) -> list[Span]:
    """The changes, each with as many lines around it as make its old lines unique in the file."""
    opcodes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changes = [(a, b, c, d) for tag, a, b, c, d in opcodes if tag != "equal"]
    for margin in range(len(old) + 1):
        spans = _widened(changes, margin, len(old))
        if all(_count(old, old[a:b]) == 1 for a, b, _, _ in spans):
            return spans
    return []


def _widened(changes: Sequence[Span], margin: int, lines: int) -> list[Span]:
    """``changes`` with ``margin`` unchanged lines on both sides; those that touch become one."""
    spans: list[Span] = []
    for a, b, c, d in changes:
        above, below = min(margin, a), min(margin, lines - b)
        wide = (a - above, b + below, c - above, d + below)
        if spans and wide[0] <= spans[-1][1]:
            wide = (spans[-1][0], wide[1], spans[-1][2], wide[3])
            spans.pop()
        spans.append(wide)
    return spans


def _count(lines: Sequence[str], wanted: Sequence[str]) -> int:
    if not wanted:
        return 0
    return sum(lines[at : at + len(wanted)] == wanted for at in range(len(lines) - len(wanted) + 1))


def _marked(old: Sequence[str], new: Sequence[str], spans: Sequence[Span]) -> str:
    blocks = (["<<<<<<< SEARCH", *old[a:b], "=======", *new[c:d], ">>>>>>> REPLACE"] for a, b, c, d in spans)
    return "\n".join(line for block in blocks for line in block)


def _fenced(body: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{body.rstrip()}\n{fence}"


def _reads_back(text: str, edit: Edit) -> bool:
    def read(path: str) -> bytes | None:
        return edit.before if path == edit.path else None

    try:
        return apply_blocks(parse_reply(text, known=(edit.path,)), read) == (edit,)
    except EditError:
        return False
