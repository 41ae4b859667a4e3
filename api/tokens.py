"""How many tokens a text costs a model at most, and texts cut to a number of them. No tokenizer is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(r" ?[A-Z]?[a-z]{1,12}| ?[A-Z]|[0-9]{1,3}| ?[!-/:-@\[-`{-~]| {1,4}|.", re.DOTALL)
_VOWELS, _RARE = frozenset("aeiouy"), frozenset("jkqvwxz")
_VOWEL, _CONSONANT, _IN_A_CLUSTER, _SELDOM, _CAPITAL = 55, 40, 55, 65, 40
"""Hundredths of a token that a letter costs. Fitted to random letters, which cost most: English costs half of that."""
ELLIPSIS = " …"
_FOR_ELLIPSIS = 4


def tokens(text: str) -> int:
    """An upper bound for the tokenizers of the field (measured: cl100k and o200k): one for each sign and each three
    digits, for words by their letters, beyond ASCII one for each byte. A single space belongs to what is behind it."""
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
    if not piece.isascii():
        return len(piece.encode(errors="surrogatepass"))
    word = piece.strip()
    return -(-_letters(word) // 100) if len(word) > 1 and word.isalpha() else 1


def _letters(word: str) -> int:
    cost, cluster = _CAPITAL if word[0].isupper() else 0, False
    for letter in word.lower():
        if letter in _RARE:
            cost += _SELDOM
        elif letter in _VOWELS:
            cost += _VOWEL
        else:
            cost += _IN_A_CLUSTER if cluster else _CONSONANT
        cluster = letter not in _VOWELS
    return cost
