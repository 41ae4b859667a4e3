"""What a notebook shows of each record: HTML of its own size, and a few words where only text is to be had."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...core.codec import dump, load
from ...core.display import Bundle
from ...core.documents import RepairResult
from ...core.domain import TestReport
from ...core.errors import AionError
from ...core.settings import Environment, Source, read_environment
from ..hiding import hidden, hider
from ..report.markup import Html
from ..screen.failures import report_lines
from ..screen.terminal import plain
from .cards import headline, report_card, result_card
from .drawing import Picture, graph_svg, picture
from .earlier import Runs, runs_table, runs_text

_ROOM = 100

_DRAWN: tuple[tuple[type, Callable[[Any], Html], Callable[[Any], str]], ...] = (
    (RepairResult, result_card, headline),
    (TestReport, report_card, lambda report: "\n".join(plain(line) for line in report_lines(report, _ROOM))),
    (Runs, runs_table, runs_text),
    (Picture, graph_svg, lambda drawn: drawn.mermaid),
)
"""A kind of record, its HTML, its text."""


def bundle(record: Any) -> Bundle:
    """``record`` by MIME type, every key of the environment taken out; empty for a kind that is not drawn."""
    record = picture(record) if hasattr(record, "get_graph") else record
    for kind, html, words in _DRAWN:
        if isinstance(record, kind):
            safe = _without_keys(record) if kind in (RepairResult, TestReport) else record
            return {"text/html": html(safe), "text/plain": words(safe)}
    return {}


def _without_keys(record: Any) -> Any:
    """In each text of it, before any is cut: half a key is half a key."""
    return load(type(record), hidden(dump(record), hiding()))


def hiding() -> Callable[[str], str]:
    """Takes the keys of the environment, and of the ``.env`` files of the current folder, out of a text."""
    try:
        return hider(read_environment(Path.cwd()))
    except (AionError, OSError):  # a file that cannot be read hides no key
        return hider(Environment((Source("environment", dict(os.environ)),)))
