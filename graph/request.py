"""What a model is asked: the failures, where the fault may be, the sources and the tests around it."""

from __future__ import annotations

from pathlib import Path

from ..core.domain import FixRequest
from ..core.errors import UsageError
from ..tools.edits.diff import unified_diff
from ..tools.localize import Spectrum, context, read_spectrum, suspects, test_context
from .turn import Turn

FAILURES_ASKED = 8
LAST_DIFF_TOLD = 1500
LINES_SHARE, LINES_MOST = 0.1, 1.5
"""A request waits for the lines that the failing tests ran this share of the suite's time, and at most so many
seconds."""


def request_of(turn: Turn, feedback: str, system_prompt: str | None, *, wait_for_lines: bool) -> FixRequest:
    """The request that ``turn`` makes. ``feedback`` tells what the last patch did; reads files and the store."""
    failures = turn.report.failures
    root, guard = turn.desk.workspace.root, turn.desk.guard
    spectrum = _spectrum(turn, wait_for_lines)
    ranked = suspects(root, turn.language, failures, guard.may_edit, turn.current, spectrum)
    shown = failures[:FAILURES_ASKED]
    return FixRequest(
        language=turn.language,
        framework=turn.framework,
        failures=shown,
        sources=context(root, ranked, shown, turn.current),
        suspects=ranked,
        tests=test_context(root, shown, turn.current),
        feedback=_with_last_patch(turn, feedback),
        system_prompt=system_prompt,
        patch=turn.ids[0],
        report=turn.ids[1],
    )


def _with_last_patch(turn: Turn, feedback: str) -> str:
    if not turn.tried:
        return feedback
    last = unified_diff(turn.desk.store.patch(turn.tried[-1]))
    return f"{feedback}\nThe last patch was:\n{last[:LAST_DIFF_TOLD]}"


def read_prompt(path: str | None) -> str | None:
    """The text that replaces the preset. Raises ``UsageError``."""
    try:
        return Path(path).read_text("utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the system prompt {path} cannot be read as UTF-8 text: {error}") from error


def _spectrum(turn: Turn, wait: bool) -> Spectrum | None:
    """What is known of the lines that the tests ran; the offline search measures its own."""
    seconds = min(LINES_MOST, LINES_SHARE * turn.report.duration_ms / 1000) if wait else 0.0
    return read_spectrum(turn.report.coverage, turn.desk.suite.lines(seconds), turn.base.paths)
