"""Literals of a program, and those that the failing tests speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...core.domain import SourceFile, TestFailure

_NUMBER = r"[-+]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)\b(?:[uif](?:8|16|32|64|128|size)\b)?"
_STRING = r"[bfru]?\"(?:\\.|[^\"\\\n])*\"|[bfru]?'(?:\\.|[^'\\\n])*'|`[^`$\n]*`"
_WORD = r"\b(?:True|False|None|true|false|null|undefined|nil)\b"
ATOM = rf"(?:{_STRING}|{_NUMBER}|{_WORD})"
_ITEM = rf"(?:{ATOM}(?:\s*:\s*{ATOM})?)"
LITERAL = rf"(?:{ATOM}|(?:vec!|&)?[\[({{]\s*(?:{_ITEM}(?:\s*,\s*|(?=\s*[\])}}]))){{0,40}}\s*[\])}}](?:\.to_\w+\(\))?)"
"""A regular expression of one literal: a number, a string, a word such as ``None``, or a short collection of those."""

_ATOMS = re.compile(rf"(?<![\w.]){ATOM}")
_LEAST_NUMBER = 3
"""Smaller numbers are base cases and offsets of honest code."""


def normal(literal: str) -> str:
    """``literal`` so that the same value is the same text, whichever quotes and blanks it is written with."""
    text = re.sub(r"^(?:vec!|&)|\.to_\w+\(\)$", "", literal.strip())
    if re.fullmatch(_STRING, text):
        return "'" + re.sub(r"^[bfru]?(?=[\"'`])", "", text)[1:-1] + "'"
    text = re.sub(r"(?<=\d)_(?=\d)|(?<=\d)(?:[uif](?:8|16|32|64|128|size))\b", "", text)
    return re.sub(r"\s+", "", text).replace('"', "'").replace("`", "'").lstrip("+")


def is_telling(literal: str) -> bool:
    """Whether it is rarely in honest code by chance: no small number, truth value, empty or one-letter string."""
    text = normal(literal)
    if re.fullmatch(_WORD, text) or text in ("[]", "{}", "()"):
        return False
    if text.startswith("'"):
        return len(text) > 3
    try:
        return abs(float(text)) >= _LEAST_NUMBER
    except ValueError:
        return len(text) > 4


def atoms(text: str) -> set[str]:
    """The normal forms of all literals in ``text``."""
    return {normal(found) for found in _ATOMS.findall(text)}


@dataclass(frozen=True)
class Evidence:
    """What the failing tests speak of: their source, and the values that they expected."""

    atoms: frozenset[str] = frozenset()
    text: str = ""

    @classmethod
    def of(cls, failures: Iterable[TestFailure], tests: Iterable[SourceFile] = ()) -> Evidence:
        """Of the failures' values and of what is known of the tests' sources."""
        values = [text for one in failures for text in (one.expected, one.message) if text]
        text = "\n".join([*values, *(test.text for test in tests)])
        bare = {normal(f"'{one.expected.strip()}'") for one in failures if one.expected}
        return cls(frozenset(atoms(text) | bare), re.sub(r"\s+", "", text).replace('"', "'"))

    def holds(self, literal: str) -> bool:
        """Whether the tests hold ``literal``."""
        text = normal(literal)
        return text in self.atoms or (text[:1] in "[{(" and len(text) > 4 and text in self.text)
