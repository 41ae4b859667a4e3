"""Failing tests meet a candidate first where that spares time; nothing is accepted or accused on their word."""

from __future__ import annotations

from pathlib import Path

import pytest

from aion_r.core.brief import signature
from aion_r.core.domain import RunOutcome, TestFailure, TestReport
from aion_r.tools.running import Alone
from aion_r.tools.selection import failing_first, still_failing
from support.projects import block, write

SLOW = """
import time

import pytest

from calc import add, mul


@pytest.mark.parametrize("n", range(11))
def test_mul(n):
    time.sleep(0.15)
    assert mul(n, 2) == n + n


def test_add():
    assert add(2, 3) == 5
"""
CALC = "def add(a, b):\n    return a - b\n\n\ndef mul(a, b):\n    return a * b\n"
WRONG = block("calc.py", "    return a - b", "    return a - b - 0")
SKIPPING = block("calc.py", "    return a - b", "    raise __import__('unit' + 'test').SkipTest('no')")
HARMFUL = block(
    "calc.py",
    "    return a - b\n\n\ndef mul(a, b):\n    return a * b",
    "    return a + b\n\n\ndef mul(a, b):\n    return a",
)
RIGHT = block("calc.py", "    return a - b", "    return a + b")


def test_only_what_passes_there_meets_the_whole_suite(server, cycle, monkeypatch, tmp_path: Path):
    monkeypatch.setattr("aion_r.tools.selection.WORTH_SPARING", 1.0)
    project = write(tmp_path / "project", {"calc.py": CALC, "test_calc.py": SLOW})
    server.reply("openai", WRONG, SKIPPING, HARMFUL, RIGHT)
    result = cycle("openai", patience=5).run_autocorrection(project)
    assert result.success, result.message
    verdicts = [str(attempt.verdict) for attempt in result.corrections_applied]
    assert verdicts == ["still_failing", "still_failing", "regressed", "plausible"]
    assert [attempt.failures_after for attempt in result.corrections_applied][:2] == [1, 1]
    # as found; one, none (it was skipped), one and then all, one and then all
    assert result.tests_executed == 12 + 1 + 0 + (1 + 12) + (1 + 12)
    assert result.test_runs == 1 + 1 + 1 + 2 + 2
    assert result.final_test_results.passed_tests == 12
    prompts = [call.prompt for call in server.calls("openai")]
    assert "1 tests still fail (test_calc.py::test_add: assert -1 == 5" in prompts[1]
    assert "broke or lost tests" in prompts[3] and "test_mul" in prompts[3]


def test_where_all_is_quick_all_is_run(server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", {"calc.py": CALC, "test_calc.py": SLOW.replace("0.15", "0")})
    server.reply("openai", WRONG, RIGHT)
    result = cycle("openai").run_autocorrection(project)
    assert (result.success, result.test_runs, result.tests_executed) == (True, 3, 36)


def failure(name: str, message: str = "assert 1 == 2") -> TestFailure:
    return TestFailure(name, message=message)


def report(*failures: TestFailure, passed: str = "a b c", outcome: RunOutcome = RunOutcome.COMPLETED) -> TestReport:
    ids = tuple(passed.split())
    return TestReport(
        "pytest",
        outcome,
        total_tests=len(failures) + len(ids),
        passed_tests=len(ids),
        failed_tests=len(failures),
        failures=failures,
        passed_ids=ids,
    )


FOUND = report(failure("x"))
ALONE = Alone(report(failure("x", "assert 3 == 4"), passed=""), 0.5)


def first(best: TestReport = FOUND, alone: Alone | None = ALONE, seconds: float = 20.0) -> tuple[str, ...] | None:
    return failing_first(best, alone, signature_as_found=signature(FOUND), whole_seconds=seconds)


def test_what_fails_is_run_first():
    assert first() == ("x",)


@pytest.mark.parametrize(
    ("best", "alone", "seconds"),
    [
        (FOUND, None, 20.0),
        (FOUND, ALONE, 1.9),
        (FOUND, Alone(ALONE.report, 10.1), 20.0),
        (report(failure("x"), passed=""), ALONE, 20.0),
        (report(failure("x"), outcome=RunOutcome.CRASHED), ALONE, 20.0),
        (report(failure("new")), ALONE, 20.0),
        (FOUND, Alone(report(passed="x"), 0.5), 20.0),
        (FOUND, Alone(report(failure("x", "no such table"), passed=""), 0.5), 20.0),
    ],
    ids=["not tried", "quick", "dear", "majority", "crashed", "unknown", "passes alone", "other error alone"],
)
def test_where_it_does_not_pay_or_cannot_be_trusted_all_is_run(best: TestReport, alone: Alone | None, seconds: float):
    assert first(best, alone, seconds) is None


def test_new_records_replace_the_old_ones():
    best = report(failure("x"), failure("y"))
    told = still_failing(best, report(failure("x", "NameError"), passed=""))
    assert told is not None
    assert [(one.test_id, one.message) for one in told.failures] == [("x", "NameError"), ("y", "assert 1 == 2")]
    assert (told.failed_tests, told.total_tests, told.all_passed) == (2, 5, False)


def test_one_that_passes_asks_for_the_whole_suite():
    assert still_failing(report(failure("x"), failure("y")), report(failure("x"), passed="y")) is None
