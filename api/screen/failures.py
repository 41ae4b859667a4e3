"""The failures of a report for people: a block each that stays readable at any width."""

from __future__ import annotations

from ...core.domain import RunOutcome, TestFailure, TestReport
from .narration import count
from .terminal import Line, clean, first_line, shorten, shorten_id

BLOCKS_SHOWN = 30


def report_lines(report: TestReport, room: int) -> list[Line]:
    """One line of numbers, then a block a failure."""
    lines = [_numbers(report)]
    if report.message:
        lines.append(((first_line(report.message, 4 * room), ""),))
    for failure in report.failures[:BLOCKS_SHOWN]:
        lines += [(), *failure_block(failure, room)]
    more = len(report.failures) - BLOCKS_SHOWN
    if more > 0:
        lines += [(), ((f"… and {count(more, 'more failure')}; --json has them all", "dim"),)]
    return lines


def failure_block(failure: TestFailure, room: int) -> list[Line]:
    """Test, place, message, and expected against actual where the framework tells them."""
    lines: list[Line] = [((shorten_id(failure.test_id, room), "bold"),)]
    width = max(10, room - 2)
    if failure.file:
        place = f"{failure.file}:{failure.line}" if failure.line else failure.file
        lines.append(((f"  {shorten_id(place, width)}", "dim"),))
    if failure.message:
        lines.append(((f"  {first_line(failure.message, width)}", "bad"),))
    for name in ("expected", "actual"):
        value = getattr(failure, name)
        if value is not None:
            lines.append(((f"  {name:<9}", "dim"), (shorten(" ".join(clean(value).split()), width - 9), "")))
    return lines


def _numbers(report: TestReport) -> Line:
    if report.outcome is not RunOutcome.COMPLETED and not report.total_tests:
        return (f"{report.framework}: ", ""), (str(report.outcome).replace("_", " "), "bad")
    spans = [(f"{report.framework}: ", "")]
    if report.outcome is not RunOutcome.COMPLETED:
        spans.append((f"{str(report.outcome).replace('_', ' ')}, ", "bad"))
    parts = (
        (report.failed_tests, "failed", "bad"),
        (report.error_tests, count(report.error_tests, "error").split()[1], "bad"),
        (report.passed_tests, "passed", "ok"),
        (report.skipped_tests, "skipped", "warn"),
    )
    named = [(f"{number} {word}", style) for number, word, style in parts if number]
    for index, span in enumerate(named):
        spans += [(", ", "")] * (index > 0) + [span]
    return *spans, (f" in {report.duration_ms / 1000:.1f} s", "dim")
