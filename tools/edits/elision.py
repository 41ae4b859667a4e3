"""Comments by which a model says that it left code out. Writing them to a file would delete the user's code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_COMMENT = r"(?:#|//|--|;|%|/\*|<!--|\{/\*|\"\"\")"
_WORDS = (
    r"rest|existing|unchanged|same|remain\w*|previous|other|omitted|as before|original|keep|unmodified|your code|"
    r"code here|more|stays?|methods?|functions?|imports?|implementation|continue\w*|snip\w*"
)
_DOTS = r"(?:\.{3}|…)"
_FORMS = (
    rf"{_COMMENT}\s*{_DOTS}\W*$",
    rf"{_COMMENT}\s*{_DOTS}.*\b(?:{_WORDS})\b",
    rf"{_COMMENT}[^.…]*\b(?:{_WORDS})\b.*{_DOTS}\W*$",
    rf"{_DOTS}\s*\(?(?:{_WORDS})\b",
    rf"{_COMMENT}\s*\(?(?:the )?(?:rest|remainder) of (?:the )?(?:\w+ )?(?:code|file|class|function|module|method)s?\b",
    rf"{_COMMENT}\s*\(?(?:existing|remaining|unchanged|other) (?:code|functions?|methods?|imports?)"
    r"(?: (?:here|below|above|unchanged|remains?.*|stays?.*))?\W*$",
)
_ELISION = re.compile("|".join(rf"\s*{form}" for form in _FORMS), re.IGNORECASE)


def find_elision(lines: Iterable[str], present: Collection[str]) -> str | None:
    """The first line that stands for left-out code and is not itself in ``present`` (the file's lines, stripped)."""
    return next((line.strip() for line in lines if _ELISION.match(line) and line.strip() not in present), None)
