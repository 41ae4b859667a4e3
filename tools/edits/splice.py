"""A replacement put in place of a match: lines that the model did not change stay the file's own, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from .document import Document, Line
from .matching import Match, indent_of, shift_between


def splice(document: Document, match: Match, search: Sequence[str], replace: Sequence[str]) -> Document:
    """``document`` with ``replace`` in place of the lines that ``match`` found for ``search``.

    New lines are indented by the shift of the nearest search line and take the file's dominant ending.
    """
    lines = document.lines
    replace = retab(replace, search, [lines[at].text for at in match.mapping if at is not None])
    plain = retab(search, search, [lines[at].text for at in match.mapping if at is not None])
    first, last = _trim(match, plain, replace)
    out: list[Line] = []
    used = match.start
    keys = ([line.rstrip() for line in plain], [line.rstrip() for line in replace])
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        ends = [at + 1 for at in match.mapping[a1:a2] if at is not None]
        stop = max([used, *ends])
        if tag == "equal":
            out += lines[used:stop]
        else:  # lines that the search text skipped (blank ones, mostly) stay
            out += lines[used : min(ends, default=used + 1) - 1]
            out += _new_lines(lines, match, plain, replace, (a1, a2, max(b1, first), min(b2, last)))
        used = stop
    out += lines[used : match.end]
    whole = [*lines[: match.start], *out, *lines[match.end :]]
    return document.with_lines(whole)


def _trim(match: Match, search: Sequence[str], replace: Sequence[str]) -> tuple[int, int]:
    """The part of ``replace`` to use: blank lines at its ends go when the file had none where the search had them."""
    first, last = 0, len(replace)
    if match.mapping and match.mapping[0] is None:
        while first < last and not replace[first].strip():
            first += 1
    if match.mapping and match.mapping[-1] is None and not search[-1].strip():
        while last > first and not replace[last - 1].strip():
            last -= 1
    return first, last


def _new_lines(
    lines: Sequence[Line], match: Match, search: Sequence[str], replace: Sequence[str], span: tuple[int, int, int, int]
) -> list[Line]:
    a1, a2, b1, b2 = span
    made = []
    absolute = _is_indented_already(lines, match, search, replace)
    for number, line in enumerate(replace[b1:b2]):
        near = min(a1 + number, a2 - 1) if a2 > a1 else a1
        removed, added = ("", "") if absolute else _shift_at(lines, match, search, near)
        text = added + line.removeprefix(removed) if line.strip() else line
        made.append(Line(text, ""))
    return made


def _is_indented_already(lines: Sequence[Line], match: Match, search: Sequence[str], replace: Sequence[str]) -> bool:
    """Whether only the search text lost its indentation: the replacement starts just where the file's text does."""
    ours = next((line for line in search if line.strip()), "")
    new = next((line for line in replace if line.strip()), "")
    there = next((lines[at].text for at in match.mapping if at is not None and lines[at].text.strip()), "")
    return indent_of(ours) != indent_of(there) == indent_of(new)


def _shift_at(lines: Sequence[Line], match: Match, search: Sequence[str], near: int) -> tuple[str, str]:
    """The shift of the search line ``near``, or of the closest one that has text and a place."""
    usable = [at for at, line in enumerate(search) if line.strip() and match.mapping[at] is not None]
    if not usable:
        return "", ""
    at = min(usable, key=lambda index: (abs(index - near), index))
    place = match.mapping[at]
    return shift_between(search[at], lines[place].text) if place is not None else ("", "")


def retab(text: Sequence[str], search: Sequence[str], target: Sequence[str]) -> list[str]:
    """``text`` with spaces as tabs, or tabs as spaces, where ``search`` and the file's lines differ in that."""
    ours = [indent_of(line) for line in search if line.strip()]
    theirs = [indent_of(line) for line in target if line.strip()]
    if any("\t" in indent for indent in theirs) and not any("\t" in indent for indent in ours):
        unit = _unit([*ours, *(indent_of(line) for line in text if line.strip())])
        return [re.sub(r"^ +", lambda m: "\t" * (len(m[0]) // unit) + " " * (len(m[0]) % unit), line) for line in text]
    if any("\t" in indent for indent in ours) and not any("\t" in indent for indent in theirs):
        unit = _unit(theirs)
        return [re.sub(r"^\t+", lambda m: " " * (unit * len(m[0])), line) for line in text]
    return list(text)


def _unit(indents: list[str]) -> int:
    """How many spaces make one level: the smallest step that is seen, at least two."""
    widths = sorted({len(indent) for indent in indents})
    steps = [b - a for a, b in zip([0, *widths], widths, strict=False) if b - a >= 2]
    return min(steps, default=4)
