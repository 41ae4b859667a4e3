"""What the reporters' JSON lines add up to, the same for Jest, Vitest and Mocha: tests, failures, what is under way."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....core.domain import TestFailure
from ..python.pytest_records import clean
from .node_names import test_id
from .node_stack import Place, Places, load_place, without_code_frame, without_stack

Record = dict[str, Any]
_EXPECTED = re.compile(r"^\s*Expected(?: [a-z]+)*: +(.+)$", re.M)
_RECEIVED = re.compile(r"^\s*Received(?: [a-z]+)*: +(.+)$", re.M)
_NODE_ASSERT = re.compile(
    r"^assert(?:\.(?P<kind>\w+))?\([^\n]*\)\n(?:\nExpected value [^\n]*:\n(?P<expected>(?: {2}.*\n)+)"
    r"Received:\n(?P<actual>(?: {2}.*(?:\n|$))+))?"
)
"""Jest's own words for an error of Node's ``assert`` or of chai."""
_TWO_LINES = re.compile(r"^\+ actual - expected\n\n\+ (?P<actual>[^\n]+)\n- (?P<expected>[^\n]+)$", re.M)
_MATCHER = re.compile(r"expect\((?:received|jest\.fn\(\)|[^()\n]{0,80})\)(?:\.\w+)*?\.(to\w+)\(")
CLASS = re.compile(r"^(?:Uncaught )?((?:[A-Za-z_$][\w$.]*)?(?:Error|Exception))\b")
HEADINGS = re.compile(r"^(?:\s*● Test suite failed to run\s*\n|\s*(?:Exception during run|✖ ERROR): )")


@dataclass
class NodeRun:
    """What the records of one run add up to. ``places`` makes paths project-relative."""

    framework: str
    places: Places
    ids: frozenset[str] | None = None
    tests: dict[str, Record] = field(default_factory=dict)
    broken: list[TestFailure] = field(default_factory=list)
    hooks: list[TestFailure] = field(default_factory=list)
    loading: dict[str, None] = field(default_factory=dict)
    under_way: dict[str, Record] = field(default_factory=dict)
    provisional: dict[str, dict[str, Record]] = field(default_factory=dict)
    sessions: int = 0
    finished: int = 0
    interrupted: bool = False
    flaky: list[str] = field(default_factory=list)
    died: dict[str, Record] = field(default_factory=dict)
    """Tests in a worker that died, while the run went on."""
    seconds: float = 0.0
    _seen: Counter[str] = field(default_factory=Counter)
    _files: dict[str, str] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take in one record; an unknown kind is ignored."""
        kind = record.get("k")
        take = getattr(self, f"_on_{kind}", None) if isinstance(kind, str) and kind in KINDS else None
        if take is not None:
            take(record, self.file_of(record))

    def file_of(self, record: Record) -> str:
        """The record's file, relative to the project where it lies in it."""
        given = record.get("file")
        if not isinstance(given, str):
            return ""
        if given not in self._files:
            self._files[given] = self.places.relative(given) or clean(given, 500)
        return self._files[given]

    def _on_session(self, record: Record, file: str) -> None:
        self.sessions += 1

    def _on_load(self, record: Record, file: str) -> None:
        self.loading[file] = None

    def _on_loaded(self, record: Record, file: str) -> None:
        self.loading.pop(file, None)

    def _on_start(self, record: Record, file: str) -> None:
        self.under_way[_name(record, file)] = record

    def _on_end(self, record: Record, file: str) -> None:
        self.under_way.pop(_name(record, file), None)

    def _on_retry(self, record: Record, file: str) -> None:
        self.under_way.pop(_name(record, file), None)

    def _on_case(self, record: Record, file: str) -> None:
        name = _name(record, file)
        self.under_way.pop(name, None)
        self.provisional.setdefault(file, {})[name] = record

    def _on_test(self, record: Record, file: str) -> None:
        plain = _name(record, file)
        if record.get("unfinished"):  # the worker died before it told more
            record = self.provisional.get(file, {}).get(plain, record)
            if plain in self.under_way:
                self.died[plain] = self.under_way.pop(plain)
                return
        self.under_way.pop(plain, None)
        self._seen[plain] += 1
        number = self._seen[plain]
        self.tests[plain if number == 1 else f"{plain} #{number}"] = record
        self.seconds += _number(record.get("ms")) / 1000

    def _on_file(self, record: Record, file: str) -> None:
        self.loading.pop(file, None)
        cases = self.provisional.pop(file, {})
        here = {name: self.under_way.pop(name) for name in [n for n in self.under_way if n.startswith(file + " > ")]}
        if record.get("failed"):
            self.died |= here
            self.tests |= {name: one for name, one in cases.items() if name not in self.tests}
            self.broken.append(self.load_failure(record, file))

    def _on_suite(self, record: Record, file: str) -> None:
        name = test_id(file, _names(record), suite=not record.get("test"))
        self.under_way.pop(_name(record, file), None)
        self.hooks.append(self.failure(name, record, clean(record.get("hook"), 300)))

    def _on_error(self, record: Record, file: str) -> None:
        failure = self.failure("", record, "")
        place = failure.stack[-1] if failure.stack else None
        home = failure.stack[0].file if failure.stack else self.framework
        self.broken.append(_replaced(failure, home, place.file if place else None, place.line if place else None))

    def _on_finish(self, record: Record, file: str) -> None:
        self.finished += 1
        self.interrupted |= bool(record.get("interrupted"))

    def load_failure(self, record: Record, file: str) -> TestFailure:
        """A file that could not be loaded, named by its path, placed where the error says."""
        said, stack = clean(record.get("message")), clean(record.get("stack"))
        place = self._told_place(record) or load_place(self.places, f"{said}\n{stack}", file)
        message = bare(without_code_frame(without_stack(said))) or "the file could not be loaded"
        name = clean(record.get("name"), 100)
        if name and name not in message and not CLASS.match(message):
            message = f"{name}: {message}"
        kind = CLASS.search(message) or re.search(r"\b([A-Z]\w*Error|Error(?=:))", message)
        where = f"{place}: " if place.line else ""
        return TestFailure(
            file, place.file or file, place.line, where + message, kind[1] if kind else "load error",
            stack=self.places.frames(stack or said), output=clean(record.get("output"), 4_000),
        )  # fmt: skip

    def _told_place(self, record: Record) -> Place | None:
        file, line, column = (
            self.places.relative(record.get("errorFile")),
            record.get("errorLine"),
            record.get("errorColumn"),
        )
        if not file or not isinstance(line, int):
            return None
        return Place(file, line, column if isinstance(column, int) else None)

    def failure(self, name: str, record: Record, hook: str = "") -> TestFailure:
        """One record as a failure; missing or odd fields are left empty."""
        said, stack = clean(record.get("message")), clean(record.get("stack"))
        frames = self.places.frames(stack or said)
        file = self.file_of(record) or None
        line = next((frame.line for frame in reversed(frames) if frame.file == file), None)
        message = without_code_frame(without_stack(said))
        if "matcher" in record:
            message = message.removeprefix("Error: ")
        kind = _kind(record, message)
        thrown = clean(record.get("name"), 100)
        if thrown and not message.startswith(thrown) and "AssertionError" not in thrown:
            message = f"{thrown}: {message}"
        expected, actual = _values(record, message)
        return TestFailure(
            name, file, line or line_of(record.get("line")), f"{hook}: {message}" if hook else message, kind,
            expected, actual, frames, clean(record.get("output"), 4_000),
        )  # fmt: skip

    def settle(self) -> None:
        """What was only said while files ran stands for the files that never came to their end."""
        for file, cases in self.provisional.items():
            for name, record in cases.items():
                self.tests.setdefault(name, {**record, "file": record.get("file", file)})
        if self.ids is not None:
            self.tests = {name: self.tests[name] for name in self.tests if chosen(name, self.ids)}
        self.flaky = [n for n, r in self.tests.items() if r.get("s") == "passed" and _number(r.get("tries")) > 1]

    def named(self, status: Iterable[str]) -> tuple[str, ...]:
        """The ids of the tests with one of these statuses, in the order they ran."""
        wanted = frozenset(status)
        return tuple(name for name, record in self.tests.items() if record.get("s") in wanted)


KINDS = frozenset(
    ["session", "load", "loaded", "start", "end", "retry", "case", "test", "file", "suite", "error", "finish"]
)


def chosen(name: str, ids: frozenset[str]) -> bool:
    """Whether an id was asked for: itself, a ``describe`` that it lies in, or its file."""
    if name in ids or name.partition(" > ")[0] in ids:
        return True
    at = name.find(" > ")
    while at >= 0:
        if name[: at + 2] in ids:
            return True
        at = name.find(" > ", at + 1)
    return False


def _replaced(failure: TestFailure, name: str, file: str | None, line: int | None) -> TestFailure:
    return TestFailure(
        name, file, line, failure.message, failure.assertion_type, failure.expected, failure.actual, failure.stack,
        failure.output,
    )  # fmt: skip


def _name(record: Record, file: str) -> str:
    return test_id(file, _names(record))


def _names(record: Record) -> Sequence[Any]:
    names = record.get("names")
    return names if isinstance(names, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def line_of(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _kind(record: Record, message: str) -> str | None:
    matcher, operator = clean(record.get("matcher"), 100), clean(record.get("operator"), 100)
    named = _MATCHER.search(message)
    if named:
        return named[1]
    asserted = _NODE_ASSERT.match(message)
    if asserted:
        return asserted["kind"] or "assert"
    thrown = clean(record.get("name"), 100) or (found[1] if (found := CLASS.match(message)) else "")
    return (matcher if matcher != "expect" else "") or operator or thrown or None


def _values(record: Record, message: str) -> tuple[str | None, str | None]:
    """Expected and actual: as the message shows them where it does so in one line, else as the record has them."""
    asserted = _NODE_ASSERT.match(message)
    if asserted and asserted["expected"]:
        return textwrap.dedent(asserted["expected"]).strip(), textwrap.dedent(asserted["actual"]).strip()
    expected, actual = _EXPECTED.search(message), _RECEIVED.search(message)
    if expected and actual:
        return expected[1].strip(), actual[1].strip()
    told = (_optional(record.get("expected")), _optional(record.get("actual")))
    if told != (None, None):
        return told
    both = _TWO_LINES.search(message)
    if both:
        return both["expected"], both["actual"]
    return (expected[1].strip() if expected else None), (actual[1].strip() if actual else None)


def _optional(value: object) -> str | None:
    return clean(value, 3_000) if isinstance(value, str) else None


def bare(message: str) -> str:
    """Without the heading that a framework puts over it, its lines as far left as the first."""
    plain = textwrap.dedent(HEADINGS.sub("", message)).strip()
    advice, details, told = plain.partition("Details:\n")
    return told.strip() if details and advice.startswith("Jest encountered an unexpected token") else plain
