"""Briefs: a report cut to a fixed bound for the state of the graph."""

from __future__ import annotations

import hashlib
import re

from .domain import TestFailure, TestReport
from .state import Record

FAILURES_SHOWN = 10
TEXT_SHOWN = 300
IDS_SHOWN = 20

_VOLATILE = re.compile(r"0x[0-9a-fA-F]+|\d+(\.\d+)?|/[^\s:'\"]+")


def counts(report: TestReport, report_id: str) -> Record:
    """The numbers of ``report`` alone."""
    return {
        "id": report_id,
        "outcome": str(report.outcome),
        "failing": report.failing,
        "passed": report.passed_tests,
        "total": report.total_tests,
        "all_passed": report.all_passed,
        "signature": signature(report),
    }


def brief(report: TestReport, report_id: str) -> Record:
    """The numbers, and the first failures with their texts capped: below 16 KiB for any report."""
    return counts(report, report_id) | {"failures": [_shorten(failure) for failure in report.failures[:FAILURES_SHOWN]]}


def signature(report: TestReport) -> str:
    """A hash of what fails and how; numbers, addresses and paths in messages do not count."""
    digest = hashlib.sha256(str(report.outcome).encode())
    for failure in sorted(report.failures, key=lambda f: f.test_id):
        error = _VOLATILE.sub("#", failure.message[:2000])
        digest.update(f"\0{failure.test_id}\0{failure.assertion_type}\0{error}".encode(errors="replace"))
    return digest.hexdigest()[:16]


def first_ids(ids: tuple[str, ...]) -> list[str]:
    """The first few test ids, each capped."""
    return [test[:TEXT_SHOWN] for test in ids[:IDS_SHOWN]]


def _shorten(failure: TestFailure) -> Record:
    texts = {name: getattr(failure, name) for name in ("test_id", "file", "message", "expected", "actual")}
    return {name: text[:TEXT_SHOWN] if text else text for name, text in texts.items()} | {"line": failure.line}
