"""What a run's report says of the tests that were asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ....core.domain import RunOutcome, TestFailure, TestReport
from ...frameworks.node.node_records import chosen
from ..model import Answer, Raised, TestRun

_ENDS = {RunOutcome.TIMED_OUT: "timeout", RunOutcome.CRASHED: "died"}


def answer_of(report: TestReport, tests: Sequence[str]) -> Answer:
    """How ``tests`` went. The id of a file or of a ``describe`` passed if something there did and nothing failed."""
    passed, failed = frozenset(report.passed_ids), {failure.test_id: failure for failure in report.failures}
    seconds = report.duration_ms / 1000 / max(1, len(tests))
    runs = [run for test in tests if (run := _run(test, passed, failed, seconds))]
    return Answer(_ENDS.get(report.outcome, "ended"), tuple(runs))


def _run(test: str, passed: frozenset[str], failed: dict[str, TestFailure], seconds: float) -> TestRun | None:
    if test in passed:
        return TestRun(test, "passed", seconds)
    inside = frozenset((test,))
    failure = failed.get(test) or next((one for name, one in failed.items() if _concerns(name, test, inside)), None)
    if failure:
        return TestRun(test, "failed", seconds, raised(failure))
    return TestRun(test, "passed", seconds) if any(chosen(name, inside) for name in passed) else None


def _concerns(name: str, test: str, inside: frozenset[str]) -> bool:
    """Whether the failure ``name`` lies in ``test``, or ``test`` in what failed as a whole: its file, its describe."""
    return chosen(name, inside) or chosen(test, frozenset((name,)))


def raised(failure: TestFailure) -> Raised:
    """A failure in the words of the search."""
    frames = tuple((frame.file, frame.line, frame.function or "") for frame in failure.stack if frame.line)
    return Raised(failure.assertion_type or "", failure.message, frames)
