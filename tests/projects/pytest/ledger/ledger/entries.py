"""Entries of an account."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Entry:
    """``cents`` came in when positive and went out when negative."""

    day: date
    cents: int
    text: str = ""
