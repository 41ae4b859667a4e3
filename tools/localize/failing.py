"""Where the failing tests stand: the file, the definition and the line that a failure record means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...core.domain import TestFailure
from .outline import Definition, Kind, Outline
from .project import Project, folders_above

MAX_GROUPS = 200
"""Distinct failing tests looked at; thousands of failures usually have few causes."""


@dataclass(frozen=True, slots=True)
class FailingTest:
    """The test behind one or more failures. ``line`` is the line of it that was running, where that is known."""

    path: str
    definition: Definition | None
    line: int | None


Group = tuple[TestFailure, FailingTest | None, int]
"""A failure, its test, and how many failures it stands for."""


def failing_test(project: Project, failure: TestFailure) -> FailingTest | None:
    """The failing test in the project's sources, or ``None`` when its file cannot be found."""
    path = _test_path(project, failure)
    if path is None:
        return None
    outline = project.outline(path)
    lines = [f.line for f in failure.stack if f.line and project.relative(f.file) == path]
    if failure.line and project.relative(failure.file) in (path, None):
        lines.append(failure.line)
    definition = _by_name(project, outline, path, failure.test_id) or _by_line(outline, lines)
    definition = definition or _by_title(outline, failure.test_id)
    inside = [line for line in lines if definition is None or definition.holds(line)]
    return FailingTest(path, definition, inside[0] if inside else None)


def distinct(project: Project, failures: Iterable[TestFailure]) -> list[Group]:
    """One failure for each test and place of failing, how often it stands for others; parametrised ids share one."""
    groups: dict[object, Group] = {}
    for failure in failures:
        key = _key(failure)
        if key in groups:
            first, test, count = groups[key]
            groups[key] = (first, test, count + 1)
        elif len(groups) < MAX_GROUPS:
            groups[key] = (failure, failing_test(project, failure), 1)
    return list(groups.values())


def _key(failure: TestFailure) -> object:
    frames = tuple((frame.file, frame.line) for frame in failure.stack[-3:])
    return (failure.test_id.partition("[")[0], failure.file, failure.line, frames)


def _test_path(project: Project, failure: TestFailure) -> str | None:
    named = project.relative(failure.test_id.partition("::")[0])
    if named and "::" in failure.test_id and project.has(named):
        return named
    path = project.relative(failure.file)
    frames = [project.relative(frame.file) for frame in failure.stack[:3]]
    return project.first(path, named, *frames) or _joined(project, failure)


def _joined(project: Project, failure: TestFailure) -> str | None:
    """A file named relative to its package: the id of a Go or Cargo test may begin with the package's folder."""
    if not failure.file:
        return None
    folders = folders_above(failure.test_id.replace("::", "/"))
    return project.first(*(project.relative(f"{folder}/{failure.file}") for folder in folders if folder))


def _by_name(project: Project, outline: Outline, path: str, test_id: str) -> Definition | None:
    language = project.front_end(path)
    names = language.test_names(test_id) if language else ()
    for length in range(len(names), 0, -1):
        named = outline.by_name.get(names[length - 1], ())
        exact = [d for d in named if ".".join(names[:length]).endswith(d.qualname) and d.kind is not Kind.FUNCTION]
        if found := exact or [d for d in named if d.kind in (Kind.TEST, Kind.CLASS)]:
            return max(found, key=lambda d: len(d.qualname))
    return None


def _by_line(outline: Outline, lines: list[int]) -> Definition | None:
    around = [d for line in lines for d in outline.around(line)]
    tests = [d for d in around if d.kind is Kind.TEST]
    return next((d for d in (*tests, *around) if d.kind in (Kind.TEST, Kind.FUNCTION)), None)


def _by_title(outline: Outline, test_id: str) -> Definition | None:
    titled = [d for d in outline.definitions if d.kind is Kind.TEST and len(d.name) > 1 and d.name in test_id]
    return max(titled, key=lambda d: len(d.name), default=None)
