"""The times as a bar chart in SVG: no library needed, and any browser shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

_LEFT, _WIDTH, _RIGHT = 150, 460, 110
_ROW, _BAR, _TOP = 58, 16, 56
_SERIES = (("first_token_s", "first token", "#4c78a8"), ("total_s", "whole answer", "#f58518"))


def draw(rows: Sequence[Mapping[str, Any]]) -> str:
    """The measured ones of ``rows``: for each a bar of p50 and a line to p95, in seconds."""
    measured = [row for row in rows if row.get("answers")]
    longest = max((row["total_s"]["p95"] for row in measured), default=1.0) or 1.0
    height = _TOP + _ROW * len(measured) + 20
    body = [*_legend(), *(part for at, row in enumerate(measured) for part in _bars(row, _TOP + at * _ROW, longest))]
    width = _LEFT + _WIDTH + _RIGHT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="13">'
    )
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="white"/>', *body, "</svg>", ""])


def _legend() -> Iterator[str]:
    yield '<text x="10" y="22" font-size="15">Seconds for a small fix: bars p50, lines p95</text>'
    for number, (_, title, color) in enumerate(_SERIES):
        x = _LEFT + number * 120
        yield f'<rect x="{x}" y="32" width="10" height="10" fill="{color}"/><text x="{x + 15}" y="41">{title}</text>'


def _bars(row: Mapping[str, Any], y: int, longest: float) -> Iterator[str]:
    yield f'<text x="10" y="{y + 18}">{escape(row["provider"])}</text>'
    yield f'<text x="10" y="{y + 34}" font-size="10" fill="#666">{escape(row["model"][:24])}</text>'
    for number, (name, _, color) in enumerate(_SERIES):
        middle, late = (row[name][percent] / longest * _WIDTH for percent in ("p50", "p95"))
        top = y + 4 + number * (_BAR + 3)
        centre = top + _BAR / 2
        yield f'<rect x="{_LEFT}" y="{top}" width="{middle:.1f}" height="{_BAR}" fill="{color}"/>'
        yield f'<path d="M{_LEFT + middle:.1f} {centre}H{_LEFT + late:.1f}m0 -4v8" stroke="#333" fill="none"/>'
        yield f'<text x="{_LEFT + late + 6:.1f}" y="{centre + 5}">{row[name]["p50"]:.2f} s</text>'
