"""How a run ended, for people: the diff, and a paragraph: what was wrong where, who mended it, how to go back."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from ...core.documents import RepairResult
from ...core.domain import Outcome, TestReport
from .narration import count, money
from .terminal import Line, clean, first_line

DIFF_LINES_SHOWN = 400
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+")


def diff_lines(diff: str, limit: int | None = DIFF_LINES_SHOWN) -> list[Line]:
    """``diff`` with a style a line; one of more than ``limit`` lines is cut, and says so."""
    lines = diff.splitlines()
    shown: list[Line] = [((line, _diff_style(line)),) for line in lines[:limit]]
    more = len(lines) - len(shown)
    return [*shown, ((f"… {count(more, 'more line')}", "dim"),)] if more > 0 else shown


def _diff_style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ", "new file", "deleted file")):
        return "bold"
    return {"+": "ok", "-": "bad", "@": "hunk"}.get(line[:1], "")


def changed_places(diff: str) -> list[str]:
    """``file:line`` of each hunk's first changed line, numbered as in the project as found."""
    places: list[str] = []
    old, before = "", ""
    line = 0
    seeking = False
    for text in diff.splitlines():
        if text.startswith("--- ") and not seeking:
            before = text[4:].split("\t")[0]
        elif text.startswith("+++ ") and not seeking:
            name = text[4:].split("\t")[0]
            old = (before if name == "/dev/null" else name).removeprefix("a/").removeprefix("b/")
        elif match := _HUNK.match(text):
            line, seeking = int(match[1]), True
        elif seeking and text.startswith(("+", "-")):
            places.append(f"{old}:{line}")
            seeking = False
        elif seeking:
            line += 1
    return places


def summary_lines(result: RepairResult, room: int, *, wrap: bool) -> list[Line]:
    """The paragraph, its first word styled; ``wrap`` breaks it at ``room`` columns."""
    text = " ".join(sentence for sentence in _sentences(result) if sentence)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) if wrap else [text]
    head, _, rest = lines[0].partition(" ")
    style = "ok" if result.success else "bad"
    return [((head, style), (" " + rest if rest else "", "")), *(((line, ""),) for line in lines[1:])]


def summary_text(result: RepairResult) -> str:
    """The paragraph on one line."""
    return " ".join(sentence for sentence in _sentences(result) if sentence)


def _sentences(result: RepairResult) -> Iterator[str]:
    if result.outcome is Outcome.ALREADY_GREEN:
        yield f"Green: {_all(result.final_test_results)} already, nothing to repair."
    elif result.success:
        yield from _repaired(result)
    elif result.outcome is Outcome.ERROR:
        yield f"Error: {_sentence(result.message or result.stop_reason.replace('_', ' '))}"
        yield "The project is as it was."
    else:
        yield from _not_repaired(result)
    yield _effort(result)


def _repaired(result: RepairResult) -> Iterator[str]:
    before = result.initial_test_results
    yield f"Repaired: {_what_failed(before)}."
    yield f"The fault was in {_listed(changed_places(result.patch))}; {_author(result)}."
    yield from _doubts(result)
    after = "pass" if result.applied else "would pass"
    yield f"{_all(result.final_test_results, after)} now ({_numbers(before)} before)."
    if result.message:
        yield _sentence(result.message)
    if result.applied:
        yield f"`aion-r undo {result.run_id}` puts the files back."
    elif result.suggestions:
        yield f"Locked files were left alone; the fix is in {_listed(list(result.suggestions))}."
    else:
        yield f"The project is as it was; the patch is in {result.patch_file}."


def _doubts(result: RepairResult) -> Iterator[str]:
    """What may be wrong with the patch although all tests pass."""
    reasons = next((one.suspicious for one in reversed(result.corrections_applied) if one.success), ())
    if reasons:
        yield f"SUSPICIOUS, read it before you keep it: {_sentence('; '.join(reasons))}"


def _not_repaired(result: RepairResult) -> Iterator[str]:
    before, after = result.initial_test_results, result.final_test_results
    reason = _sentence(result.message or result.stop_reason.replace("_", " "))
    yield f"{'Limit reached' if result.outcome is Outcome.LIMIT else 'Not repaired'}: {reason}"
    if before.failing:
        yield f"{_what_failed(before)}."
    if result.applied:
        yield f"The best patch ({after.failing} still failing) was written, as asked."
        yield f"`aion-r undo {result.run_id}` puts the files back."
        return
    yield "The project is as it was."
    if result.patch_file:
        yield f"The best patch leaves {after.failing} failing; it is kept in {result.patch_file}."


def _what_failed(report: TestReport) -> str:
    if not report.failing:
        return str(report.outcome).replace("_", " ")
    of = f"{report.failing} of {count(report.total_tests, 'test')} failed"
    if not report.failures:
        return of
    first = report.failures[0]
    said = first_line(first.message, 120)
    return f"{of} ({clean(first.test_id)}{': ' + said if said else ''}{', …' if report.failing > 1 else ''})"


def _author(result: RepairResult) -> str:
    fixes = [fix for attempt in result.corrections_applied for fix in attempt.fixes_applied if attempt.success]
    if not fixes:
        return "the fix is below"
    fix = fixes[-1]
    who = "the offline search" if fix.provider == "offline" else f"{fix.provider} ({fix.model})"
    why = first_line(fix.explanation, 160).rstrip(".")
    return f"{who} mended it{': ' + why if why else ''}"


def _effort(result: RepairResult) -> str:
    if not result.run_id:
        return ""
    spent = [count(result.iterations_completed, "iteration"), f"{result.timing.get('total_s', 0.0):.1f} s"]
    if any(call.provider != "offline" for call in result.calls):
        spent.append(money(result.usage.cost_usd))
    return f"Run {result.run_id}: {', '.join(spent)}."


def _all(report: TestReport, verb: str = "pass") -> str:
    skipped = f" ({report.skipped_tests} skipped)" if report.skipped_tests else ""
    if report.passed_tests == 1:
        return f"The one test {verb if verb != 'pass' else 'passes'}{skipped}"
    return f"All {report.passed_tests} tests {verb}{skipped}"


def _numbers(report: TestReport) -> str:
    return f"{report.passed_tests} of {report.total_tests}"


def _listed(places: list[str]) -> str:
    shown = places[:3]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _sentence(text: str) -> str:
    said = " ".join(clean(text).split())
    return said if said.endswith((".", "!", "?")) else said + "."
