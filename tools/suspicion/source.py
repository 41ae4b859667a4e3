"""A source as the rules read it: its language, its text without comments, and what an edit added to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import PurePosixPath

from ...core.domain import Edit
from ..edits.document import is_binary, read_text
from .literals import atoms

_LANGUAGES = {
    "python": (".py", ".pyi", ".pyw"),
    "javascript": (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"),
    "go": (".go",),
    "rust": (".rs",),
    "java": (".java", ".kt"),
}
_BY_SUFFIX = {suffix: language for language, suffixes in _LANGUAGES.items() for suffix in suffixes}
_AROUND = 3
_SHORT_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_PYTHON = re.compile(rf"(?P<drop>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|#[^\n]*)|{_SHORT_STRING}")
_COMMENTS = r"(?P<drop>//[^\n]*|/\*.*?\*/)"
_C_LIKE = re.compile(rf"{_COMMENTS}|{_SHORT_STRING}|`(?:\\.|[^`\\])*`", re.DOTALL)
_RUST = re.compile(rf"{_COMMENTS}|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\\n])'", re.DOTALL)


@dataclass(frozen=True)
class Change:
    """One file's edit, as code."""

    path: str
    language: str
    before: str
    after: str

    @cached_property
    def added(self) -> tuple[int, ...]:
        """The new or changed lines of ``after``, 0-based."""
        old, new = self.before.splitlines(), self.after.splitlines()
        first = _common(old, new)
        rest = _common(old[first:][::-1], new[first:][::-1])
        opcodes = SequenceMatcher(None, old[first : len(old) - rest], new[first : len(new) - rest]).get_opcodes()
        return tuple(first + at for tag, _, _, start, end in opcodes if tag != "equal" for at in range(start, end))

    @property
    def added_lines(self) -> list[str]:
        """Their texts."""
        lines = self.after.splitlines()
        return [lines[at] for at in self.added]

    @cached_property
    def fresh(self) -> str:
        """The added lines with a little around them: where a pattern that is new must be found."""
        lines = self.after.splitlines()
        near = {at for line in self.added for at in range(line - _AROUND, line + _AROUND + 1)}
        return "\n".join(lines[at] for at in sorted(near) if 0 <= at < len(lines))

    @cached_property
    def known(self) -> frozenset[str]:
        """The literals of the code before."""
        return frozenset(atoms(self.before))

    def line_of(self, position: int) -> int:
        """The 1-based line of a position in ``after``."""
        return self.after.count("\n", 0, position) + 1


def _common(old: list[str], new: list[str]) -> int:
    """How many lines they start with alike."""
    pairs = zip(old, new, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))


def change_of(edit: Edit) -> Change | None:
    """``edit`` as code, or ``None`` for what is not source of a language that the rules know."""
    language = _BY_SUFFIX.get(PurePosixPath(edit.path).suffix.lower())
    if language is None or is_binary(edit.before or b"") or is_binary(edit.after or b""):
        return None
    return Change(edit.path, language, _code(language, edit.before), _code(language, edit.after))


def _code(language: str, data: bytes | None) -> str:
    """The text with comments (and Python's long strings, which are mostly documentation) blank, lines kept."""
    pattern = {"python": _PYTHON, "rust": _RUST}.get(language, _C_LIKE)
    return pattern.sub(
        lambda found: re.sub(r"[^\n]", " ", found[0]) if found["drop"] else found[0], read_text(data or b"")
    )
