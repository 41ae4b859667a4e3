"""The plugin's JSON lines, read back: cut-off, damaged and hostile ones do no harm."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....core.domain import StackFrame, TestFailure

LONGEST_LINE = 200_000
"""Bytes of a record; longer ones are not ours."""
LONGEST_TEXT = 10_000
MOST_FRAMES, MOST_LINES = 100, 10**9
_COUNTED = {"passed": "passed", "xpassed": "passed", "failed": "failed", "error": "error",
            "skipped": "skipped", "xfailed": "skipped"}  # fmt: skip
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: object, limit: int = LONGEST_TEXT) -> str:
    """Text without escape sequences and invisible characters, its line ends made one kind, capped head and tail."""
    if not isinstance(text, str):
        return ""
    if len(text) <= limit and text.isprintable():  # most names; what is removed below is not printable
        return text
    plain = _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    if len(plain) <= limit:
        return plain
    half = limit // 2
    return f"{plain[:half]}\n... {len(plain) - 2 * half} characters left out ...\n{plain[-half:]}"


def inside(path: object) -> str | None:
    """A path as records show it: relative, ``/`` between its parts, in the project; ``None`` for any other."""
    plain = clean(path, 1_000).replace("\\", "/").removeprefix("./")
    outside = plain.startswith(("/", "~/")) or ":/" in plain[:20] or ".." in plain.split("/") or "\n" in plain
    return None if outside else plain or None


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
    path = clean(file, 1_000)
    if ".." in path.replace("\\", "/").split("/") or not path:
        return None
    return StackFrame(path, line_of(line), clean(function, 300) or None)


def line_of(value: object) -> int | None:
    """A line's number, ``None`` for what is none."""
    return value if type(value) is int and 0 < value < MOST_LINES else None


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
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record
