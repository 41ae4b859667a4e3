"""What a test expected and what it got, as the assertion libraries of many languages print them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..cleaning import clean

Pair = tuple[str, str]
LONGEST_VALUE = 3_000
_SEARCHED = 20_000


@dataclass(frozen=True)
class Sentence:
    """The words before, between and after two values, sought one after the other.

    Where the first occurrence of a word leads nowhere, no later one leads anywhere: an expression for the whole would
    try all of them, which takes minutes for a text that repeats its beginning.
    """

    words: tuple[re.Pattern[str], ...]
    least: int = 1
    """Characters of a value."""
    actual_first: bool = False
    one_line: bool = False

    def find(self, text: str) -> Pair | None:
        """Expected and actual."""
        for part in text.split("\n") if self.one_line else (text,):
            found = self._find(part)
            if found:
                return found[::-1] if self.actual_first else found
        return None

    def _find(self, text: str) -> Pair | None:
        at, spans = 0, list[tuple[int, int]]()
        for word in self.words:
            match = word.search(text, at) if at <= len(text) else None
            if match is None:
                return None
            spans.append(match.span())
            at = match.end() + self.least
        (_, first), (end, second), (last, _) = spans
        return text[first:end], text[second:last]


def _sentence(*words: str, least: int = 1, actual_first: bool = False, one_line: bool = False) -> Sentence:
    return Sentence(tuple(map(re.compile, words)), least, actual_first, one_line)


_SENTENCES: tuple[Sentence | re.Pattern[str], ...] = (
    _sentence(r"expected:? ?<", r"> but was:? ?<", ">", least=0),
    _sentence(
        "Failed asserting that ", r" (?:matches expected|is identical to|equals) ", r"\.(?:\n|$)", actual_first=True
    ),
    re.compile(
        r"[Ee]xpected:?[ \t]+(?P<expected>[^\n]++)\n++\s*+"
        r"(?:[Gg]ot|[Aa]ctual|But was|Received|received|but was|found):?[ \t]+(?P<actual>[^\n]+)"
    ),
    _sentence(r"[Ee]xpected ", r",? (?:but )?(?:got|was|found|received):? ", "$", one_line=True),
    re.compile(
        r"(?:[Gg]ot|[Aa]ctual|left):?[ \t]+(?P<actual>[^\n]++)\n++\s*+"
        r"(?:[Ww]ant|[Ee]xpected|right):?[ \t]+(?P<expected>[^\n]+)"
    ),
)


def values(text: str) -> tuple[str | None, str | None]:
    """Expected and actual; ``None`` twice where the text does not tell."""
    for sentence in _SENTENCES:
        found = _pair(sentence, text[:_SEARCHED])
        if found:
            expected, actual = found[0].strip(), found[1].strip()
            if expected.endswith(",") and actual.endswith(","):  # the properties of an error, as Node prints them
                expected, actual = expected[:-1], actual[:-1]
            return clean(expected, LONGEST_VALUE), clean(actual, LONGEST_VALUE)
    return None, None


def _pair(sentence: Sentence | re.Pattern[str], text: str) -> Pair | None:
    if isinstance(sentence, Sentence):
        return sentence.find(text)
    match = sentence.search(text)
    return (match["expected"], match["actual"]) if match else None
