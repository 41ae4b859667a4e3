"""Where a test stands in its source, found by its titles: a test that hung or took its process with it told no line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_LONGEST_SOURCE = 1_000_000
_TITLED = re.compile(
    r"\(\s*(?P<title>'(?:\\.|[^'\\\n]){0,500}'|\"(?:\\.|[^\"\\\n]){0,500}\"|`(?:\\.|[^`\\]){0,500}`)\s*,", re.S
)
"""The first argument of a call that takes more than one, where it is a literal."""
_FILLED = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|\$\{[^}]*\}|%[sdifjop#%]|\$[\w.#]+", re.S)
"""What stands for something else in a title: escapes, holes of a template, the cells of a row."""


def line_of_titles(path: Path, titles: Sequence[str]) -> int | None:
    """The line in which the test with these titles (from the outer ``describe`` on) begins, or ``None``."""
    try:
        if not titles or path.stat().st_size > _LONGEST_SOURCE:
            return None
        source = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None
    calls = list(_calls(source))
    at, found = -1, None
    for title in titles:
        found = next((start for start, pattern in calls if start > at and pattern.fullmatch(title)), None)
        at = at if found is None else found
    return None if found is None else source.count("\n", 0, found) + 1


def _calls(source: str) -> Iterator[tuple[int, re.Pattern[str]]]:
    for match in _TITLED.finditer(source):
        text = match["title"][1:-1]
        pieces = [re.escape(piece) for piece in _FILLED.split(text)]
        if any(pieces) or not text:  # a title of holes alone would be any title
            yield match.start(), re.compile(r"[\s\S]{0,300}".join(pieces))
