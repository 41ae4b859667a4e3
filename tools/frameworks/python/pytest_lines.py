"""From the files that ``pytest_coverage`` leaves, one a process, to the report's ``coverage``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..coverage import Spectrum, by_lines, document, read

LINES = "aion_r_pytest_lines"


def read_lines(out: Path, is_test_file: Callable[[str], bool]) -> dict[str, Any] | None:
    """The coverage of one run, its processes joined; ``None`` where none came to its end."""
    lines: dict[str, set[int]] = {}
    ran: dict[str, set[int]] = {}
    counts: dict[str, dict[int, tuple[int, int]]] = {}
    failed = passed = 0
    for part in _parts(out):
        failed, passed = failed + _number(part.get("failed")), passed + _number(part.get("passed"))
        for path, one in _entries(part.get("files")):
            lines.setdefault(path, set()).update(_numbers(one.get("lines")))
            ran.setdefault(path, set()).update(_numbers(one.get("ran")))
        for path, rows in _entries(part.get("counts"), list):
            _add(counts.setdefault(path, {}), rows)
    files = {path: by_lines(lines[path], ran[path]) for path in lines}
    return document(files, "lines", is_test_file, Spectrum(failed, passed, counts))


def _parts(out: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(out.glob(f"{LINES}_*.json")):
        try:
            part = json.loads(read(path) or b"")
        except (ValueError, RecursionError):
            continue
        if isinstance(part, dict):
            yield part


def _entries(table: object, kind: type = dict) -> Iterator[tuple[str, Any]]:
    for path, one in table.items() if isinstance(table, dict) else ():
        if isinstance(one, kind):
            yield path, one


def _add(counts: dict[int, tuple[int, int]], rows: list[Any]) -> None:
    for row in rows:
        if isinstance(row, list) and len(row) == 3 and all(isinstance(n, int) and n >= 0 for n in row):
            bad, good = counts.get(row[0], (0, 0))
            counts[row[0]] = bad + row[1], good + row[2]


def _numbers(values: object) -> set[int]:
    return {n for n in values if isinstance(n, int) and n >= 0} if isinstance(values, list) else set()


def _number(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
