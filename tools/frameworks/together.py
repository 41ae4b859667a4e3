"""The reports of several frameworks as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...core.domain import RunOutcome, TestReport
from .coverage import percent

_FROM_BEST_TO_WORST = (
    RunOutcome.COMPLETED, RunOutcome.NO_TESTS, RunOutcome.BUILD_FAILED, RunOutcome.TIMED_OUT, RunOutcome.CRASHED,
)  # fmt: skip


def together(reports: Sequence[TestReport]) -> TestReport:
    """Counts and times summed, the worst outcome, the records of all in their order.

    A framework that ran to its end and has no tests (a package that was set up and not used yet) does not speak for the
    others; the message tells of it. Tests that it had before are missed by whoever compares.
    """
    if len(reports) == 1:
        return reports[0]
    ran = [one for one in reports if one.outcome is not RunOutcome.NO_TESTS] or reports
    return TestReport(
        framework=", ".join(one.framework for one in reports),
        outcome=max((one.outcome for one in ran), key=_FROM_BEST_TO_WORST.index),
        total_tests=sum(one.total_tests for one in reports),
        passed_tests=sum(one.passed_tests for one in reports),
        failed_tests=sum(one.failed_tests for one in reports),
        error_tests=sum(one.error_tests for one in reports),
        skipped_tests=sum(one.skipped_tests for one in reports),
        duration_ms=round(sum(one.duration_ms for one in reports), 3),
        coverage=_coverage([one.coverage for one in reports if one.coverage]),
        failures=tuple(failure for one in reports for failure in one.failures),
        passed_ids=tuple(test for one in reports for test in one.passed_ids),
        skipped_ids=tuple(test for one in reports for test in one.skipped_ids),
        message="; ".join(_named(one) for one in reports if one.message),
    )


def _named(report: TestReport) -> str:
    return f"{report.framework}: {report.message.removeprefix(f'{report.framework}: ')}"


def _coverage(parts: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """See ``coverage``: one document for the files of all."""
    if len(parts) < 2:
        return parts[0] if parts else None
    covered, total = (sum(part[key] for part in parts) for key in ("covered", "total"))
    units = {part["unit"] for part in parts}
    whole = {
        "percent": percent(covered, total),
        "unit": units.pop() if len(units) == 1 else "lines",
        "covered": covered,
        "total": total,
        "files": _joined(part["files"] for part in parts),
    }
    spectra = [part["spectrum"] for part in parts if "spectrum" in part]
    if not spectra:
        return whole
    counts = {key: sum(one[key] for one in spectra) for key in ("failed", "passed")}
    return whole | {"spectrum": counts | {"files": _joined(one["files"] for one in spectra)}}


def _joined(files: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {path: value for part in files for path, value in part.items()}
