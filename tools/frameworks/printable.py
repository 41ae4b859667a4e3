"""Text from tools made fit to be shown; nearly all of it is so already, which costs next to nothing to see."""

from __future__ import annotations

from .python.pytest_records import LONGEST_TEXT, clean


def is_printable(text: str) -> bool:
    """Whether ``clean`` would take nothing away: all that it takes away counts as not printable."""
    return text.replace("\n", "").replace("\t", "").isprintable()


def printable(text: str, limit: int = LONGEST_TEXT) -> str:
    """``text`` as ``clean`` makes it."""
    return text if len(text) <= limit and is_printable(text) else clean(text, limit)
