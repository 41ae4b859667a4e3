"""Colours for source text, by the same table of tokens as the page's: ``web/static/languages.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..web import static_text

Token = tuple[str, str]
"""A kind (empty for plain) and its text."""
LIMIT = 200_000
"""Characters: longer texts stay plain."""


def coloured_lines(path: str, lines: list[str]) -> list[list[Token]]:
    """The tokens of each of ``lines``, consecutive lines of the file ``path``."""
    pattern = _pattern(path.rpartition(".")[2].lower())
    text = "\n".join(lines)
    if not lines or pattern is None or len(text) > LIMIT:
        return [[("", line)] for line in lines]
    rows: list[list[Token]] = [[]]
    for kind, piece in _tokens(pattern, text):
        first, *rest = piece.split("\n")
        rows[-1].append((kind, first))
        rows += [[(kind, part)] for part in rest]
    return rows


def _tokens(pattern: re.Pattern[str], text: str) -> Iterator[Token]:
    at = 0
    for match in pattern.finditer(text):
        yield "", text[at : match.start()]
        yield match.lastgroup or "", match[0]
        at = match.end()
    yield "", text[at:]


@cache
def _pattern(extension: str) -> re.Pattern[str] | None:
    name = _table()["extensions"].get(extension)
    if name is None:
        return None
    return re.compile("|".join(f"(?P<{kind}>{rule})" for kind, rule in _table()["tokens"][name]), re.MULTILINE)


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(static_text("languages.json"))
    return table
