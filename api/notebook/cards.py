"""A result and a report as HTML: what one looks at first, the rest to be opened. Small whatever the run was."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.documents import RepairResult
from ...core.domain import Attempt, CallRecord, Outcome, RunOutcome, TestFailure, TestReport
from ..report.markup import Child, Html, joined, tag
from ..screen.narration import count, money, who
from ..screen.summary import diff_lines
from ..screen.terminal import clean, first_line, shorten, shorten_id
from .style import BAD, DOUBT, GOOD, PAGE, banner, block, folded, line, mono, table

FAILURES_SHOWN, ATTEMPTS_SHOWN, DIFF_SHOWN = 10, 20, 150
"""Failures, attempts, lines of the patch."""
_WIDTH = 300
_DIFF_COLORS = {"ok": GOOD, "bad": BAD}


def headline(result: RepairResult) -> str:
    """How the run ended, on one line and without a path of this machine."""
    before, after = result.initial_test_results, result.final_test_results
    parts = [_counted(before, after), count(result.iterations_completed, "iteration")]
    parts.append(f"{result.timing.get('total_s', 0.0):.1f} s")
    if any(call.provider != "offline" for call in result.calls):
        parts.append(money(result.usage.cost_usd))
    parts.append("written to the project" if result.applied else "the project is as it was")
    if result.run_id:
        parts.append(f"run {result.run_id}")
    return f"{str(result.outcome).replace('_', ' ')}: {', '.join(parts)}"


def _counted(before: TestReport, after: TestReport) -> str:
    if not after.total_tests:
        return str(after.outcome).replace("_", " ")
    return f"{after.passed_tests} of {after.total_tests} tests pass ({before.passed_tests} before)"


def result_card(result: RepairResult) -> Html:
    """The whole of a result."""
    color = GOOD if result.success else DOUBT if result.outcome is Outcome.LIMIT else BAD
    sign = "✓" if result.success else "✗"
    said = tag("div", first_line(result.message, _WIDTH)) if result.message and not result.success else None
    head = banner(color, tag("strong", f"{sign} {headline(result)}"), said, *_doubts(result))
    return tag("div", head, *_parts(result), style=PAGE)


def _doubts(result: RepairResult) -> Iterator[Html]:
    reasons = next((one.suspicious for one in reversed(result.corrections_applied) if one.success), ())
    for why in reasons:
        yield tag("div", f"⚠ suspicious: {shorten(clean(why), _WIDTH)}")


def _parts(result: RepairResult) -> Iterator[Html]:
    before, after = result.initial_test_results, result.final_test_results
    if after.failures:
        yield folded(f"{count(after.failing, 'test')} still failing", failures(after), unfolded=True)
    if before.failures and before != after:
        yield folded(f"{count(before.failing, 'test')} failed before", failures(before))
    if result.corrections_applied:
        yield folded(count(len(result.corrections_applied), "attempt"), _attempts(result.corrections_applied))
    if result.patch:
        yield folded("the patch", diff(result.patch), unfolded=True)
    if result.calls:
        yield folded(count(len(result.calls), "answer") + " asked for", _calls(result.calls))


def report_card(report: TestReport) -> Html:
    """The whole of a report."""
    color = GOOD if report.all_passed else BAD
    words = [
        f"{number} {word}"
        for number, word in (
            (report.failed_tests, "failed"),
            (report.error_tests, "with errors"),
            (report.passed_tests, "passed"),
            (report.skipped_tests, "skipped"),
        )
        if number
    ]
    if report.outcome is not RunOutcome.COMPLETED:
        words.insert(0, str(report.outcome).replace("_", " "))
    head = f"{'✓' if report.all_passed else '✗'} {report.framework}: {', '.join(words) or 'nothing ran'}"
    took = tag("span", f" in {report.duration_ms / 1000:.1f} s")
    said = tag("div", first_line(report.message, _WIDTH)) if report.message else None
    return tag("div", banner(color, tag("strong", head), took, said), failures(report), style=PAGE)


def failures(report: TestReport) -> Html:
    """A row a failing test, the first of them; nothing where none fails."""
    shown = report.failures[:FAILURES_SHOWN]
    more = len(report.failures) - len(shown)
    rest = tag("div", f"and {count(more, 'more failure')}") if more else None
    return joined(table(("test", "place", "what it said"), map(_failure, shown)), rest) if shown else Html("")


def _failure(failure: TestFailure) -> tuple[Child, ...]:
    place = f"{failure.file}:{failure.line}" if failure.file and failure.line else failure.file or ""
    said: list[Html] = [tag("div", first_line(failure.message, _WIDTH))]
    for name in ("expected", "actual"):
        value = getattr(failure, name)
        if value is not None:
            said.append(tag("div", f"{name} ", mono(shorten(" ".join(clean(value).split()), _WIDTH))))
    return mono(shorten_id(clean(failure.test_id), 100)), mono(shorten_id(clean(place), 80)), said


def _attempts(attempts: tuple[Attempt, ...]) -> Html:
    rows = []
    for attempt in attempts[-ATTEMPTS_SHOWN:]:
        fix = attempt.fixes_applied[0] if attempt.fixes_applied else None
        author = who({"provider": fix.provider, "model": fix.model}) if fix else ""
        why = first_line(fix.explanation, 160) if fix else ""
        counts = f"{attempt.failures_before} → {attempt.failures_after} failing"
        rows.append((str(attempt.iteration), author, counts, str(attempt.verdict).replace("_", " "), why))
    return table(("", "by", "", "verdict", "why"), rows)


def _calls(calls: tuple[CallRecord, ...]) -> Html:
    rows = []
    for call in calls[-ATTEMPTS_SHOWN:]:
        how = "✓" if call.ok else f"✗ {call.error.kind}" if call.error else "✗"
        tokens = f"{call.usage.input_tokens} + {call.usage.output_tokens}" if call.provider != "offline" else ""
        cost = money(call.usage.cost_usd) if call.ok and call.provider != "offline" else ""
        rows.append((who({"provider": call.provider, "model": call.model}), how, f"{call.seconds:.1f} s", tokens, cost))
    return table(("asked", "", "took", "tokens", "cost"), rows)


def diff(patch: str) -> Html:
    """The patch, or its beginning, with added and removed lines tinted."""
    lines = [spans[0] for spans in diff_lines(patch, DIFF_SHOWN)]
    return block(line(shorten(clean(text), _WIDTH), _DIFF_COLORS.get(style, "")) for text, style in lines)
