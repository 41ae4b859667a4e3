"""A model's answer as a sequence of fenced blocks and lines of prose."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .markers import END, START

_OPEN = re.compile(r"^(\s*(?:>\s)?)(`{3,}|~{3,})[ \t]*([^`]*)$")
_MARKDOWN = re.compile(r"\.(md|mdx|markdown|rst|txt)$|^(markdown|md|mdx)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: its info string, its lines without the fence's own indentation, whether it was closed."""

    info: str
    lines: tuple[str, ...]
    closed: bool


Piece = Fence | str


@dataclass(frozen=True, slots=True)
class _Opening:
    indent: str
    mark: str
    info: str

    def closes(self, line: str) -> bool:
        text = line.strip()
        return len(text) >= len(self.mark) and set(text) == {self.mark[0]}

    def closes_here(self, line: str) -> bool:
        return self.closes(line) and len(line) - len(line.lstrip()) <= len(self.indent)


def split_fences(lines: list[str]) -> list[Piece]:
    """The answer's pieces in order; a prose line is a ``str``. Lines hold no line ending."""
    pieces: list[Piece] = []
    at = 0
    while at < len(lines):
        match = _OPEN.match(lines[at])
        if not match:
            pieces.append(lines[at])
            at += 1
            continue
        opening = _Opening(match[1], match[2], match[3].strip())
        announced = next((p for p in reversed(pieces) if isinstance(p, str) and p.strip()), "") if pieces else ""
        end, closed = _find_end(lines, at + 1, opening, _is_markdown(opening.info, announced))
        pieces.append(Fence(opening.info, tuple(_outdent(lines[at + 1 : end], opening.indent)), closed))
        at = end + 1 if closed or end >= len(lines) else end
    return pieces


def _is_markdown(info: str, announced: object) -> bool:
    words = [*info.replace("=", " ").replace(":", " ").split(), str(announced).strip().strip("`*:# ")]
    return any(_MARKDOWN.search(word) for word in words)


def _find_end(lines: list[str], start: int, opening: _Opening, markdown: bool) -> tuple[int, bool]:
    """Where the block ends: the index of its closing line, or of the line that ends it unclosed."""
    for strict in (True, False):
        end = _nested_end(lines, start, opening, strict)
        if end is not None:
            return (_last_bare(lines, end, opening) if markdown else end), True
    for at in range(start, len(lines)):  # unbalanced: the first fence of any kind ends the block
        if opening.closes(lines[at]):
            return at, True
        if (match := _OPEN.match(lines[at])) and match[3].strip() and len(match[2]) >= len(opening.mark):
            return at, False
    return len(lines), False


def _nested_end(lines: list[str], start: int, opening: _Opening, strict: bool) -> int | None:
    depth = 0
    in_markers = False
    for at in range(start, len(lines)):
        line = lines[at]
        if START.match(line):
            in_markers = _has_end(lines, at + 1)
        elif END.match(line):
            in_markers = False
        if in_markers:
            continue
        if opening.closes_here(line) if strict and depth == 0 else opening.closes(line):
            if depth == 0:
                return at
            depth -= 1
        elif (match := _OPEN.match(line)) and match[3].strip() and match[2].startswith(opening.mark):
            depth += 1
    return None


def _has_end(lines: list[str], start: int) -> bool:
    """Whether the markers that open just before ``start`` are closed before others open."""
    for line in lines[start:]:
        if END.match(line):
            return True
        if START.match(line):
            return False
    return False


def _last_bare(lines: list[str], end: int, opening: _Opening) -> int:
    """In a Markdown file bare fences open as well: with an even number of further ones, the last one closes."""
    further: list[int] = []
    for at in range(end + 1, len(lines)):
        if opening.closes_here(lines[at]):
            further.append(at)
        elif _OPEN.match(lines[at]) and lines[at].strip().strip("`~").strip():
            break
    return further[-1] if further and len(further) % 2 == 0 else end


def _outdent(lines: list[str], indent: str) -> list[str]:
    if not indent:
        return lines
    return [
        line[len(indent) :] if line.startswith(indent) else line.lstrip() if not line.strip() else line
        for line in lines
    ]
