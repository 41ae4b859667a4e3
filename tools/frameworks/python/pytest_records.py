"""The plugin's JSON lines, read back: cut-off, damaged and hostile ones do no harm."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....core.domain import StackFrame, TestFailure
from ..cleaning import LONGEST_PATH, clean, inside, line_of

LONGEST_LINE = 200_000
"""Bytes of a record; longer ones are not ours."""
MOST_FRAMES = 100
_COUNTED = {"passed": "passed", "xpassed": "passed", "failed": "failed", "error": "error",
            "skipped": "skipped", "xfailed": "skipped"}  # fmt: skip


@dataclass
class Events:
    """What the records of one run add up to."""

    counts: Counter[str] = field(default_factory=Counter)
    passed: dict[str, None] = field(default_factory=dict)
    skipped: dict[str, None] = field(default_factory=dict)
    failures: list[TestFailure] = field(default_factory=list)
    broken: list[TestFailure] = field(default_factory=list)
    under_way: dict[str, int | None] = field(default_factory=dict)
    """Started and not ended, with the line of the definition."""
    interrupted: list[TestFailure] = field(default_factory=list)
    """The test that ended the whole session (``KeyboardInterrupt``, ``pytest.exit``)."""
    uncollected: int = 0
    hung: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    collected: int = 0
    sessions: int = 0
    status: int | None = None

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record; an unknown kind is ignored."""
        kind, name = record.get("k"), clean(record.get("id"))
        if kind == "report":
            self._report(name, record)
        elif kind == "start":
            self.under_way[name] = line_of(record.get("line"))
        elif kind == "end":
            self.under_way.pop(name, None)
        elif kind == "hang":
            self.hung[name] = _number(record.get("s"))
        elif kind == "broken":
            self.broken.append(failure_of(name, record))
        elif kind == "ended":
            self.interrupted.append(failure_of(name, record))
        elif kind == "session":
            self.sessions += 1
        elif kind == "collected":
            self.collected += int(_number(record.get("n")))
        elif kind == "finish":
            self.status = int(_number(record.get("status")))
            self.seconds += _number(record.get("s"))

    def _report(self, name: str, record: dict[str, Any]) -> None:
        category = _COUNTED.get(str(record.get("c")))
        if category is None:  # a plugin's own word, such as a rerun: pytest does not count it
            return
        self.counts[category] += 1
        if category == "passed":
            self.passed[name] = None
        elif category == "skipped":
            self.skipped[name] = None
        else:
            self.failures.append(failure_of(name, record))
            self.uncollected += record.get("w") == "collect"


def failure_of(name: str, record: dict[str, Any]) -> TestFailure:
    """One record as a failure; missing or odd fields are left empty."""
    stack = record.get("stack")
    items = stack[:MOST_FRAMES] if isinstance(stack, list) else ()
    file = inside(record.get("file"))
    return TestFailure(
        test_id=name,
        file=file,
        line=line_of(record.get("line")) if file else None,
        message=clean(record.get("message")),
        assertion_type=clean(record.get("type"), 200) or None,
        expected=_optional(record.get("expected")),
        actual=_optional(record.get("actual")),
        stack=tuple(frame for item in items if isinstance(item, list) and (frame := _frame(item))),
        output=clean(record.get("output")),
    )


def _frame(item: list[Any]) -> StackFrame | None:
    """A frame; one outside the project has an absolute path."""
    file, line, function = (*item, None, None, None)[:3]
    path = clean(file, LONGEST_PATH)
    if ".." in path.replace("\\", "/").split("/") or not path:
        return None
    return StackFrame(path, line_of(line), clean(function, 300) or None)


def _optional(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None


def _number(value: object) -> float:
    """A number that is safe to count with; no infinity, no NaN."""
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e15 else 0.0


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file; lines that are cut off, overlong or not ours are left out."""
    try:
        stream = path.open("rb")
    except OSError:
        return
    with stream:
        while line := stream.readline(LONGEST_LINE):
            if not line.startswith(b"{"):  # to be refused takes json a while
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record
