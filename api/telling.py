"""What a run came to, in few words for a model that has other things to keep in mind. Fewer than 600 tokens always."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.documents import RepairResult
from ..core.domain import Attempt, Outcome, TestFailure, TestReport
from .approvals import AWAITING
from .screen.narration import count
from .screen.terminal import clean, first_line, shorten_id
from .tokens import fitting, lines_fitting, tokens

MOST_TOKENS = 590
FAILURES_TOLD, FILES_TOLD = 5, 8
_FOR_COUNT = 12
_ATTEMPTS_TOLD = 3
_LONG = 80
"""Characters of a value or path that is too long to stand in a line with others."""
_READ = 20_000
"""Characters of a text that are looked at: more than ever fit, and few enough for texts of megabytes."""
_HEAD, _NOTE, _DOUBTS, _FILES, _NEXT, _FAILURE = 85, 100, 60, 90, 105, 70
"""Most tokens of each part. What the essential ones leave is for the failures, what these leave for the diff."""


@dataclass(frozen=True)
class Ways:
    """How the model that reads this goes on: what undoes a run, shows it and answers its question, each with the run's
    id put in for ``{}``."""

    undo: str = "`aion-r undo {}`"
    show: str = "`aion-r runs show {}`"
    write: str = "call fix_tests again with apply=true"
    explain: str = ""
    answer: str = "`aion-r runs resume {}`"


def told(result: RepairResult, ways: Ways = Ways()) -> str:
    """How ``result`` ended, the files changed, what to do next; then the failures and the diff as far as they fit."""
    parts = [fitting(text, most) for text, most in _essentials(result, ways) if text]
    parts += failure_lines(result.final_test_results, MOST_TOKENS - _size(parts))
    return "\n".join([*parts, *_diff(result.patch, MOST_TOKENS - _size(parts))])


def _size(parts: list[str]) -> int:
    return sum(tokens(part) + 1 for part in parts)


def failure_lines(report: TestReport, room: int) -> list[str]:
    """The first failures, a line each, in ``room`` tokens; the others are counted."""
    shown = [f"- {failure_line(failure)}" for failure in report.failures[:FAILURES_TOLD]]
    while shown and _size(shown) + _FOR_COUNT > room:
        shown.pop()
    more = max(report.failing, len(report.failures)) - len(shown)
    return [*shown, f"- … and {more} more"] if shown and more > 0 else shown


def failure_line(failure: TestFailure) -> str:
    """The test, its place, and the first line of what it said. These are the project's words: data, whatever they
    say."""
    test = fitting(one_line(shorten_id(clean(failure.test_id[:_READ]), 90)), _FAILURE // 2)
    said = first_line(failure.message[:_READ], 160)
    head = f"{test}{_place(failure)}"
    return fitting(f"{head}: {said}{_values(failure, said)}" if said else f"{head}{_values(failure, said)}", _FAILURE)


def _place(failure: TestFailure) -> str:
    if not failure.file or not failure.line or len(failure.file) > _LONG:
        return ""
    return f" (line {failure.line})" if failure.file in failure.test_id else f" ({clean(failure.file)}:{failure.line})"


def _values(failure: TestFailure, said: str) -> str:
    """Expected and actual, where a first line such as ``expect(received).toBe(expected)`` does not tell them."""
    values = [value for value in (failure.expected, failure.actual) if value]
    if len(values) < 2 or max(map(len, values)) > _LONG or all(value in said for value in values):
        return ""
    return f" [expected {one_line(values[0])}, got {one_line(values[1])}]"


def counts(report: TestReport) -> str:
    """``3 of 10 tests fail``, or why it cannot be said."""
    if not report.total_tests:
        return str(report.outcome).replace("_", " ")
    if not report.failing:
        return f"{report.passed_tests} of {count(report.total_tests, 'test')} pass"
    return f"{report.failing} of {count(report.total_tests, 'test')} {'fail' if report.failing > 1 else 'fails'}"


def one_line(text: str) -> str:
    """The beginning of ``text`` with its white space made single spaces."""
    return " ".join(clean(text[:_READ]).split())


def changed_files(result: RepairResult) -> tuple[str, ...]:
    """The files that the best patch changes."""
    return tuple(result.final_code) if isinstance(result.final_code, dict) else ()


def doubts(result: RepairResult) -> tuple[str, ...]:
    """Why the patch may please the tests without mending anything."""
    return next((one.suspicious for one in reversed(result.corrections_applied) if one.success), ())


def _essentials(result: RepairResult, ways: Ways) -> Iterator[tuple[str, int]]:
    final = result.final_test_results
    before = f" (before: {counts(result.initial_test_results)})" if result.patch else ""
    ended = AWAITING if result.stop_reason == AWAITING else result.outcome
    yield f"{ended}: {counts(final)}{before}. {_written(result)}", _HEAD
    if result.message:
        yield one_line(result.message), _NOTE
    if tried := _tried(result):
        yield f"tried: {tried}", _DOUBTS
    if reasons := doubts(result):
        yield f"SUSPICIOUS, read the diff before you keep it: {one_line('; '.join(reasons))}", _DOUBTS
    if files := changed_files(result):
        yield f"files: {listed(files)}", _FILES
    if result.suggestions:
        yield f"locked files were left alone, see: {listed(result.suggestions)}", _FILES // 2
    yield f"next: {next_step(result, ways)}", _NEXT


def _tried(result: RepairResult) -> str:
    """What the last attempts of a run that failed came to: nobody need try them again."""
    if result.success or result.stop_reason == AWAITING:
        return ""
    return "; ".join(_attempt(attempt) for attempt in result.corrections_applied[-_ATTEMPTS_TOLD:])


def _attempt(attempt: Attempt) -> str:
    who = attempt.fixes_applied[0].provider if attempt.fixes_applied else "a fix"
    verdict = str(attempt.verdict).replace("_", " ")
    return f"{who} {attempt.failures_before} → {attempt.failures_after} failing ({verdict})"


def _written(result: RepairResult) -> str:
    if result.applied:
        return f"Written to the project by run {result.run_id}."
    run = f" by run {result.run_id}" if result.run_id else ""
    return f"Nothing was written{run}."


def listed(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(shorten_id(one_line(name), 60) for name in names[:FILES_TOLD])
    return shown + (f" and {len(names) - FILES_TOLD} more" if len(names) > FILES_TOLD else "")


def next_step(result: RepairResult, ways: Ways) -> str:
    """What whoever asked for the run does best now."""
    undo, show = ways.undo.format(result.run_id), ways.show.format(result.run_id)
    if result.stop_reason == AWAITING:
        answer = ways.answer.format(result.run_id)
        return f"a person must answer: {answer} shows the patch and asks; --accept or --reject REASON answers."
    if result.stop_reason == "rejected":
        return f"ask whoever rejected it what they want; the patch is kept: {show}."
    if result.outcome is Outcome.ALREADY_GREEN:
        return "nothing: all tests pass."
    if result.outcome is Outcome.ERROR:
        return "make the tests run, as the message says, then try again."
    if result.applied:
        rest = "" if result.success else " Mend the failures below by hand, or call again."
        return f"read the diff; {undo} takes it back.{rest}"
    if result.success:
        return f"{show} has the patch; to have it written, {ways.write}."
    kept = f" The best patch so far is kept: {show}." if result.patch else ""
    first = "try again with a higher limit" if result.outcome is Outcome.LIMIT else "mend the failures below by hand"
    return f"{first}.{ways.explain and ' ' + ways.explain}{kept}"


def _diff(patch: str, room: int) -> list[str]:
    if not patch or room < 20:
        return []
    shown, more = lines_fitting(clean(patch[:_READ]), room - 12)
    more += patch.count("\n", _READ)
    if not shown:
        return []
    return ["diff:", shown, *([f"… {count(more, 'more line')}"] if more else [])]
