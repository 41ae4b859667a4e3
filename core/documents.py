"""The contract's JSON documents: what ``fix --json``, ``test --json`` and REST print, key by key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .codec import dump
from .display import Drawn
from .domain import Attempt, CallRecord, Outcome, RunOutcome, TestReport, Usage

_EXIT_BY_OUTCOME = {Outcome.ALREADY_GREEN: 0, Outcome.REPAIRED: 0, Outcome.NOT_REPAIRED: 1, Outcome.LIMIT: 4}
_EXIT_BY_STOP = {"tests_not_run": 3, "usage": 2, "interrupted": 130}

_OUTCOME_BY_STOP = {
    "already_green": Outcome.ALREADY_GREEN,
    "all_passed": Outcome.REPAIRED,
    "budget": Outcome.LIMIT,
    "time_limit": Outcome.LIMIT,
    "tests_not_run": Outcome.ERROR,
}

REPORT_KEYS = (
    "framework", "outcome", "all_passed", "total_tests", "passed_tests", "failed_tests", "error_tests",
    "skipped_tests", "duration_ms", "coverage", "failures",
)  # fmt: skip


def outcome_of(stop_reason: str) -> Outcome:
    """How a run ended that ended for ``stop_reason``."""
    return _OUTCOME_BY_STOP.get(stop_reason, Outcome.NOT_REPAIRED)


def report_document(report: TestReport) -> dict[str, Any]:
    """REPORT of the contract."""
    data = dump(report) | {"all_passed": report.all_passed}
    if data["coverage"]:
        data["coverage"].pop("spectrum", None)  # by test, for fault localization alone
    return {key: data[key] for key in REPORT_KEYS}


def test_exit_status(report: TestReport) -> int:
    """Of ``aion-r test``: 0 green, 1 red, 3 not run."""
    if report.all_passed:
        return 0
    return 1 if report.failing else 3


test_exit_status.__test__ = False  # type: ignore[attr-defined]  # its name starts as a test's does


@dataclass(frozen=True)
class RepairResult(Drawn):
    """What a run did. Attributes are the keys of the contract's document; ``message`` says the end in words.

    ``final_code`` maps each changed file to its new text, or is the repaired ``code`` of a ``GeneratedCode``.
    """

    run_id: str
    success: bool
    outcome: Outcome
    stop_reason: str
    iterations_completed: int
    convergence_achieved: bool
    applied: bool
    patch: str
    sandbox: str
    initial_test_results: TestReport
    final_test_results: TestReport
    corrections_applied: tuple[Attempt, ...]
    calls: tuple[CallRecord, ...] = ()
    usage: Usage = field(default_factory=Usage)
    test_runs: int = 0
    tests_executed: int = 0
    timing: dict[str, float] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()
    final_code: dict[str, str] | str = field(default_factory=dict)
    message: str = ""
    flaky: tuple[str, ...] = ()
    """Tests seen to fail and to pass with nothing changed."""
    patch_file: str | None = None
    """Where the run keeps the best patch, if there is one."""

    @property
    def exit_status(self) -> int:
        """Of ``aion-r fix``."""
        return _EXIT_BY_STOP.get(self.stop_reason, _EXIT_BY_OUTCOME.get(self.outcome, 1))

    @property
    def providers(self) -> list[dict[str, Any]]:
        """See ``provider_rows``."""
        return provider_rows(self.calls)

    def to_dict(self) -> dict[str, Any]:
        """The contract's document."""
        plain = ("run_id", "success", "stop_reason", "message", "iterations_completed", "convergence_achieved")
        return {name: getattr(self, name) for name in plain} | {
            "outcome": str(self.outcome),
            "applied": self.applied,
            "patch": self.patch,
            "patch_file": self.patch_file,
            "sandbox": self.sandbox,
            "initial_test_results": report_document(self.initial_test_results),
            "final_test_results": report_document(self.final_test_results),
            "corrections_applied": [_correction(attempt) for attempt in self.corrections_applied],
            "providers": self.providers,
            "usage": dump(self.usage)
            | {
                "llm_calls": sum(call.provider != "offline" for call in self.calls),
                "test_runs": self.test_runs,
                "tests_executed": self.tests_executed,
            },
            "timing": self.timing,
            "suggestions": list(self.suggestions),
            "flaky": list(self.flaky),
            "final_code": self.final_code,
        }


def _correction(attempt: Attempt) -> dict[str, Any]:
    """``suspicious`` is there only where there is something to say."""
    document = dump(attempt)
    return document if attempt.suspicious else {name: document[name] for name in document if name != "suspicious"}


def provider_rows(calls: Iterable[CallRecord]) -> list[dict[str, Any]]:
    """A row a provider and model, in the order of their first call: how many calls, how many good, what went wrong."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for call in calls:
        empty = {"provider": call.provider, "model": call.model, "calls": 0, "ok": 0, "errors": []}
        row = rows.setdefault((call.provider, call.model), empty)
        row["calls"] += 1
        row["ok"] += call.ok
        if call.error:
            row["errors"].append(dump(call.error))
    return list(rows.values())


def not_run(framework: str, message: str) -> TestReport:
    """The report of tests that could not even be started."""
    return TestReport(framework=framework, outcome=RunOutcome.NO_TESTS, message=message)
