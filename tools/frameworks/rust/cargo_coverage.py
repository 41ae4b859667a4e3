"""What cargo-llvm-cov exports, read as LLVM counts lines.

The export is LLVM's JSON: ``data[].files[]`` with ``filename``, ``summary.lines`` and ``segments``, each ``[line,
column, count, has count, begins a region, is a gap]``. The count of a line is that of the region around its begin, or
the highest of those that begin on it (``LineCoverageStats`` in LLVM's ``CoverageMapping.cpp``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..coverage import FileCoverage, document, read
from .cargo_project import is_test_file

EXPORT = "aion_r_cargo_coverage.json"
LONGEST_FILE = 200_000

Segment = tuple[int, int, bool, bool, bool]
"""Line, count, whether it has one, whether a region begins, whether that is a gap."""


def read_export(out: Path, root: Path) -> dict[str, Any] | None:
    """The coverage of one run, of the project's own files; ``None`` where nothing was exported."""
    try:
        export = json.loads(read(out / EXPORT) or b"")
        files = [one for part in export["data"] for one in part["files"]]
        found = {path: _file(one) for one in files if (path := _relative(one["filename"], root))}
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return document(found, "lines", is_test_file)


def _relative(name: str, root: Path) -> str | None:
    for home in (root, root.resolve()):
        if Path(name).is_relative_to(home):
            path = Path(name).relative_to(home)
            return None if path.parts[:1] == ("target",) else path.as_posix()
    return None


def _file(one: dict[str, Any]) -> FileCoverage:
    counts = dict(_lines([(s[0], s[2], bool(s[3]), bool(s[4]), bool(s[5])) for s in one["segments"]]))
    ran = frozenset(line for line, count in counts.items() if count)
    summary = one.get("summary", {}).get("lines", {"covered": len(ran), "count": len(counts)})
    return FileCoverage(int(summary["covered"]), int(summary["count"]), frozenset(counts) - ran, ran)


def _lines(segments: list[Segment]) -> Iterator[tuple[int, int]]:
    """The lines that hold code, with their counts."""
    by_line: dict[int, list[Segment]] = {}
    for segment in segments:
        by_line.setdefault(segment[0], []).append(segment)
    around: Segment | None = None
    for line in range(min(by_line, default=1), min(max(by_line, default=0), LONGEST_FILE) + 1):
        own = by_line.get(line, [])
        begins = [segment[1] for segment in own if segment[2] and segment[3] and not segment[4]]
        skipped = bool(own) and not own[0][2] and own[0][3]
        wrapped = around[1] if around is not None and around[2] else None
        if not skipped and (wrapped is not None or begins):
            yield line, max([wrapped or 0, *begins])
        around = own[-1] if own else around
