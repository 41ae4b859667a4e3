"""How many tokens a text costs a model at most, and texts cut to a number of them. No tokenizer is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(r"[A-Z]?[a-z]{1,11}|[A-Z]|[0-9]{1,3}|[ \t]{1,8}|[\r\n]{1,2}|.", re.DOTALL)
_LETTERS_A_TOKEN = 3
"""Of a word in lower case. English has five, made-up words have three."""
ELLIPSIS = " …"
_FOR_ELLIPSIS = 2


def tokens(text: str) -> int:
    """An upper estimate: one for each sign, each three digits and each three letters of a word; beyond ASCII one less
    than the bytes of each character. A single space belongs to the word behind it."""
    return sum(cost for _, cost in _costs(text))


def fitting(text: str, most: int) -> str:
    """``text``, or as much of its beginning as costs ``most`` tokens with an ellipsis behind it."""
    spent = end = 0
    for upto, cost in _costs(text):
        spent += cost
        if spent <= most - _FOR_ELLIPSIS:
            end = upto
        elif spent > most:
            return text[:end].rstrip() + ELLIPSIS
    return text


def lines_fitting(text: str, most: int) -> tuple[str, int]:
    """The first lines of ``text`` that cost at most ``most`` tokens, and how many lines are left out."""
    lines, spent = text.splitlines(), 0
    for index, line in enumerate(lines):
        # A line of megabytes is not counted to its end.
        spent += tokens(line[: 16 * most]) + 1
        if spent > most:
            return "\n".join(lines[:index]), len(lines) - index
    return "\n".join(lines), 0


def _costs(text: str) -> Iterator[tuple[int, int]]:
    for piece in _PIECES.finditer(text):
        yield piece.end(), _cost(piece[0])


def _cost(piece: str) -> int:
    if piece == " ":
        return 0
    if piece.isascii():
        return -(-len(piece) // _LETTERS_A_TOKEN) if piece.isalnum() else 1
    return max(1, len(piece.encode(errors="replace")) - 1)
