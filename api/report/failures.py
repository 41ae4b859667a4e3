"""The failing tests as cards: what was expected beside what came, what differs marked; output and stack folded away."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.documents import RepairResult
from ...core.domain import StackFrame, TestFailure
from ..screen.narration import count
from .differences import Span, changed_spans
from .markup import Html, badge, code, joined, panel, tag

CARDS_SHOWN = 200
OUTPUT_SHOWN = 20_000
"""Characters of a test's output, or of a message."""


def failures_html(result: RepairResult) -> Html | None:
    """A card for each test that failed first, failed last, or both. ``None`` where none did."""
    rows = list(_rows(result))
    if not rows:
        return None
    mended = sum(state == "mended" for _, state in rows)
    cards = tag("ul", (tag("li", _card(failure, state)) for failure, state in rows[:CARDS_SHOWN]), cls="failures")
    more = len(rows) - CARDS_SHOWN
    note = tag("p", f"… and {count(more, 'more failure')}", cls="body dim") if more > 0 else None
    return panel("Failures", cards, note, aside=f"{mended} of {len(rows)} pass with the patch")


def _rows(result: RepairResult) -> Iterator[tuple[TestFailure, str]]:
    last = {failure.test_id: failure for failure in result.final_test_results.failures}
    first = {failure.test_id for failure in result.initial_test_results.failures}
    for failure in last.values():
        yield failure, "failing" if failure.test_id in first else "new"
    for failure in result.initial_test_results.failures:
        if failure.test_id not in last:
            yield failure, "mended"


_STATES = {
    "failing": ("bad", "✗", "still fails"),
    "new": ("bad", "✗", "fails with the patch"),
    "mended": ("ok", "✓", "passes now"),
}


def _card(failure: TestFailure, state: str) -> Html:
    place = f"{failure.file}:{failure.line}" if failure.file and failure.line else failure.file
    title = tag(
        "div",
        badge(*_STATES[state]),
        tag("h3", failure.test_id, cls="test"),
        tag("span", place, cls="place") if place else None,
        cls="title",
    )
    message = tag("pre", failure.message[:OUTPUT_SHOWN], cls="message", tabindex=0) if failure.message.strip() else None
    folded = [
        _folded("Stack", "\n".join(map(_frame, failure.stack))) if len(failure.stack) > 1 else None,
        _folded("Output", failure.output[:OUTPUT_SHOWN]) if failure.output.strip() else None,
    ]
    return tag("article", title, message, _pair(failure), joined(*folded), cls=f"failure {state}")


def _pair(failure: TestFailure) -> Html | None:
    expected, actual = failure.expected, failure.actual
    if expected is None and actual is None:
        return None
    gone, came = changed_spans(expected, actual) if expected is not None and actual is not None else ((), ())
    sides = [("expected", expected, gone), ("actual", actual, came)]
    return tag("dl", (_side(*side) for side in sides if side[1] is not None), cls="pair")


def _side(name: str, value: str | None, spans: tuple[Span, ...]) -> Html:
    kept = (value or "")[:OUTPUT_SHOWN]
    shown = tag("pre", _marked(kept, spans), tabindex=0)
    return tag("div", tag("dt", name), tag("dd", shown), cls=name)


def _marked(value: str, spans: tuple[Span, ...]) -> Html:
    parts, at = [], 0
    for start, end in spans:
        parts += [code(value[at:start]), tag("mark", code(value[start:end]))]
        at = end
    return joined([*parts, code(value[at:])])


def _frame(frame: StackFrame) -> str:
    return f"{frame.file}:{frame.line or '?'}" + (f"  {frame.function}" if frame.function else "")


def _folded(title: str, body: str) -> Html:
    return tag("details", tag("summary", title), tag("pre", body, tabindex=0))
