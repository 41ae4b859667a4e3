"""From the events of ``go test`` to a ``TestReport``.

Counted are the tests that have no subtests, and a parent that fails although none of its subtests does: so no failure
counts twice. A package that cannot be built is one error, named by its import path. A test that was started and never
ended, because the program died or was killed, counts as failed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from ..sandbox.protocol import Completed
from .go_events import Package, Stream, Test
from .go_failures import Places, build_failure, dead_failure, test_failure
from .go_project import split_id, test_id
from .pytest_report import clean

_DEATH = re.compile(r"^(?:panic: |fatal error: |SIG[A-Z]+: |signal: |unexpected fault address)", re.M)
_TIMEOUT = re.compile(r"^(?:panic: test timed out after|SIGQUIT: quit)", re.M)
_RUNNING = re.compile(r"^\t\t(\S.*?) \(\S+\)$", re.M)
_IN_STACK = re.compile(r"^\S*\.((?:Test|Fuzz|Example|Benchmark)(?![a-z])\w*)(?:\.|\()", re.M)


@dataclass
class Tally:
    """What a run adds up to."""

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failures: list[TestFailure] = field(default_factory=list)
    errors: int = 0
    dead: int = 0
    timed_out: int = 0
    seconds: float = 0.0


def build_report(stream: Stream, completed: Completed, places: Places, ids: Collection[str] | None) -> TestReport:
    """The report of one run; with ``ids``, of the tests that they select."""
    stream.split_loose()
    tally = Tally()
    chosen = Chosen(ids)
    for name, package in stream.packages.items():
        _count(tally, name, package, stream, completed, places, chosen)
    outcome, message = _outcome(tally, stream, completed)
    if outcome is RunOutcome.BUILD_FAILED and not tally.failures:
        tally.failures.append(TestFailure("go test", message=message, assertion_type="build"))
        tally.errors += 1
    failed = len(tally.failures) - tally.errors
    return TestReport(
        framework="go",
        outcome=outcome,
        total_tests=len(tally.passed) + len(tally.skipped) + len(tally.failures),
        passed_tests=len(tally.passed),
        failed_tests=failed,
        error_tests=tally.errors,
        skipped_tests=len(tally.skipped),
        duration_ms=round((tally.seconds or completed.seconds) * 1000, 3),
        failures=tuple(tally.failures),
        passed_ids=tuple(tally.passed),
        skipped_ids=tuple(tally.skipped),
        message=message,
    )


class Chosen:
    """Which tests belong to a report: all, or those that the ids select, with what lies below them."""

    def __init__(self, ids: Collection[str] | None) -> None:
        self._ids = None if ids is None else set(ids)

    def __contains__(self, identifier: str) -> bool:
        if self._ids is None or identifier in self._ids:
            return True
        package, name = split_id(identifier)
        levels = name.split("/")
        above = ("/".join(levels[:depth]) for depth in range(1, len(levels)))
        return package in self._ids or any(test_id(package, one) in self._ids for one in above)

    def above(self, identifier: str) -> bool:
        """Whether a chosen test lies below ``identifier``."""
        return self._ids is not None and any(one.startswith(identifier + "/") for one in self._ids)

    def package(self, name: str) -> bool:
        """Whether anything in the package ``name`` is chosen."""
        return self._ids is None or name in self._ids or any(split_id(one)[0] == name for one in self._ids)


def _count(
    tally: Tally, name: str, package: Package, stream: Stream, completed: Completed, places: Places, chosen: Chosen
) -> None:
    tally.seconds += package.elapsed
    if package.build or "[build failed]" in _text(package.output) or "[setup failed]" in _text(package.output):
        if chosen.package(name):
            tally.failures.append(build_failure(name, package, stream, places))
            tally.errors += 1
        return
    _end_dead(package, completed)
    parents = {name[:at] for name in package.tests for at in _slashes(name)} & package.tests.keys()
    failing_parents = {name[:at] for name, test in package.tests.items() if test.state != "pass" and test.state != "skip" for at in _slashes(name)}
    found = len(tally.failures)
    death = _death(name, package, completed)
    for test_name, test in package.tests.items():
        identifier = test_id(name, test_name)
        if test_name in parents and (test.state in ("pass", "skip") or test_name in failing_parents):
            continue
        if identifier not in chosen and not (test.state == "fail" and chosen.above(identifier)):
            continue
        if test.state == "pass":
            tally.passed.append(identifier)
        elif test.state == "skip":
            tally.skipped.append(identifier)
        else:
            tally.failures.append(_failure(identifier, name, test_name, package, places, death))
    if death.text and package.output.state != "pass":
        tally.dead += 1
        tally.timed_out += death.timed_out
    if package.output.state != "pass" and package.output.state != "skip" and len(tally.failures) == found and chosen.package(name):
        if not _is_failing(package):
            tally.failures.append(dead_failure(name, "", package, places, death.text, timed_out=death.timed_out))


