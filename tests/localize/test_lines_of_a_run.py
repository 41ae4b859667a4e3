"""Which runs of a suite measure lines: the failing tests alone where that is quick, all tests where it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aion_r.core.domain import Patch, TestReport
from aion_r.core.settings import Settings
from aion_r.tools.flakiness import LINES_FROM_MS, FlakyWatch
from aion_r.tools.localize import read_spectrum
from aion_r.tools.runs import RunStore
from aion_r.tools.suite import TestSuite, open_suite
from support.projects import calc, write

GO = {
    "go.mod": "module example.com/m\n\ngo 1.20\n",
    "m.go": "package m\n\nfunc Add(a, b int) int {\n\treturn a - b\n}\n",
    "m_test.go": 'package m\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Error()\n'
    "\t}\n}\n",
}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., TestSuite]]:
    suites: list[TestSuite] = []

    def make(root: Path, **settings: object) -> TestSuite:
        store = RunStore.create(tmp_path / f"home{len(suites)}", root)
        suites.append(open_suite(root, Settings(**settings), store)[0])
        return suites[-1]

    yield make
    for suite in suites:
        suite.close()


def run(suite: TestSuite) -> TestReport:
    """The report, as of a suite slow enough to be worth the measuring."""
    return replace(suite.parse(asyncio.run(suite.execute(Patch()))), duration_ms=LINES_FROM_MS)


def test_beside_a_quick_suite_nothing_is_measured(tmp_path: Path, opened: Callable[..., TestSuite]) -> None:
    suite = opened(calc(tmp_path / "project"))
    FlakyWatch(suite).begin(replace(run(suite), duration_ms=LINES_FROM_MS - 1))
    assert suite.lines(60.0) is None


def test_failing_tests_that_are_repeated_tell_their_lines(tmp_path: Path, opened: Callable[..., TestSuite]) -> None:
    suite = opened(calc(tmp_path / "project"))
    found = run(suite)
    assert (found.failing, found.coverage, suite.lines(0.0)) == (1, None, None)
    FlakyWatch(suite).begin(found)
    assert suite.lines(0.0) is None, "nobody waits for it"
    coverage = suite.lines(60.0)
    spectrum = read_spectrum(None, coverage)
    assert spectrum is not None
    assert (spectrum.failed, spectrum.passed) == (1, 0)
    lines = (tmp_path / "project" / "calc.py").read_text().splitlines()
    ran = {lines[line - 1].strip() for line in spectrum.files["calc.py"]}
    assert "return a - b" in ran
    assert "return a * b" not in ran


def test_a_framework_that_would_build_anew_is_left_alone(tmp_path: Path, opened: Callable[..., TestSuite]) -> None:
    suite = opened(write(tmp_path / "project", GO))
    FlakyWatch(suite).begin(run(suite))
    assert suite.lines(60.0) is None


def test_with_the_setting_all_runs_measure(tmp_path: Path, opened: Callable[..., TestSuite]) -> None:
    suite = opened(write(tmp_path / "project", GO), coverage=True)
    found = run(suite)
    assert found.coverage is not None
    assert (found.failing, found.coverage["percent"]) == (1, 100.0)
    FlakyWatch(suite).begin(found)
    assert suite.lines(60.0) is not None


def test_a_suite_that_cannot_repeat_says_nothing(tmp_path: Path, opened: Callable[..., TestSuite]) -> None:
    suite = opened(calc(tmp_path / "project"))
    found = run(suite)
    suite.close()
    FlakyWatch(suite).begin(found)
    assert suite.lines(60.0) is None
