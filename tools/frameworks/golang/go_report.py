"""From the events of ``go test`` to a ``TestReport``.

Counted are the tests that have no subtests, and a parent that fails although none of its subtests does: so no failure
counts twice. What is a parent is told by ``go_sink``, which sees the order of events. A package that cannot be built is
one error, named by its import path. A test that was started and never ended, because the program died or was killed,
counts as failed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from ....core.domain import RunOutcome, TestFailure, TestReport
from ...sandbox.protocol import Completed
from ..cleaning import clean, inside
from ..sound import sound
from .go_chosen import Chosen, ancestors
from .go_events import Package, Stream
from .go_failures import build_failure, death_failure, test_failure, text_of
from .go_places import Places
from .go_project import test_id

_DEATH = re.compile(r"^(?:panic: |fatal error: |runtime: goroutine stack exceeds|SIG[A-Z]+: |signal: )", re.M)
_TIMEOUT = re.compile(r"^(?:panic: test timed out after|SIGQUIT: quit)", re.M)
_ENDED = re.compile(r"^(?:PASS|FAIL)$", re.M)
_IN_STACK = re.compile(r"^\S*\.((?:Test|Fuzz|Example|Benchmark)(?![a-z])\w*)(?:\.|\()", re.M)
_BROKEN = re.compile(r"\[(?:build|setup) failed\]")


@dataclass
class Tally:
    """What a run adds up to."""

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failures: list[TestFailure] = field(default_factory=list)
    errors: int = 0
    died: list[str] = field(default_factory=list)
    timed_out: bool = False
    seconds: float = 0.0


class Leaves:
    """The tests of a package that count, and which of them is to blame for a death."""

    def __init__(self, name: str, package: Package, *, killed: bool) -> None:
        output = text_of(package.output)
        self.package = package
        killed = killed and not package.output.state
        self.died = package.output.state in ("", "fail") and not _ENDED.search(output)
        if self.died:
            for test in package.tests.values():
                test.state = test.state or ("" if test.paused else "lost")
        parents = package.parents
        failing = ancestors(name for name, test in package.tests.items() if test.state in ("fail", "lost"))
        self.passed = [name for name in package.passed if name not in parents]
        self.names = [
            one
            for one, test in package.tests.items()
            if test.state and not (one in parents and (test.state in ("pass", "skip") or one in failing))
        ]
        self.text, self.owner = self._death(output) if self.died else ("", "")
        self.timed_out = self.died and (killed or bool(_TIMEOUT.search(self.text)))
        self.culprits = set(self._culprits()) if self.died else set()

    def below(self, parent: str, chosen: Chosen, package: str) -> bool:
        """Whether a chosen test below ``parent`` has run."""
        below = (one for one in (*self.names, *self.passed) if one.startswith(parent + "/"))
        return any(chosen.holds(package, one, self.package) for one in below)

    def _death(self, output: str) -> tuple[str, str]:
        """What the program said when it died, and the test under whose name it stands."""
        if _DEATH.search(output):
            return output, ""
        for name, test in reversed(self.package.tests.items()):
            text = text_of(test)
            if test.state != "pass" and _DEATH.search(text):
                return text, name
        return "", ""

    def _culprits(self) -> list[str]:
        lost = [one for one in self.names if self.package.tests[one].state == "lost"]
        if self.timed_out:
            return lost
        goroutine = self.text[: self.text.find("\n\ngoroutine ", self.text.find("\ngoroutine ") + 1)]
        open_ones = [one for one in self.names if self.package.tests[one].state in ("lost", "fail")]
        named = set(_IN_STACK.findall(goroutine))
        tops = [one for one in open_ones if one.partition("/")[0] in named and self._open(one)]
        below = [one for one in open_ones if self.owner and (one == self.owner or one.startswith(self.owner + "/"))]
        return tops[-1:] or below[-1:] or lost

    def _open(self, name: str) -> bool:
        """Whether a test was under way: lost, or failed by the panic that ended it."""
        test = self.package.tests[name]
        return test.state == "lost" or not re.search(r"^ {4}\S+\.go:\d+: ", text_of(test), re.M)


def build_report(stream: Stream, completed: Completed, places: Places, ids: Collection[str] | None) -> TestReport:
    """The report of one run; with ``ids``, of the tests that they select."""
    stream.split_loose()
    tally, chosen = Tally(), Chosen(ids)
    for name, package in stream.packages.items():
        tally.seconds += package.elapsed
        if package.build or _BROKEN.search(text_of(package.output)):
            if chosen.package(name):
                tally.failures.append(build_failure(name, package, stream, places))
                tally.errors += 1
        else:
            _count(tally, name, package, places, chosen, completed)
    outcome, message = _outcome(tally, stream, completed)
    if outcome is RunOutcome.BUILD_FAILED and not tally.failures:
        tally.failures.append(_no_build(message, places))
        tally.errors += 1
    report = TestReport(
        framework="go",
        outcome=outcome,
        total_tests=len(tally.passed) + len(tally.skipped) + len(tally.failures),
        passed_tests=len(tally.passed),
        failed_tests=len(tally.failures) - tally.errors,
        error_tests=tally.errors,
        skipped_tests=len(tally.skipped),
        duration_ms=round((tally.seconds or completed.seconds) * 1000, 3),
        failures=tuple(tally.failures),
        passed_ids=tuple(tally.passed),
        skipped_ids=tuple(tally.skipped),
        message=message,
    )
    return sound(report)


def _count(tally: Tally, name: str, package: Package, places: Places, chosen: Chosen, completed: Completed) -> None:
    leaves = Leaves(name, package, killed=completed.timed_out)
    before = len(tally.failures)
    passed = leaves.passed if chosen.all else [one for one in leaves.passed if chosen.holds(name, one, package)]
    tally.passed += [f"{name}.{one}" for one in passed]
    for test_name in leaves.names:
        identifier = test_id(name, test_name)
        if chosen.holds(name, test_name, package) or (
            chosen.above(identifier) and not leaves.below(test_name, chosen, name)
        ):
            if package.tests[test_name].state == "skip":
                tally.skipped.append(identifier)
            else:
                tally.failures.append(_failure(name, test_name, leaves, places))
    if leaves.died and chosen.package(name):
        tally.died.append(name)
        tally.timed_out |= leaves.timed_out
    silent = len(tally.failures) == before and not any(t.state == "fail" for t in package.tests.values())
    if silent and chosen.package(name) and (leaves.died or package.output.state == "fail"):
        tally.failures.append(_package_failure(name, leaves, places))


def _failure(package: str, name: str, leaves: Leaves, places: Places) -> TestFailure:
    test = leaves.package.tests[name]
    own = text_of(test)
    if name in leaves.culprits:
        text = leaves.text if name == leaves.owner or not own else f"{own}\n{leaves.text}"
        failure = death_failure(package, name, text, places, timed_out=leaves.timed_out)
        return _quiet(failure, leaves) if leaves.timed_out or not failure.message else failure
    if test.state == "lost":
        file, line = places.definition(package, name)
        said = "it was running when another test ended the program"
        return TestFailure(test_id(package, name), file, line, said, "crash", output=clean(own, 4_000))
    return test_failure(package, name, own, places)


def _quiet(failure: TestFailure, leaves: Leaves) -> TestFailure:
    said = "the test program ended while this test ran (os.Exit, a signal, or the like)"
    if leaves.timed_out:
        silence = leaves.package.silence
        late = f"it gave no sign of life for {silence:.3g} s" if silence else "it was running when the time was over"
        said = f"{late} and was ended (--test-timeout)"
    return TestFailure(
        failure.test_id, failure.file, failure.line, said, "timeout" if leaves.timed_out else "crash",
        stack=failure.stack, output=failure.output,
    )  # fmt: skip


def _package_failure(name: str, leaves: Leaves, places: Places) -> TestFailure:
    """A package that failed although no test of it did: ``TestMain``, an ``init`` that panics, an exit."""
    text = leaves.text or text_of(leaves.package.output)
    failure = death_failure(name, "", text, places, timed_out=leaves.timed_out)
    if leaves.text:
        return failure
    said = "the package failed although none of its tests did (TestMain, os.Exit, or a check after the tests)"
    return TestFailure(name, None, None, f"{said}\n{failure.message}".strip(), "crash", output=failure.output)


def _no_build(message: str, places: Places) -> TestFailure:
    found = re.search(r"(?:^|\s)(\S+\.(?:go|mod|work)):(\d{1,9})(?::\d+)?: ", message)
    file = (places.relative(found[1]) or inside(found[1])) if found else None
    return TestFailure(file or "go test", file, int(found[2]) if found else None, message, "build")


def _outcome(tally: Tally, stream: Stream, completed: Completed) -> tuple[RunOutcome, str]:
    counted = len(tally.passed) + len(tally.skipped) + len(tally.failures)
    if completed.timed_out:
        return RunOutcome.TIMED_OUT, f"the tests were ended after {completed.seconds:.3g} s (--test-timeout)"
    if tally.timed_out:
        return RunOutcome.TIMED_OUT, f"tests hang in {', '.join(tally.died[:5])}"
    if tally.died:
        return RunOutcome.CRASHED, f"the test program of {', '.join(tally.died[:5])} ended before its tests did"
    if tally.errors and counted == tally.errors:
        return RunOutcome.BUILD_FAILED, tally.failures[0].message
    if counted:
        return RunOutcome.COMPLETED, ""
    said = clean(text_of(stream.loose) or completed.output.decode("utf-8", "replace"), 4_000).strip()
    if completed.returncode and not stream.packages:
        return RunOutcome.BUILD_FAILED, f"go test ended with status {completed.returncode}: {said}"
    return RunOutcome.NO_TESTS, "go test ran no tests"
