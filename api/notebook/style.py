"""Inline styles that are readable on light and dark pages: text keeps the page's colour, meaning is a tint and a sign.

A notebook's page knows nothing of our classes, and every front end tells light from dark in a way of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..report.markup import Child, Html, tag

GOOD, BAD, DOUBT, QUIET = "#2da44e", "#e5534b", "#bf8700", "#8b949e"
_TINTS = {GOOD: "rgba(46,160,67,.2)", BAD: "rgba(229,83,75,.2)", DOUBT: "rgba(191,135,0,.2)"}

PAGE = "font:13px/1.5 system-ui,sans-serif;max-width:64em;overflow-wrap:break-word"
_TABLE = "border-collapse:collapse;margin:4px 0;font:inherit;color:inherit"
_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"
_CODE = "font:12px/1.45 monospace;background:none;color:inherit"
_BLOCK = f"{_CODE};margin:4px 0;padding:6px 8px;overflow-x:auto;border:1px solid rgba(139,148,158,.4)"


def tint(color: str) -> str:
    """The background that goes with ``color``."""
    return f"background:{_TINTS[color]}" if color in _TINTS else ""


def banner(color: str, *children: Child) -> Html:
    """The head of a card, its meaning at its left edge."""
    return tag("div", *children, style=f"border-left:4px solid {color};padding:2px 0 2px 10px;margin:4px 0")


def table(heads: Iterable[str], rows: Iterable[Iterable[Child]]) -> Html:
    """A table as wide as it needs to be."""
    head = tag("tr", [tag("th", name, style=f"{_CELL};font-weight:600") for name in heads])
    body = [tag("tr", [tag("td", cell, style=_CELL) for cell in row]) for row in rows]
    return tag("table", tag("thead", head), tag("tbody", body), style=_TABLE)


def folded(title: str, *children: Child, unfolded: bool = False) -> Html:
    """Something to open."""
    return tag("details", tag("summary", title, style="cursor:pointer"), *children, open=unfolded)


def block(lines: Iterable[Html]) -> Html:
    """Lines of code."""
    return tag("pre", lines, style=_BLOCK)


def line(text: str, color: str = "") -> Html:
    """One line of a ``block``."""
    return tag("div", text or " ", style=tint(color) or None)


def mono(text: str) -> Html:
    """Code among words."""
    return tag("code", text, style=_CODE)
