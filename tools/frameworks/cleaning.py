"""What test frameworks say, made fit to be shown: text without what talks to terminals, paths in the project, lines.

Nearly all of it is fit already, which costs next to nothing to see.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST_TEXT = 10_000
LONGEST_PATH = 1_000
MOST_LINES = 10**9
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: object, limit: int = LONGEST_TEXT) -> str:
    """Text without escape sequences and invisible characters, its line ends made one kind, capped head and tail."""
    if not isinstance(text, str):
        return ""
    if len(text) <= limit and (text.isprintable() or is_printable(text)):
        return text
    plain = _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    if len(plain) <= limit:
        return plain
    half = limit // 2
    return f"{plain[:half]}\n... {len(plain) - 2 * half} characters left out ...\n{plain[-half:]}"


def is_printable(text: str) -> bool:
    """Whether ``clean`` would take nothing away: all that it takes away counts as not printable."""
    return text.replace("\n", "").replace("\t", "").isprintable()


def inside(path: object) -> str | None:
    """A path as records show it: relative, ``/`` between its parts, in the project; ``None`` for any other."""
    return _inside(path) if isinstance(path, str) and len(path) <= LONGEST_PATH else None


@lru_cache(maxsize=512)
def _inside(path: str) -> str | None:
    plain = clean(path).replace("\\", "/").removeprefix("./")
    outside = plain.startswith(("/", "~/")) or ":/" in plain or ".." in plain.split("/") or "\n" in plain
    return None if outside else plain or None


def line_of(value: object) -> int | None:
    """A line's number, ``None`` for what is none."""
    return value if type(value) is int and 0 < value < MOST_LINES else None
