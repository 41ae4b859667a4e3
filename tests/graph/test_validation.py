"""What a candidate may not do to the tests that ran as found."""

from __future__ import annotations

import pytest

from aion_r.core.domain import RunOutcome, TestFailure, TestReport
from aion_r.tools.validation import compare


def report(passed: str = "", failing: str = "", skipped: str = "") -> TestReport:
    failures = tuple(TestFailure(name) for name in failing.split())
    return TestReport(
        "pytest",
        RunOutcome.COMPLETED,
        passed_ids=tuple(passed.split()),
        skipped_ids=tuple(skipped.split()),
        failures=failures,
    )


@pytest.mark.parametrize(
    ("found", "now", "regressed", "vanished"),
    [
        (report("a b", "c"), report("a b c"), "", ""),
        (report("a b", "c"), report("a c", "b"), "b", ""),
        (report("a b", "c"), report("a c"), "", "b"),
        (report("a b", "c"), report("a c", skipped="b"), "", "b"),
        (report("a b", "c"), report("a b"), "", "c"),
        (report("a b", "c"), report("a b", skipped="c"), "", "c"),
        (report("a b", "c", skipped="s"), report("a b c"), "", ""),
        (report("", "t.py"), report("t.py::one", "t.py::two"), "", ""),
        (report("", "t.py"), report("u.py::one"), "", "t.py"),
        (report("", "t.py::test_a"), report("t.py::test_ab"), "", "t.py::test_a"),
        (report("", "t.py::TestA"), report("t.py::TestA::one"), "", ""),
        (report("", "conftest.py"), report("t.py::one"), "", ""),
        (report("", "sub/conftest.py"), report("t.py::one"), "", "sub/conftest.py"),
    ],
)
def test_compare(found: TestReport, now: TestReport, regressed: str, vanished: str):
    comparison = compare(found, now)
    assert (comparison.regressed, comparison.vanished) == (tuple(regressed.split()), tuple(vanished.split()))
    assert comparison.harmless is not bool(regressed or vanished)
