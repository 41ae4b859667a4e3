"""From the records of ``cargo test`` to a ``TestReport``.

Counted is what libtest counts: unit, integration and doc tests, each once; an ignored test counts as skipped. A program
without libtest's harness is one test. A program (or library) that could not be built is one error, named as its tests
would be. A test that was started and never ended counts as failed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ....core.domain import RunOutcome, TestFailure, TestReport
from ...sandbox.protocol import Completed
from ..cleaning import clean
from ..sound import sound
from .cargo_events import Program, Records
from .cargo_failures import build_failures, doc_name, ended, no_build, plain_failure, test_failure
from .cargo_places import Places
from .cargo_project import DOC, test_id


@dataclass
class Tally:
    """What a run adds up to."""

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failures: list[TestFailure] = field(default_factory=list)
    errors: int = 0
    hung: int = 0
    crashed: list[str] = field(default_factory=list)


def build_report(records: Records, completed: Completed, places: Places, ids: Collection[str] | None) -> TestReport:
    """The report of one run; with ``ids``, of the tests that they select."""
    tally = Tally()
    chosen = None if ids is None else set(ids)
    if not records.built:
        tally.failures += build_failures(records, places)
        tally.errors = len(tally.failures)
    for program in records.programs:
        _count(tally, program, places, chosen, completed)
    outcome, message = _outcome(tally, records, completed)
    if outcome is RunOutcome.BUILD_FAILED and not tally.failures:
        tally.failures.append(no_build(message, places))
        tally.errors = 1
    report = TestReport(
        framework="cargo",
        outcome=outcome,
        total_tests=len(tally.passed) + len(tally.skipped) + len(tally.failures),
        passed_tests=len(tally.passed),
        failed_tests=len(tally.failures) - tally.errors,
        error_tests=tally.errors,
        skipped_tests=len(tally.skipped),
        duration_ms=round(completed.seconds * 1000, 3),
        failures=tuple(tally.failures),
        passed_ids=tuple(tally.passed),
        skipped_ids=tuple(tally.skipped),
        message=message,
    )
    return sound(report)


def _count(tally: Tally, program: Program, places: Places, chosen: set[str] | None, completed: Completed) -> None:
    before = len(tally.failures)
    whole = chosen is None or program.name in chosen
    for name, identifier in _identifiers(program):
        end = program.tests[name]
        if not whole and chosen is not None and identifier not in chosen:
            continue
        if end == "ok":
            tally.passed.append(identifier)
        elif end == "ignored":
            tally.skipped.append(identifier)
        else:
            event = ended(end) if isinstance(end, dict) else {"event": "hung" if completed.timed_out else "lost"}
            tally.failures.append(test_failure(program, name, identifier, event, places))
            tally.hung += event["event"] == "hung"
            if event["event"] == "crashed" or event["event"] == "lost":
                tally.crashed.append(program.name)
    if program.status and len(tally.failures) == before and whole:
        said = f"the program ended with status {program.status} although none of its tests failed"
        tally.failures.append(plain_failure(program.name, said, "crash", program.stderr))
        tally.crashed.append(program.name)


def _identifiers(program: Program) -> Iterator[tuple[str, str]]:
    """Each test's printed name and its id."""
    if not program.name.endswith(f"::{DOC}"):
        for name in program.tests:
            yield name, test_id(program.name, name)
        return
    items: dict[str, list[tuple[int, str]]] = {}
    for name in program.tests:
        found = doc_name(name)
        items.setdefault(found.item if found else name, []).append((found.line if found else 0, name))
    for item, rows in items.items():
        for number, (_, name) in enumerate(sorted(rows), 1):
            yield name, test_id(program.name, item if number == 1 else f"{item} #{number}")


def _outcome(tally: Tally, records: Records, completed: Completed) -> tuple[RunOutcome, str]:
    counted = len(tally.passed) + len(tally.skipped) + len(tally.failures)
    if completed.timed_out or tally.hung:
        said = f"{tally.hung} test(s) hang" if tally.hung else f"the tests were ended after {completed.seconds:.3g} s"
        return RunOutcome.TIMED_OUT, f"{said} (--test-timeout)"
    if tally.errors and counted == tally.errors:
        return RunOutcome.BUILD_FAILED, tally.failures[0].message
    if records.unfinished:
        return RunOutcome.CRASHED, clean(records.unfinished, 4_000)
    if tally.crashed:
        return RunOutcome.CRASHED, f"the test program {tally.crashed[0]} died"
    if counted:
        return RunOutcome.COMPLETED, ""
    errors = re.search(r"^error.*", records.text, re.M | re.S)
    if completed.returncode and (errors or not records.built):
        output = completed.output.decode("utf-8", "replace")
        said = clean(errors.group(0) if errors else records.text or output, 4_000).strip()
        return RunOutcome.BUILD_FAILED, said or f"cargo test ended with status {completed.returncode}"
    return RunOutcome.NO_TESTS, "cargo test ran no tests"
