"""A screenshot put to a model that sees."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...providers.requests import Defect, Region
from ...providers.vision import image_content
from ..screen.narration import count
from ..screen.terminal import Line, Terminal
from .boundary import hidden, hider
from .chatting import converse

_STYLES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "dim"}


def show_defects(image: str, question: str, wanted: Mapping[str, Any], *, as_json: bool, no_color: bool) -> int:
    """Ask ``question`` of ``image``, with the settings ``wanted``, and tell; 1 when there is a defect, else 0.

    Raises ``UsageError``.
    """
    if not question.strip():
        raise UsageError("the question is empty.")
    image_content(image)  # a bad one is told before a missing key is
    talk = converse(**wanted)
    defects = sorted(talk.llm.analyze_image(image, question), key=lambda defect: list(_STYLES).index(defect.severity))
    hide = hider(talk.environment)
    if as_json:
        document = {"image": image, "question": question, "defects": [defect.model_dump() for defect in defects]}
        print(json.dumps(hidden(document | talk.account.document, hide), indent=2))
    else:
        terminal = Terminal.of(sys.stdout, no_color=no_color, hide=hide)
        terminal.lines([*_told(defects, image, terminal.room()), talk.account.line])
    return int(bool(defects))


def _told(defects: list[Defect], image: str, room: int) -> Iterator[Line]:
    if defects:
        yield (("severity  where (left to right, top to bottom)  what", "dim"),)
    for defect in defects:
        first, *rest = textwrap.wrap(defect.description, max(20, room - 45)) or [""]
        yield (
            (f"{defect.severity:<10}", _STYLES[defect.severity]),
            (f"{place(defect.region):<35}", "dim"),
            (first, ""),
        )
        yield from (((" " * 45 + line, ""),) for line in rest)
    yield ((f"{count(len(defects), 'defect')} in {Path(image).name}.", "bold"),)


def place(region: Region | None) -> str:
    """``region`` in percent of the image's width and height."""
    if region is None:
        return "-"
    across, down = (f"{first:.0%} to {last:.0%}" for first, last in _sides(region))
    return f"{across}, {down}"


def _sides(region: Region) -> tuple[tuple[float, float], tuple[float, float]]:
    return (region.left, region.right), (region.top, region.bottom)
