"""Which lines a run of the tests executed, as the report holds them.

The document that ``TestReport.coverage`` is, counted as the framework's own tool counts (``unit``)::

    {"percent": 87.5, "unit": "lines" | "statements", "covered": 35, "total": 40,
     "files": {"pkg/mod.py": {"percent": 80.0, "covered": 4, "total": 5, "missing": [[7, 7]], "ran": [[1, 6]]}},
     "spectrum": {"failed": 1, "passed": 3, "files": {"pkg/mod.py": [[2, 3, 1, 2], …]}}}

Files are the project's own without its tests; ranges of lines are 1-based and inclusive. ``spectrum`` is for fault
localization, and there where tests can be told apart: how many failing and passing tests ran the lines of each range.
A run of chosen tests may measure nothing but the lines: then the counts are those of the lines that ran.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 64_000_000
"""What a framework's own coverage file may have; a larger one is not read."""

MEASURED_QUICKLY = frozenset(["pytest", "mocha", "vitest"])
"""Frameworks that tell the lines of a few tests at nearly no cost. Go builds all anew, Jest takes half a second."""

Ranges = list[list[int]]
Counts = Mapping[int, tuple[int, int]]
"""By line: failing and passing tests that ran it."""


@dataclass(frozen=True)
class FileCoverage:
    """One file: what counts as covered, of how much, and the lines that ran and those that did not."""

    covered: int
    total: int
    missing: frozenset[int]
    ran: frozenset[int]


@dataclass(frozen=True)
class Spectrum:
    """The numbers of failing and passing tests, and by file and line how many of them ran it."""

    failed: int
    passed: int
    files: Mapping[str, Counts] = field(default_factory=dict)


def document(
    files: Mapping[str, FileCoverage], unit: str, is_test_file: Callable[[str], bool], spectrum: Spectrum | None = None
) -> dict[str, Any] | None:
    """The report's ``coverage``; ``None`` where no file of the project ran."""
    own = {path: one for path, one in sorted(files.items()) if one.total and not is_test_file(path)}
    if not own:
        return None
    covered, total = sum(one.covered for one in own.values()), sum(one.total for one in own.values())
    whole: dict[str, Any] = {"percent": percent(covered, total), "unit": unit, "covered": covered, "total": total}
    whole["files"] = {path: _file(one) for path, one in own.items()}
    if spectrum is not None and spectrum.failed + spectrum.passed:
        told = {path: _weighted(lines) for path, lines in sorted(spectrum.files.items()) if path in own}
        whole["spectrum"] = {"failed": spectrum.failed, "passed": spectrum.passed, "files": told}
    return whole


def percent(covered: int, total: int) -> float:
    """To two places; all of nothing is covered."""
    return round(100.0 * covered / total, 2) if total else 100.0


def by_lines(executable: Iterable[int], ran: Iterable[int]) -> FileCoverage:
    """A file whose unit is the line."""
    lines = frozenset(executable)
    done = lines.intersection(ran)
    return FileCoverage(len(done), len(lines), lines - done, done)


def ranges(lines: Iterable[int], between: frozenset[int] = frozenset()) -> Ranges:
    """Sorted lines as ranges. Lines that count nowhere join two ranges; those of ``between`` keep them apart."""
    found: Ranges = []
    others = sorted(between)
    at = 0
    for line in sorted(lines):
        while at < len(others) and others[at] < (found[-1][1] if found else 0):
            at += 1
        apart = at < len(others) and others[at] < line if between else not found or line > found[-1][1] + 1
        if found and not apart:
            found[-1][1] = line
        else:
            found.append([line, line])
    return found


def lines_of(spans: object) -> Iterator[int]:
    """The lines of ranges that somebody else wrote; damaged ones are passed over."""
    for span in spans if isinstance(spans, list) else ():
        if isinstance(span, list) and len(span) >= 2 and all(isinstance(n, int) and 0 < n < 10**7 for n in span[:2]):
            yield from range(span[0], min(span[1], span[0] + 10**6) + 1)


def read(path: Path) -> bytes | None:
    """A framework's coverage file, unless it is missing or far too large."""
    try:
        return path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError:
        return None


def _file(one: FileCoverage) -> dict[str, Any]:
    return {
        "percent": percent(one.covered, one.total), "covered": one.covered, "total": one.total,
        "missing": ranges(one.missing, one.ran), "ran": ranges(one.ran, one.missing),
    }  # fmt: skip


def _weighted(lines: Counts) -> Ranges:
    """Ranges of neighbouring lines with equal counts."""
    found: Ranges = []
    for line, (failed, passed) in sorted(lines.items()):
        if found and found[-1][1] == line - 1 and found[-1][2:] == [failed, passed]:
            found[-1][1] = line
        else:
            found.append([line, line, failed, passed])
    return found
