"""A stream for people: colours where it has them, plain text elsewhere, nothing that could harm it."""

from __future__ import annotations

import locale
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

Span = tuple[str, str]
"""A text and the name of its style in ``STYLES`` (empty for none)."""
Line = tuple[Span, ...]

STYLES = {"bold": "1", "dim": "2", "bad": "31", "ok": "32", "warn": "33", "hunk": "36"}
"""Style names and their SGR codes; rich is given the same through ``live.py``."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[@-Z\\-_])", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ASCII = str.maketrans({"→": "->", "…": "...", "·": "-", "✓": "+", "✗": "x", "–": "-"})  # noqa: RUF001


def clean(text: str) -> str:
    """``text`` without escape sequences, control and invisible characters: a test's output is data, not a screen."""
    return _CONTROLS.sub("", without_escapes(text).replace("\t", "    "))


def without_escapes(text: str) -> str:
    """``text`` without escape sequences, its lines ended by ``\\n``."""
    return _ESCAPES.sub("", text).replace("\r\n", "\n")


def plain(line: Line) -> str:
    """The text of ``line``."""
    return "".join(text for text, _ in line)


def first_line(text: str, width: int) -> str:
    """The first non-blank line of ``text``, cleaned and cut to ``width`` characters."""
    line = next((part.strip() for part in clean(text).splitlines() if part.strip()), "")
    return shorten(line, width)


def shorten(text: str, width: int) -> str:
    """``text``, or its start and an ellipsis when it is longer than ``width``."""
    return text if len(text) <= width else text[: max(1, width - 1)] + "…"


def shorten_id(test_id: str, width: int) -> str:
    """A test id cut in its middle: both the file and the test's own name say which one it is."""
    if len(test_id) <= width:
        return test_id
    tail = (width - 1) * 2 // 3
    return test_id[: max(0, width - 1 - tail)] + "…" + test_id[-tail:]


@dataclass(frozen=True)
class Terminal:
    """Where lines go, and what it can show. ``width`` is 0 where lines are not to be wrapped (a pipe)."""

    stream: TextIO
    color: bool = False
    unicode: bool = True
    live: bool = False
    """Whether the cursor can be moved: a terminal that is not dumb."""
    width: int = 0
    hide: Callable[[str], str] = str
    """Takes keys out of everything that is written."""

    @classmethod
    def of(cls, stream: TextIO, *, no_color: bool = False, hide: Callable[[str], str] = str) -> Terminal:
        """What ``stream`` is, by the stream itself, ``NO_COLOR``, ``TERM`` and the locale."""
        live = is_terminal(stream, os.environ)
        return cls(
            stream=stream,
            color=live and not no_color and not os.environ.get("NO_COLOR"),
            unicode=speaks_unicode(stream),
            live=live,
            width=max(20, shutil.get_terminal_size().columns) if stream is not None and stream.isatty() else 0,
            hide=hide,
        )

    def line(self, *spans: Span) -> None:
        """Write one line, styled where there are colours."""
        self.stream.write("".join(self.render(text, style) for text, style in spans) + "\n")
        self.stream.flush()

    def lines(self, lines: Iterable[Line]) -> None:
        """Write each line."""
        for line in lines:
            self.line(*line)

    def text(self, text: str) -> str:
        """``text`` as it may be shown here."""
        shown = self.hide(clean(text))
        return shown if self.unicode else shown.translate(_ASCII)

    def render(self, text: str, style: str) -> str:
        """``text`` with the codes of ``style``."""
        shown = self.text(text)
        return f"\x1b[{STYLES[style]}m{shown}\x1b[0m" if self.color and style and shown else shown

    def room(self, default: int = 100) -> int:
        """Columns to lay text out for."""
        return self.width or default


def is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether ``stream`` is a terminal that can do more than print."""
    return stream is not None and stream.isatty() and environ.get("TERM", "") not in ("", "dumb")


def speaks_unicode(stream: TextIO) -> bool:
    """Whether stream and locale agree on UTF-8; under ``LC_ALL=C`` Python writes UTF-8 that nobody there can read."""
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
    return encoding == "utf8" and "utf" in locale.getencoding().lower()
