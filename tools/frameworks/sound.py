"""The one boundary behind which a report holds nothing hostile, whatever tests, compilers and tools have printed.

A report that has passed it can be shown, stored and read back: no text is overlong, talks to a terminal or holds half a
character, no path leaves the project, every line is one.
"""

from __future__ import annotations

from dataclasses import replace

from ...core.domain import StackFrame, TestFailure, TestReport
from .cleaning import LONGEST_PATH, LONGEST_TEXT, clean, inside, is_printable, line_of

LONGEST_WORDS = 20_000
"""Characters of a text of a failure; above what adapters cut at, so that nothing is cut twice."""
LONGEST_KIND, LONGEST_FUNCTION = 200, 300
AT_ONCE = 5_000


def sound(report: TestReport) -> TestReport:
    """``report`` made fit to be shown; one that is so already comes back with equal contents."""
    return replace(
        report,
        duration_ms=max(0.0, report.duration_ms),
        message=clean(report.message, LONGEST_WORDS),
        failures=tuple(map(sound_failure, report.failures)),
        passed_ids=_names(report.passed_ids),
        skipped_ids=_names(report.skipped_ids),
    )


def sound_failure(failure: TestFailure) -> TestFailure:
    """One failure; a file outside the project is left out with its line."""
    if _is_sound(failure):
        return failure
    file = inside(failure.file)
    return TestFailure(
        test_id=clean(failure.test_id),
        file=file,
        line=line_of(failure.line) if file else None,
        message=clean(failure.message, LONGEST_WORDS),
        assertion_type=clean(failure.assertion_type, LONGEST_KIND) or None,
        expected=_optional(failure.expected),
        actual=_optional(failure.actual),
        stack=tuple(frame for one in failure.stack if (frame := sound_frame(one))),
        output=clean(failure.output, LONGEST_WORDS),
    )


def _is_sound(failure: TestFailure) -> bool:
    """Whether nothing is to be done, as for nearly all: short and plain, with a place in the project or none."""
    kind, path, line = failure.assertion_type or "", failure.file, failure.line
    words = f"{failure.test_id}{failure.message}{kind}{failure.expected}{failure.actual}{failure.output}"
    if len(words) > LONGEST_TEXT or len(kind) > LONGEST_KIND or not is_printable(words):
        return False
    placed = line is None if path is None else _is_inside(path) and (line is None or line_of(line) is not None)
    return placed and all(map(_is_sound_frame, failure.stack))


def _is_sound_frame(frame: StackFrame) -> bool:
    line, function = frame.line, frame.function
    told = function is None or (len(function) <= LONGEST_FUNCTION and function.isprintable())
    return told and _is_inside(frame.file) and (line is None or line_of(line) is not None)


def _is_inside(path: str) -> bool:
    return inside(path) == path


def sound_frame(frame: StackFrame) -> StackFrame | None:
    """A frame; one outside the project has an absolute path, and ``None`` stands for one that says neither."""
    path = clean(frame.file, LONGEST_PATH)
    if not path or "\n" in path or ".." in path.replace("\\", "/").split("/"):
        return None
    return StackFrame(path, line_of(frame.line), clean(frame.function, LONGEST_FUNCTION) or None)


def _optional(value: str | None) -> str | None:
    return clean(value, LONGEST_WORDS) if value is not None else None


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Many are seen at once: there may be a hundred thousand."""
    fit = all(_are_fit(names[at : at + AT_ONCE]) for at in range(0, len(names), AT_ONCE))
    return names if fit else tuple(map(clean, names))


def _are_fit(names: tuple[str, ...]) -> bool:
    return "".join(names).isprintable() and max(map(len, names)) <= LONGEST_TEXT
