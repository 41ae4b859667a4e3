"""What each tool answers, in words: for clients that show a model nothing but these."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.domain import SourceFile, Suspect, TestReport
from ..explaining import Explanation
from ..screen.terminal import clean
from ..telling import Ways, counts, failure_lines, one_line
from ..tokens import fitting, lines_fitting

WAYS = Ways(
    undo="undo_fix with run_id {}",
    show="`aion-r runs show {}`",
    write="call fix_tests with apply true",
    explain="explain_failure says where each points at.",
)
_LIST, _SAID, _VALUE, _SOURCE, _TEST = 400, 250, 80, 450, 150
"""Most tokens of a list of failures, a message, a value, and the two kinds of source."""
_NAMED = 3
"""Suspects named beside the first."""


def tests_text(report: TestReport) -> str:
    """How a run of the tests ended, what failed, and what to do."""
    lines = [f"{report.framework}: {counts(report)} ({report.duration_ms / 1000:.1f} s)"]
    if report.message:
        lines.append(fitting(one_line(report.message), _SAID))
    lines += failure_lines(report, _LIST)
    if report.failures:
        lines.append("next: fix_tests repairs; explain_failure says where one failure points at.")
    return "\n".join(lines)


def explanation_text(explained: Explanation) -> str:
    """What the test said, and where to look."""
    if explained.failure is None:
        return f"{fitting(one_line(explained.test_id), _VALUE)} passes now: nothing to explain."
    return "\n".join(_explanation(explained))


def _explanation(explained: Explanation) -> Iterator[str]:
    failure = explained.failure
    if failure is None:
        return
    place = f" at {one_line(failure.file or '')}:{failure.line}" if failure.line else ""
    yield fitting(f"{one_line(failure.test_id)} fails{place}", 2 * _VALUE)
    if explained.alone is False:
        yield "It passes alone and fails with the other tests: look for state that they share, or for their order."
    yield fitting(clean(failure.message).strip(), _SAID)
    for name, value in (("expected", failure.expected), ("actual", failure.actual)):
        if value is not None:
            yield f"{name}: {fitting(one_line(value), _VALUE)}"
    if explained.suspects:
        yield f"suspects: {', '.join(_place(one) for one in explained.suspects[: _NAMED + 1])}"
    yield from _sources(explained.sources, _SOURCE)
    yield from _sources(explained.tests[:1], _TEST)
    yield "next: mend it there, then run_tests; or let fix_tests try."


def _place(suspect: Suspect) -> str:
    name = f" {suspect.function}" if suspect.function else ""
    return f"{one_line(suspect.file)}:{suspect.line}-{suspect.end_line}{name}"


def _sources(sources: tuple[SourceFile, ...], room: int) -> Iterator[str]:
    """The first of ``sources``, its lines numbered."""
    for source in sources[:1]:
        numbered = enumerate(clean(source.text).splitlines(), source.first_line)
        shown, more = lines_fitting("\n".join(f"{number:>5}  {line}" for number, line in numbered), room)
        if shown:
            yield f"{one_line(source.path)}:"
            yield shown + (f"\n  … {more} more lines" if more else "")
