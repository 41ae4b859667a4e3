"""Diffs in a model's answer: unified diffs (git or plain, counts wrong or missing) and ``*** Begin Patch`` envelopes.

Line numbers and counts are never believed; a hunk becomes a search and a replacement that are found by content.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .blocks import Block, Delete, Rename, Replace, Unusable, WholeFile

_HUNK = re.compile(r"^@@(?: -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@)?(.*)$")
_ENVELOPE = re.compile(r"^\*\*\* (Update|Add|Delete) File: (.+?)\s*$")
_ENVELOPE_OTHER = re.compile(r"^\*\*\* (Begin Patch|End Patch|End of File)\s*$")
_GIT_NOISE = re.compile(
    r"^(index [0-9a-f]+\.\.|(old|new|deleted file|new file) mode |similarity index|copy (from|to) |Binary )"
)


@dataclass
class _Section:
    """One file's part of a diff, while it is read."""

    old: str | None = None
    new: str | None = None
    hunks: list[_Hunk] = field(default_factory=list)
    renamed_to: str | None = None
    created: bool = False
    deleted: bool = False


@dataclass
class _Hunk:
    line: int | None
    anchor: str
    lines: list[str] = field(default_factory=list)


def looks_like_diff(lines: list[str] | tuple[str, ...]) -> bool:
    """Whether the lines hold diff headers or hunks, whatever their fence is called."""
    if any(_ENVELOPE.match(line) or line.startswith("diff --git ") for line in lines):
        return True
    if any(a.startswith("--- ") and b.startswith("+++ ") for a, b in itertools.pairwise(lines)):
        return True
    return any(re.match(r"^@@ -\d+(,\d+)? \+\d+(,\d+)? @@", line) for line in lines)


def read_diff(lines: list[str] | tuple[str, ...], path: str | None) -> list[Block]:
    """The blocks of a diff; ``path`` names the file of hunks that have no header of their own."""
    blocks: list[Block] = []
    for section in _sections(list(lines)):
        blocks += _blocks(section, path)
    return blocks


def _sections(lines: list[str]) -> Iterator[_Section]:
    section = _Section()
    hunk: _Hunk | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else ""
        starts_file = line.startswith("--- ") and following.startswith("+++ ")
        envelope = _ENVELOPE.match(line)
        if starts_file or line.startswith("diff --git ") or envelope:
            if section.hunks or (section.old and not starts_file) or (section.new and not starts_file):
                yield section
                section = _Section()
            hunk = None
            at += _read_header(section, line, following)
            if envelope and envelope[1] == "Add":
                hunk = _Hunk(0, "")
                section.hunks.append(hunk)
        elif _read_git_line(section, line, hunk) or _ENVELOPE_OTHER.match(line):
            pass
        elif match := _HUNK.match(line):
            hunk = _Hunk(int(match[1]) if match[1] else None, match[3].strip(" @"))
            section.hunks.append(hunk)
        elif hunk is not None:
            hunk.lines.append(line)
        elif line[:1] in "+-" and line[1:].strip() and not line.startswith(("---", "+++")):
            hunk = _Hunk(None, "", [line])
            section.hunks.append(hunk)
        at += 1
    yield section


def _read_header(section: _Section, line: str, following: str) -> int:
    """Take the names from a header that starts at ``line``; returns how many further lines it used."""
    if envelope := _ENVELOPE.match(line):
        section.created, section.deleted = envelope[1] == "Add", envelope[1] == "Delete"
        section.old = section.new = envelope[2].strip("`")
        return 0
    if line.startswith("diff --git "):
        names = re.match(r'^diff --git ("?)a/(.+?)\1 ("?)b/(.+?)\3$', line)
        if names:
            section.old, section.new = _unquote(names[2], names[1]), _unquote(names[4], names[3])
        return 0
    old, new = _header_name(line[4:]), _header_name(following[4:])
    if old and new and old.startswith("a/") and new.startswith("b/"):
        old, new = old[2:], new[2:]
    elif not old and new:
        new = new.removeprefix("b/")
    elif old and not new:
        old = old.removeprefix("a/")
    section.created, section.deleted = old is None, new is None
    section.old, section.new = old or new, new or old
    return 1


def _read_git_line(section: _Section, line: str, hunk: _Hunk | None) -> bool:
    if moved := re.match(r"^\*\*\* Move to: (.+?)\s*$", line):
        section.renamed_to = moved[1]
        return True
    if hunk is not None:
        return False
    if line.startswith("rename from "):
        section.old = _header_name(line[12:])
    elif line.startswith("rename to "):
        section.renamed_to = section.new = _header_name(line[10:])
    elif line.startswith("deleted file mode"):
        section.deleted = True
    elif line.startswith("new file mode"):
        section.created = True
    else:
        return bool(_GIT_NOISE.match(line))
    return True


def _header_name(text: str) -> str | None:
    """The path of a ``---`` or ``+++`` line, ``None`` for ``/dev/null``."""
    text = re.sub(r"\t.*$|\s+\d{4}-\d\d-\d\d[ T].*$", "", text).strip().strip("`")
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    text = _unquote(text[1:-1], '"') if quoted else text
    return None if text in ("/dev/null", "dev/null", "") else text


def _unquote(text: str, quote: str) -> str:
    if not quote or "\\" not in text:
        return text
    raw = codecs.escape_decode(text.encode("utf-8", "surrogateescape"))[0]
    return bytes(raw).decode("utf-8", "replace")


def _blocks(section: _Section, path: str | None) -> list[Block]:
    old = section.old or path
    if old is None:
        return [Unusable("", "a diff names no file: start it with --- a/PATH and +++ b/PATH")] if section.hunks else []
    target = section.renamed_to or section.new or old
    if section.deleted:
        return [Delete(old)]
    if section.created:
        lines = [line for hunk in section.hunks for line in _solid(hunk.lines)]
        return [WholeFile(target, "".join(f"{_added(line)}\n" for line in lines if line[:1] != "-"))]
    moved = section.renamed_to is not None or (section.new is not None and section.new != old)
    blocks: list[Block] = [Rename(old, target)] if moved else []
    for number, hunk in enumerate(section.hunks, 1):
        blocks += _hunk_blocks(target, hunk, number)
    return blocks


def _solid(lines: list[str]) -> list[str]:
    """A hunk's lines less git's remarks and the blank lines between it and what follows."""
    kept = [line for line in lines if not line.startswith("\\")]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _added(line: str) -> str:
    return line[1:] if line[:1] in ("+", " ") else line


def _hunk_blocks(path: str, hunk: _Hunk, number: int) -> list[Block]:
    lines = _solid(hunk.lines)
    if not lines:
        return []
    if not any(line[:1] in ("+", "-") for line in lines):
        return [Unusable(path, f"hunk {number} of the diff has no + or - line")]
    before = [_kept(line) for line in lines if line[:1] != "+"]
    after = [_kept(line) for line in lines if line[:1] != "-"]
    return [Replace(path, _text(before), _text(after), line=hunk.line, anchor=hunk.anchor)]


def _kept(line: str) -> str:
    return line[1:] if line[:1] in ("+", "-", " ") else line


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
