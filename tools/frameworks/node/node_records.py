"""What the reporters' records add up to, the same for Jest, Vitest and Mocha: tests, failures, what is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ....core.domain import TestFailure
from ..cleaning import LONGEST_PATH, clean, inside
from .node_failures import Record, failure_of, load_failure_of
from .node_names import LONGEST_ID, SEPARATOR, short, shown, test_id
from .node_stack import Places

_PASSED: Record = {"s": "passed"}
"""Stands for every test of which there is no more to tell: a hundred thousand share it."""


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
    under_way: dict[str, Record | list[Any]] = field(default_factory=dict)
    provisional: dict[str, dict[str, Record]] = field(default_factory=dict)
    sessions: int = 0
    finished: int = 0
    interrupted: bool = False
    flaky: list[str] = field(default_factory=list)
    died: dict[str, Record] = field(default_factory=dict)
    """Tests in a worker that died, while the run went on."""
    _seen: Counter[str] = field(default_factory=Counter)
    _files: dict[str, str] = field(default_factory=dict)
    _described: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By short name: how the ids there begin, the file."""

    def add_all(self, records: Iterable[Any]) -> None:
        """Take in records; what is none, or of an unknown kind, is ignored.

        This is where a large report is spent: short records (see ``node_lines``) are taken in here and now.
        """
        described, under_way, tests = self._described, self.under_way, self.tests
        for record in records:
            if type(record) is not list:
                if type(record) is dict:
                    self.add(record)
                continue
            if len(record) != 4 or type(record[1]) is not str:
                continue
            kind, place, title, _ = record
            if kind == "d":
                self._describe(*record[1:])
            elif place in described and type(title) is str:
                name = described[place][0] + (title if title.isprintable() else shown(title))
                if len(name) > LONGEST_ID:
                    name = short(name)
                if kind == "s":
                    under_way[name] = record
                    continue
                under_way.pop(name, None)
                if kind == "c":
                    self.provisional.setdefault(described[place][1], {})[name] = _PASSED
                elif kind == "p" and name not in tests:
                    tests[name] = _PASSED
                elif kind == "p":
                    self._keep(name, _PASSED)

    def _describe(self, place: str, file: object, titles: object) -> None:
        if isinstance(file, str) and isinstance(titles, list):
            relative = self.file_of({"file": file})
            self._described[place] = (test_id(relative, titles) + SEPARATOR, relative)

    def _keep(self, plain: str, record: Record) -> None:
        """The second test of one name gets a number."""
        if plain not in self.tests:
            self.tests[plain] = record
            return
        self._seen[plain] += 1
        self.tests[f"{plain} #{self._seen[plain] + 1}"] = record

    def add(self, record: Record) -> None:
        """Take in one record that is an object."""
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
            self._files[given] = self.places.relative(given) or short(shown(given), LONGEST_PATH)
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
            if plain in self.under_way:
                started = self._started(self.under_way.pop(plain))
                self.died[plain] = {**record, "line": started.get("line") or record.get("line")}
                return
            record = self.provisional.get(file, {}).get(plain, record)
        self.under_way.pop(plain, None)
        self._keep(plain, record)

    def _on_file(self, record: Record, file: str) -> None:
        self.loading.pop(file, None)
        cases = self.provisional.pop(file, {})
        names = [name for name in self.under_way if name.startswith(f"{file} > ")]
        here = {name: self._started(self.under_way.pop(name)) for name in names}
        if record.get("failed"):
            self.died |= here
            self.tests |= {name: one for name, one in cases.items() if name not in self.tests}
            self.broken.append(load_failure_of(self.places, record, file))

    def _on_suite(self, record: Record, file: str) -> None:
        name = test_id(file, _names(record), suite=not record.get("test"))
        self.under_way.pop(_name(record, file), None)
        self.hooks.append(self.failure(name, record, clean(record.get("hook"), 300)))

    def _on_error(self, record: Record, file: str) -> None:
        failure = self.failure("", record)
        stack = failure.stack
        home = stack[0].file if stack else self.framework
        where = (stack[-1].file, stack[-1].line) if stack else (None, None)
        self.broken.append(replace(failure, test_id=home, file=where[0], line=where[1]))

    def _on_finish(self, record: Record, file: str) -> None:
        self.finished += 1
        self.interrupted |= bool(record.get("interrupted"))

    def failure(self, name: str, record: Record, hook: str = "") -> TestFailure:
        """One record as a failure."""
        return failure_of(self.places, name, record, inside(self.file_of(record)), hook)

    def _started(self, record: Record | list[Any]) -> Record:
        """The start of a test as an object."""
        return record if isinstance(record, dict) else {"line": record[3]}

    def running(self) -> dict[str, Record]:
        """The tests and hooks that were started and never ended."""
        return {name: self._started(record) for name, record in self.under_way.items()}

    def settle(self) -> None:
        """What was only said while files ran stands for the files that never came to their end."""
        for file, cases in self.provisional.items():
            for name, record in cases.items():
                kept = record if record is _PASSED else {**record, "file": record.get("file", file)}
                self.tests.setdefault(name, kept)
        if self.ids is not None:
            self.tests = {name: self.tests[name] for name in self.tests if chosen(name, self.ids)}
        self.flaky = [n for n, r in self.tests.items() if r is not _PASSED and _passed_again(r)]

    def by_status(self) -> dict[object, list[str]]:
        """The ids of the tests by their status, in the order they ran."""
        found: dict[object, list[str]] = {status: [] for status in ("passed", "failed", "skipped", "todo")}
        passed = found["passed"].append
        for name, record in self.tests.items():
            if record is _PASSED:
                passed(name)
            elif (status := record.get("s")) in ("passed", "failed", "skipped", "todo"):
                found[status].append(name)
        return found


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


def _passed_again(record: Record) -> bool:
    tries = record.get("tries")
    return record.get("s") == "passed" and isinstance(tries, (int, float)) and tries > 1


def _name(record: Record, file: str) -> str:
    return test_id(file, _names(record))


def _names(record: Record) -> Sequence[Any]:
    names = record.get("names")
    return names if isinstance(names, list) else []
