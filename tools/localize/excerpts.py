"""What a prompt shows: small files whole, larger ones around the suspects, the failing tests' own code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ...core.domain import SourceFile, Suspect, TestFailure
from .failing import distinct
from .outline import Definition, Kind, Outline
from .project import Project, Read

WHOLE_FILE_CHARS = 6_000
MAX_FILES = 6
MAX_SHOWN = 12
MAX_TESTS = 5
RELEVANT = 0.3
"""Suspects weaker than this part of the best one are not shown."""

_WINDOW = 12
_HEADER_LINES = 8
_IMPORT_LINES = 40
_GAP = 2

Span = tuple[int, int]


def context(
    root: Path,
    suspects: Sequence[Suspect],
    failures: Sequence[TestFailure],
    read: Read,
    budget_chars: int = 12_000,
) -> tuple[SourceFile, ...]:
    """The sources to repair, best first; their texts together never exceed ``budget_chars`` characters.

    A file of at most 6,000 characters is shown whole where it fits; of a longer one the suspects with their class's
    header and the imports, as several entries with the same path.
    """
    project = Project(root, read)
    ranked = _relevant(suspects) or _framed(project, failures)
    by_file: dict[str, list[Suspect]] = {}
    for suspect in ranked:
        by_file.setdefault(suspect.file, []).append(suspect)
    shown: list[SourceFile] = []
    for path, wanted in list(by_file.items())[:MAX_FILES]:
        left = budget_chars - sum(len(source.text) for source in shown)
        shown.extend(_of_file(project, path, wanted, _running(project, path, failures), left))
    return tuple(shown)


def test_context(
    root: Path, failures: Sequence[TestFailure], read: Read, budget_chars: int = 4_000
) -> tuple[SourceFile, ...]:
    """The failing tests' own functions with their decorators, at most five, within ``budget_chars`` in all."""
    project = Project(root, read)
    shown: dict[tuple[str, int], SourceFile] = {}
    for failure, test, _ in distinct(project, failures):
        if test is None or len(shown) >= MAX_TESTS:
            continue
        lines = (project.text(test.path) or "").split("\n")
        left = budget_chars - sum(len(source.text) for source in shown.values())
        own = _test_span(test.definition, test.line or failure.line, len(lines))
        span = _fitting(lines, own, test.line or own[0], left)
        if span and (test.path, span[0]) not in shown:
            shown[test.path, span[0]] = _excerpt(test.path, lines, span)
    return tuple(shown.values())


test_context.__test__ = False  # type: ignore[attr-defined]  # pytest must not collect it where it is imported


def _relevant(suspects: Sequence[Suspect]) -> list[Suspect]:
    if not suspects:
        return []
    least = RELEVANT * max(suspect.score for suspect in suspects)
    return [suspect for suspect in suspects if suspect.score >= least][:MAX_SHOWN]


def _framed(project: Project, failures: Sequence[TestFailure]) -> list[Suspect]:
    """Without suspects: the innermost frames inside the project, as good as nothing else."""
    found: dict[tuple[str, int], Suspect] = {}
    for failure in failures[:20]:
        for frame in reversed(failure.stack[-10:]):
            path = project.relative(frame.file)
            if path and frame.line and project.has(path):
                found.setdefault((path, frame.line), Suspect(path, frame.line, frame.line))
                break
    return list(found.values())


def _running(project: Project, path: str, failures: Sequence[TestFailure]) -> list[int]:
    frames = (frame for failure in failures[:50] for frame in failure.stack[-20:])
    return [frame.line for frame in frames if frame.line and project.relative(frame.file) == path]


def _of_file(
    project: Project, path: str, suspects: Sequence[Suspect], running: Sequence[int], left: int
) -> list[SourceFile]:
    text = project.text(path)
    if not text or left <= 0:
        return []
    if len(text) <= min(WHOLE_FILE_CHARS, left):
        return [SourceFile(path, text)]
    lines = text.split("\n")
    outline = project.outline(path)
    chosen: list[Span] = []
    for suspect in suspects:
        spans = _spans(outline, suspect, lines, running, left)
        for wanted in (spans, spans[:1]):
            merged = _merged([*chosen, *wanted])
            if _size(lines, merged) <= left:
                chosen = merged
                break
    return [_excerpt(path, lines, span) for span in chosen]


def _spans(outline: Outline, suspect: Suspect, lines: list[str], running: Sequence[int], left: int) -> list[Span]:
    """The suspect's own lines first, then the headers of its classes and the file's imports."""
    last = len(lines)
    span = (max(1, min(suspect.line, last)), max(1, min(suspect.end_line, last)))
    if span[0] == span[1]:
        span = (max(1, span[0] - _WINDOW), min(last, span[1] + _WINDOW))
    centre = next((line for line in running if span[0] <= line <= span[1]), suspect.line)
    own = _fitting(lines, span, centre, min(left, WHOLE_FILE_CHARS))
    if own is None:
        return []
    owners = [d for d in outline.around(span[0]) if d.kind is Kind.CLASS and d.line < span[0]]
    headers = [(d.line, max(d.line, min(d.body_line - 1, d.line + _HEADER_LINES))) for d in owners]
    return [own, *headers, *_import_span(outline)]


def _import_span(outline: Outline) -> list[Span]:
    first = min((d.line for d in outline.definitions), default=1 << 30)
    at = [item.line for item in outline.imports if item.line < first]
    return [(min(at), min(max(at), min(at) + _IMPORT_LINES))] if at else []


def _test_span(definition: Definition | None, line: int | None, last: int) -> Span:
    if definition is not None:
        return definition.line, min(definition.end_line, last)
    if line:
        return max(1, min(line, last) - _WINDOW), min(last, line + _WINDOW)
    return 1, min(last, 2 * _WINDOW)


def _fitting(lines: list[str], span: Span, centre: int, limit: int) -> Span | None:
    """``span`` shrunk from its far ends around ``centre`` until it has at most ``limit`` characters."""
    if _size(lines, [span]) <= limit:
        return span
    first = last = min(max(centre, span[0]), span[1])
    size = len(lines[first - 1]) + 1
    if size > limit:
        return None
    grown = True
    while grown:
        grown = False
        for before in (True, False):
            line = first - 1 if before else last + 1
            if span[0] <= line <= span[1] and size + len(lines[line - 1]) + 1 <= limit:
                size += len(lines[line - 1]) + 1
                first, last = min(first, line), max(last, line)
                grown = True
    return first, last


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1 + _GAP:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _size(lines: list[str], spans: Iterable[Span]) -> int:
    return sum(len(line) + 1 for first, last in spans for line in lines[first - 1 : last])


def _excerpt(path: str, lines: list[str], span: Span) -> SourceFile:
    whole = span == (1, len(lines))
    return SourceFile(path, "\n".join(lines[span[0] - 1 : span[1]]) + ("" if whole else "\n"), span[0], whole)
