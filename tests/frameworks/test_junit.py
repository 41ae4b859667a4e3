"""Any runner that writes JUnit XML, through a real command."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from aion_r.core.domain import RunOutcome, StackFrame
from aion_r.core.errors import TestsNotRun, UsageError
from aion_r.tools.frameworks.junit.junit_report import values
from aion_r.tools.frameworks.registry import detect
from support.node import NodeProject, Ran, node_project

JAVA = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="calc" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="com.acme.CalcTest" name="adds" time="0.1"><failure message="expected: &lt;3&gt; but was: &lt;-1&gt;"
 type="org.opentest4j.AssertionFailedError">org.opentest4j.AssertionFailedError: expected: &lt;3&gt; but was: &lt;-1&gt;
\tat org.junit.jupiter.api.Assertions.assertEquals(Assertions.java:150)
\tat com.acme.Calc.add(Calc.java:7)
\tat com.acme.CalcTest.adds(CalcTest.java:12)
</failure></testcase>
<testcase classname="com.acme.CalcTest" name="ok"/>
<testcase classname="com.acme.CalcTest" name="skip"><skipped message="later"/></testcase>
<testcase classname="spec.a" name="err" file="./spec/a.rb" line="3"><error message="boom" type="X">lib/a.rb:5:in foo</error>
<system-out>printed</system-out></testcase>
</testsuite></testsuites>
"""  # noqa: E501
FILES = {
    "pom.xml": "", "src/test/java/com/acme/CalcTest.java": "", "src/main/java/com/acme/Calc.java": "", "lib/a.rb": "",
    "spec/a.rb": "", "old.xml": JAVA.replace("adds", "stale"), "report.in": JAVA,
}  # fmt: skip


def run(made: NodeProject, command: str, **more: object) -> Ran:
    return made.run(command=command, name="junit", **more)  # type: ignore[arg-type]


def test_records_and_files_newer_than_the_start(tmp_path: Path) -> None:
    made = node_project(tmp_path, None, FILES)
    report = run(made, "mkdir -p build/x && cp report.in build/x/TEST-calc.xml; exit 1").report
    assert (report.total_tests, report.passed_tests, report.failed_tests, report.error_tests, report.skipped_tests) == (
        4,
        1,
        1,
        1,
        1,
    )
    adds, err = report.failures
    assert (adds.test_id, adds.file, adds.line) == (
        "com.acme.CalcTest::adds",
        "src/test/java/com/acme/CalcTest.java",
        12,
    )
    assert (adds.expected, adds.actual, adds.assertion_type) == ("3", "-1", "org.opentest4j.AssertionFailedError")
    assert adds.stack == (
        StackFrame("src/test/java/com/acme/CalcTest.java", 12, "adds"),
        StackFrame("src/main/java/com/acme/Calc.java", 7, "add"),
    )
    assert (err.file, err.line, err.message, err.output) == ("spec/a.rb", 3, "boom", "printed")
    assert report.outcome is RunOutcome.COMPLETED


def test_ids_narrow_what_is_reported(tmp_path: Path) -> None:
    report = run(
        node_project(tmp_path, None, FILES), "cp report.in r.xml; exit 1", ids=["com.acme.CalcTest::ok"]
    ).report
    assert (report.total_tests, report.passed_ids, report.all_passed) == (1, ("com.acme.CalcTest::ok",), True)


def test_a_real_runner(tmp_path: Path) -> None:
    source = "import unittest\nclass TestA(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 2)\n    def test_b(self): pass\n"  # noqa: E501
    made = node_project(tmp_path, None, {"test_a.py": source})
    report = run(made, f"{sys.executable} -m pytest -p no:cacheprovider --junitxml=out/r.xml").report
    (failure,) = report.failures
    assert (failure.test_id, failure.file, failure.line) == ("test_a.TestA::test_a", "test_a.py", 3)
    assert report.passed_ids == ("test_a.TestA::test_b",)


def test_what_was_written_before_the_time_was_over_is_kept(tmp_path: Path) -> None:
    started = time.monotonic()
    report = run(node_project(tmp_path, None, FILES), "cp report.in r.xml; sleep 30", axe=4).report
    assert (report.outcome, report.total_tests) == (RunOutcome.TIMED_OUT, 4)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("command", "outcome", "words"),
    [
        ("echo broke >&2; exit 3", RunOutcome.BUILD_FAILED, "status 3: broke"),
        ("true", RunOutcome.NO_TESTS, "no JUnit XML"),
        ("echo '<testsuites/>' > r.xml", RunOutcome.NO_TESTS, "no tests"),
        ("head -c 700 report.in > r.xml; exit 1", RunOutcome.CRASHED, "cut off"),
        ("echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml; exit 9", RunOutcome.CRASHED, "status 9"),
        ("echo '<coverage><testcase name=\"a\"/></coverage>' > r.xml", RunOutcome.NO_TESTS, "no JUnit XML"),
    ],
)
def test_what_is_no_complete_report(command: str, outcome: RunOutcome, words: str, tmp_path: Path) -> None:
    report = run(node_project(tmp_path, None, FILES), command).report
    assert (report.outcome, report.all_passed) == (outcome, False)
    assert words in report.message


def test_entities_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><testsuite name="&c;"><testcase name="a"/></testsuite>'
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&a;"/></testsuite>'
    made = node_project(tmp_path, None, {"one.in": bomb, "two.in": outside})
    assert run(made, "cp one.in one.xml; cp two.in two.xml").report.outcome is RunOutcome.NO_TESTS


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "klingon"])
def test_what_writers_forget_to_escape(encoding: str, tmp_path: Path) -> None:
    body = b'<testcase name="first"/><testcase name="a"><failure message="x&#27;&#x1b;[31m">\x1b[31m\x00\xff red</failure></testcase>'  # noqa: E501
    content = (
        f'<?xml version="1.0" encoding="{encoding}"?><testsuite>'.encode() + body + b'<testcase name="b"/></testsuite>'
    )
    report = run(node_project(tmp_path, None, {"r.in": content}), "cp r.in r.xml; exit 1").report
    assert (report.failed_tests, report.passed_ids) == (1, ("first", "b"))
    assert "\x1b" not in report.failures[0].message


def test_five_thousand_failures_and_a_million_characters(tmp_path: Path) -> None:
    case = '<testcase classname="c" name="same"><failure message="m">{}</failure></testcase>'
    content = f"<testsuite>{case.format('x') * 5000}{case.format('y' * 1_000_000)}</testsuite>"
    report = run(node_project(tmp_path, None, {"r.in": content}), "cp r.in r.xml; exit 1").report
    assert report.failed_tests == 5001 == len({f.test_id for f in report.failures})
    assert len(report.failures[-1].message) < 10_000


@pytest.mark.parametrize(
    "text",
    [
        "expected:<3> but was:<-1>", "expected: <3> but was: <-1>", "Expected: 3\nReceived: -1", "Expected: 3\n  But was:  -1",  # noqa: E501
        "expected: 3\n     got: -1", "Failed asserting that -1 matches expected 3.", "expected 3, got -1", "Expected: 3\n  Actual: -1",  # noqa: E501
        "  left: -1\n right: 3",
    ],
)  # fmt: skip
def test_expected_and_actual_in_many_words(text: str) -> None:
    assert values(text) == ("3", "-1")


def test_it_is_used_only_where_it_is_asked_for(tmp_path: Path) -> None:
    made = node_project(tmp_path, None, FILES)
    assert detect(made.root, "junit")[1].language == "java"
    with pytest.raises(TestsNotRun, match="No tests were found"):
        detect(made.root)
    with pytest.raises(UsageError, match="--test-command"):
        made.run(name="junit")


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("src/test/java/com/acme/CalcTest.java", True), ("pom.xml", True), ("spec/a_spec.rb", True), ("tests/CalcTest.php", True),  # noqa: E501
        ("Calc.Tests/CalcTests.cs", True), ("src/main/java/com/acme/Calc.java", False), ("lib/contest.rb", False),
        ("lib/calc.rb", False), ("conftest.py", True), ("a.test.ts", True), ("phpunit.xml.dist", True), ("Gemfile", True),  # noqa: E501
    ],
)  # fmt: skip
def test_files_of_the_tests(path: str, is_test: bool, tmp_path: Path) -> None:
    framework, _ = detect(tmp_path, "junit")
    assert framework.is_test_file(path) is is_test
