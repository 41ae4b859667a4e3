"""Generated files and what came of them, as lines for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from ...core.documents import RepairResult
from ...core.domain import Outcome
from ...providers.prompts.fence import fenced
from ..generation.asking import Generated
from ..generation.placing import Placed
from ..screen.narration import count
from ..screen.summary import diff_lines, summary_text
from ..screen.terminal import Line
from .chatting import Account

_SPECIFICATION = "The tests count as the specification and were not changed: they may be wrong themselves."


def file_lines(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Styles and texts: each file under its path, in a fence that it cannot close. A model's answer looks the same."""
    for number, (path, text) in enumerate(files.items()):
        if number:
            yield "", ""
        yield "bold", path
        yield "", fenced(text)


def ending(generated: Generated, placed: Placed | None, result: RepairResult | None, room: int) -> Iterator[Line]:
    """What was written, what the loop made of it, who was asked for how much."""
    if result and result.patch:
        yield ()
        yield from diff_lines(result.patch)
        yield ()
    for note in generated.notes:
        yield ((f"Note: {note}.", "dim"),)
    if placed:
        kept = f" Kept as it is: {', '.join(placed.kept)}." if placed.kept else ""
        repaired = result is not None and result.applied  # then the repair is to be undone first
        undo = "" if repaired else f" `aion-r undo {placed.run_id}` takes them back."
        yield ((f"Written to {placed.folder}: {', '.join(placed.written)}.{undo}{kept}", ""),)
    style, said = _verdict(result)
    for line in textwrap.wrap(said, room, break_long_words=False, break_on_hyphens=False):
        yield ((line, style),)
    yield Account(list(generated.calls)).line


def _verdict(result: RepairResult | None) -> tuple[str, str]:
    if result is None:
        return "warn", "Not verified: no test has been run. --verify runs them."
    after = count(result.final_test_results.passed_tests, "test")
    if result.outcome is Outcome.ALREADY_GREEN:
        return "ok", f"Verified: {after} passed as generated."
    if result.success:
        failed = result.initial_test_results.failing
        took = count(result.iterations_completed, "repair")
        return "ok", f"Verified: {failed} failed as generated, {after} passed after {took}. {_SPECIFICATION}"
    if result.outcome is Outcome.ERROR:
        return "bad", f"Not verified: {result.message or result.stop_reason.replace('_', ' ')}"
    return "bad", f"{summary_text(result)} {_SPECIFICATION}"
