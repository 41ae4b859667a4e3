"""What each tool answers, in words: for clients that show a model nothing but these."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.domain import SourceFile, Suspect, TestReport
from ..explaining import Explanation
from ..screen.narration import count
from ..screen.terminal import clean, shorten_id
from ..telling import MOST_TOKENS, Ways, counts, failure_lines, listed, one_line
from ..tokens import fitting, lines_fitting, tokens

WAYS = Ways(
    undo="undo_fix with run_id {}",
    show="`aion-r runs show {}`",
    write="call fix_tests with apply true",
    explain="explain_failure says where each points at.",
)
_SAID, _VALUE, _PLACES, _SOURCE, _TEST = 220, 90, 120, 480, 160
"""Most tokens of a message, a value, the suspects, and the two kinds of source."""
NEXT = "next: fix_tests repairs; explain_failure says where one failure points at."
_NAMED = 3
"""Suspects named beside the first."""
_LONGEST = 80
"""Characters of a path or name among others."""
_READ = 20_000
"""Characters of a text that are looked at."""


def tests_text(report: TestReport) -> str:
    """How a run of the tests ended, what failed, and what to do."""
    lines = [f"{report.framework}: {counts(report)} ({report.duration_ms / 1000:.1f} s)"]
    if report.message:
        lines.append(fitting(one_line(report.message), _SAID))
    following = [NEXT] if report.failures else []
    room = MOST_TOKENS - sum(tokens(line) + 1 for line in (*lines, *following))
    return "\n".join([*lines, *failure_lines(report, room), *following])


def undone_text(run_id: str, files: tuple[str, ...]) -> str:
    """What an undo put back."""
    said = f"put back: {listed(files)}" if files else "the files were as before the run already"
    return fitting(f"run {run_id}: {said}", MOST_TOKENS)


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
    yield fitting(clean(failure.message[:_READ]).strip(), _SAID)
    for name, value in (("expected", failure.expected), ("actual", failure.actual)):
        if value is not None:
            yield f"{name}: {fitting(one_line(value), _VALUE)}"
    if explained.suspects:
        yield fitting(f"suspects: {', '.join(map(_place, explained.suspects[: _NAMED + 1]))}", _PLACES)
    yield from _sources(explained.sources, _SOURCE)
    yield from _sources(explained.tests[:1], _TEST)
    yield "next: mend it there, then run_tests; or let fix_tests try."


def _place(suspect: Suspect) -> str:
    name = f" {shorten_id(one_line(suspect.function), _LONGEST)}" if suspect.function else ""
    return f"{shorten_id(one_line(suspect.file), _LONGEST)}:{suspect.line}-{suspect.end_line}{name}"


def _sources(sources: tuple[SourceFile, ...], room: int) -> Iterator[str]:
    """The first of ``sources``, its lines numbered."""
    for source in sources[:1]:
        numbered = enumerate(clean(source.text[:_READ]).splitlines(), source.first_line)
        shown, more = lines_fitting("\n".join(f"{number:>5}  {line}" for number, line in numbered), room)
        more += source.text.count("\n", _READ)
        if shown:
            yield f"{shorten_id(one_line(source.path), _LONGEST)}:"
            yield shown + (f"\n  … {count(more, 'more line')}" if more else "")
