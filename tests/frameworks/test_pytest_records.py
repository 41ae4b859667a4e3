"""Every field of a failure's record, from real runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from aion_r.core.domain import RunOutcome, StackFrame

Make = Callable[[dict[str, Any]], Any]

CALC = "def add(a, b):\n    return a - b\n\n\ndef invert(x):\n    return 1 / x\n"


def one(body: str, name: str = "one") -> str:
    return f"\n\ndef test_{name}():\n" + "".join(f"    {line}\n" for line in body.split("\n"))


HEAD = "import pytest, unittest\nfrom calc import add, invert\n"

STATEMENTS = [
    ("assert add(1, 2) == 3", "assert ==", "3", "-1"),
    ("assert 3 == add(1, 2)", "assert ==", "3", "-1"),
    ("want = 3\nassert want == add(1, 2)", "assert ==", "3", "-1"),
    ("assert add(1, 2) == add(2, 1)", "assert ==", "1", "-1"),
    ("assert add(1, 2) == pytest.approx(3.0)", "assert ==", "3.0 ± 3.0e-06", "-1"),
    ("assert pytest.approx(3.0) == add(1, 2)", "assert ==", "3.0 ± 3.0e-06", "-1"),
    ("assert add(1, 2) is None, 'why'", "assert is", "None", "-1"),
    ("assert add(1, 2) > 0", "assert >", "> 0", "-1"),
    ("assert 'k' in {'a': 1}", "assert in", "in {'a': 1}", "'k'"),
    ("assert add(1, 1)", "assert", None, None),
    ("assert not add(1, 2)", "assert", None, None),
    ("with pytest.raises(ValueError):\n    add(1, 2)", "raises", "ValueError", "no exception"),
    ("with pytest.raises(ValueError, match='abc'):\n    raise ValueError('xyz')", "raises", "'abc'", "'xyz'"),
    ("pytest.fail('no')", "fail", None, None),
    ("invert(0)", "ZeroDivisionError", None, None),
    ("raise AssertionError('by hand')", "AssertionError", None, None),
    ("raise SystemExit(3)", "SystemExit", None, None),
    ("with pytest.raises(AssertionError):\n    assert add(1, 2) == 5\nassert [] == [1]", "assert ==", "[1]", "[]"),
    ("class Bad:\n    def __repr__(self): raise ValueError()\nassert Bad() == 1", "assert ==", "1",
     "<Bad object, repr() raised ValueError>"),
]  # fmt: skip

METHODS = [
    ("assertEqual(add(1, 2), 3)", "3", "-1"),
    ("assertEqual(3, add(1, 2))", "3", "-1"),
    ("assertListEqual([add(1, 2)], [3])", "[3]", "[-1]"),
    ("assertEqual({'a': add(1, 2)}, {'a': 3})", "{'a': 3}", "{'a': -1}"),
    ("assertTrue(add(1, 1))", "a true value", "0"),
    ("assertIn(1, [add(1, 2)])", "in [-1]", "1"),
    ("assertAlmostEqual(add(1, 2), 3.0)", "3.0", "-1"),
    ("assertCountEqual([add(1, 2), 4], [3])", "[3]", "[-1, 4]"),
    ("assertIs(add(1, 2), None)", "None", "-1"),
    ("assertNotEqual(add(1, 2), -1)", "!= -1", "-1"),
    ("assertIsNot(add(1, 2), -1)", "is not -1", "-1"),
    ("assertLess(add(1, 2), -5)", "< -5", "-1"),
    ("assertRaises(ValueError, add, 1, 2)", "ValueError", "no exception"),
]


def test_every_kind_of_expectation(project: Make) -> None:
    source = HEAD + "".join(one(case[0], f"s{number}") for number, case in enumerate(STATEMENTS))
    report = project({"calc.py": CALC, "test_calc.py": source}).run().report
    told = {f.test_id: (f.assertion_type, f.expected, f.actual) for f in report.failures}
    assert told == {f"test_calc.py::test_s{number}": case[1:] for number, case in enumerate(STATEMENTS)}
    assert (report.outcome, report.failed_tests) == (RunOutcome.COMPLETED, len(STATEMENTS))


def test_unittest_methods(project: Make) -> None:
    methods = "".join(f"    def test_m{n:02}(self):\n        self.{case[0]}\n" for n, case in enumerate(METHODS))
    source = HEAD + "class TestCalc(unittest.TestCase):\n" + methods
    report = project({"calc.py": CALC, "test_calc.py": source}).run().report
    told = [(f.test_id, f.assertion_type, f.expected, f.actual, f.line) for f in report.failures]
    assert told == [
        (f"test_calc.py::TestCalc::test_m{n:02}", call.partition("(")[0], expected, actual, 5 + 2 * n)
        for n, (call, expected, actual) in enumerate(METHODS)
    ]


UNREWRITTEN = [
    ("x = add(1, 2)\nassert x == 3", "3", "-1"),
    ("x = add(1, 2)\nassert -3 == x", "-3", "-1"),
    ("x = [add(1, 2)]\nassert x[0] == 3", "3", "-1"),
    ("x = {'k': (1, 2)}\nassert x['k'][1:] == (3,)", "(3,)", "(2,)"),
    ("x = {'k': 1}\nassert {'k': 2} == x", "{'k': 2}", "{'k': 1}"),
    ("x = [1]\nassert len(x) == 2", "2", "1"),
    ("x = Point(1)\nassert x.plain == 2", "2", "1"),
    ("assert Slotted().slot == 2", "2", None),
    ("x = Slotted()\nassert x.slot == 2", "2", "1"),
    ("x = Point(1)\nassert x.computed == 2", "2", None),
    ("x = Point(1)\nassert x[0] == 2", "2", None),
    ("x = Point(1)\nassert x.anything == 2", "2", None),
    ("assert add(1, 2) == 3", "3", None),
    ("x = 7\nassert x < 3", "< 3", "7"),
    ("x = 7\nassert x not in [7]", "not in [7]", "7"),
    ("x = {}\nassert x is None", "None", "{}"),
]
"""Under ``--assert=plain``: what can be read without running anything is told, and only that."""
POINT = """
calls = []
class Point:
    def __init__(self, plain): self.plain = plain
    @property
    def computed(self): calls.append(1); return 1
    def __getitem__(self, key): calls.append(2); return 1
    def __getattr__(self, name): calls.append(3); return 1
class Slotted:
    __slots__ = ("slot",)
    def __init__(self): self.slot = 1
"""


def test_operands_of_assertions_that_are_not_rewritten(project: Make) -> None:
    source = HEAD + POINT + "".join(one(case[0], f"s{number}") for number, case in enumerate(UNREWRITTEN))
    source += one("assert sorted(calls) == [1, 2, 3], calls", "once")
    made = project({"calc.py": CALC, "test_calc.py": source, "pytest.ini": "[pytest]\naddopts = --assert=plain\n"})
    report = made.run().report
    told = {f.test_id: (f.expected, f.actual) for f in report.failures}
    assert told == {f"test_calc.py::test_s{number}": case[1:] for number, case in enumerate(UNREWRITTEN)}
    assert report.passed_ids == ("test_calc.py::test_once",)  # each ran once: in the assertion, never for us


def test_a_helper_module_that_is_not_rewritten(project: Make) -> None:
    body = "with pytest.raises(AssertionError):\n    assert 5 == 6\nchecks.same(add(1, 2), 3)"
    files = {"calc.py": CALC, "checks.py": "def same(a, b):\n    assert a == b, 'differ'\n"}
    (failure,) = project({**files, "test_calc.py": HEAD + "import checks\n" + one(body)}).run().report.failures
    assert (failure.expected, failure.actual, failure.assertion_type) == ("3", "-1", "assert ==")
    assert (failure.file, failure.line, failure.stack[-1]) == ("test_calc.py", 9, StackFrame("checks.py", 2, "same"))


def test_a_failing_test_that_leaves_no_module_path(project: Make) -> None:
    source = "import sys\n\n\ndef test_one():\n    sys.path[:] = []\n    assert 1 == 2\n"
    (failure,) = project({"test_a.py": source}).run().report.failures
    assert (failure.line, failure.expected, failure.actual) == (6, "2", "1")


def test_a_project_that_counts_its_tests_its_own_way(project: Make) -> None:
    conftest = """
def pytest_report_teststatus(report):
    if report.when == "call" and report.passed and "ignored" in report.nodeid:
        return "", "", ""
"""
    ran = project({"conftest.py": conftest, "test_a.py": one("pass") + one("pass", "ignored")}).run()
    assert (ran.report.passed_tests, ran.report.passed_ids) == (1, ("test_a.py::test_one",))
    assert "1 passed" in ran.text


def test_place_stack_message_and_output_of_an_error_deep_in_the_code(project: Make) -> None:
    source = "from pkg.calc import invert\n\n\ndef test_one():\n    print('seen')\n    invert(0)\n"
    made = project(
        {
            "pkg/__init__.py": "",
            "pkg/calc.py": CALC,
            "tests/test_calc.py": source,
            "pytest.ini": "[pytest]\npythonpath=.",
        }
    )
    (failure,) = made.run().report.failures
    assert failure.test_id == "tests/test_calc.py::test_one"
    assert (failure.file, failure.line) == ("tests/test_calc.py", 6)
    assert failure.stack == (StackFrame("tests/test_calc.py", 6, "test_one"), StackFrame("pkg/calc.py", 6, "invert"))
    assert failure.message == "ZeroDivisionError: division by zero"
    assert failure.output == "--- Captured stdout call ---\nseen\n\n"


def test_a_helper_in_the_test_file_is_the_place(project: Make) -> None:
    source = "def check(x):\n    assert x == 1\n\n\ndef test_one():\n    check(2)\n"
    (failure,) = project({"test_a.py": source}).run().report.failures
    assert (failure.line, failure.actual, failure.expected) == (2, "2", "1")
    assert [frame.function for frame in failure.stack] == ["test_one", "check"]


def test_a_chained_exception_tells_its_cause(project: Make) -> None:
    body = "try:\n    invert(0)\nexcept ZeroDivisionError as error:\n    raise RuntimeError('outer') from error"
    (failure,) = project({"calc.py": CALC, "test_calc.py": HEAD + one(body)}).run().report.failures
    assert failure.message == "RuntimeError: outer\ncaused by ZeroDivisionError: division by zero"


def test_endless_recursion_is_capped(project: Make) -> None:
    source = "def f(n):\n    return f(n + 1)\n\n\ndef test_one():\n    f(0)\n"
    (failure,) = project({"test_a.py": source}).run().report.failures
    assert failure.assertion_type == "RecursionError"
    assert len(failure.stack) == 30
    assert failure.stack[0] == StackFrame("test_a.py", 6, "test_one")


def test_doctest(project: Make) -> None:
    module = 'def double(x):\n    """Twice.\n\n    >>> double(2)\n    4\n    """\n    return x\n'
    made = project({"calc.py": module, "pytest.ini": "[pytest]\naddopts = --doctest-modules\n"})
    (failure,) = made.run().report.failures
    assert (failure.test_id, failure.file, failure.line) == ("calc.py::calc.double", "calc.py", 4)
    assert (failure.assertion_type, failure.expected, failure.actual) == ("doctest", "4", "2")


def test_hostile_output_and_values_are_cleaned_and_capped(project: Make) -> None:
    source = (
        "import sys\n\n\ndef test_one():\n"
        "    sys.stdout.buffer.write(b'\\x00\\xff\\x1b[31mred\\x1b[0m\\n' + b'y' * 1_000_000)\n"
        "    assert 'z' * 1_000_000 + chr(0xdcff) == 'a' * 1_000_000, '\\x1b[1mbold\\x00'\n"
    )
    (failure,) = project({"test_a.py": source}).run().report.failures
    text = "".join((failure.message, failure.output, failure.actual, failure.expected))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text)
    assert "red\n" in failure.output and failure.message.startswith("AssertionError: bold")
    assert len(failure.output) < 4_500 and len(failure.actual) < 4_500


COUNTED = """
import pytest, unittest
@pytest.fixture
def bad(): raise OSError("x")
@pytest.fixture
def late():
    yield
    raise OSError("late")
def test_pass(): pass
def test_fail(): assert 0
def test_setup_error(bad): pass
def test_teardown_error(late): pass
def test_both(late): assert 0
@pytest.mark.xfail
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
@pytest.mark.xfail(strict=True)
def test_strict(): pass
@pytest.mark.skip
def test_skip(): pass
def test_nofixture(nothing): pass
class TestSub(unittest.TestCase):
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertEqual(i, 1)
"""


@pytest.mark.usefixtures("with_xdist")
@pytest.mark.parametrize("addopts", ["", "-p xdist -n 2"])
def test_counts_equal_the_summary_of_pytest(project: Make, addopts: str) -> None:
    ran = project(
        {"test_a.py": COUNTED, "pytest.ini": f"[pytest]\naddopts = {addopts}\n", "test_b.py": "import nothing_\n"}
    ).run()
    said = {word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) (\w+)", ran.text.splitlines()[-1])}
    report = ran.report
    assert report.passed_tests == said["passed"] + said["xpassed"]
    assert report.failed_tests == said["failed"]
    assert report.error_tests == said["error"] == 5
    assert report.skipped_tests == said["skipped"] + said["xfailed"]
    assert report.total_tests == report.passed_tests + report.failing + report.skipped_tests
    assert len(report.failures) == report.failing
    assert set(report.passed_ids) == {"test_a.py::test_pass", "test_a.py::test_xpass"}
    assert set(report.skipped_ids) == {"test_a.py::test_skip", "test_a.py::test_xfail"}
    assert ran.failure("test_nofixture").message.startswith("fixture 'nothing' not found")
    assert ran.failure("test_setup_error").line == 4
    assert ran.failure("test_strict").assertion_type == "xpass"
    assert ran.framework.progress(ran.job) == (report.passed_tests, report.failing)


@pytest.mark.usefixtures("with_xdist")
def test_records_pass_through_xdist(project: Make) -> None:
    source = HEAD + one("print('seen')\nassert add(1, 2) == 3")
    files = {"calc.py": CALC, "test_calc.py": source, "pytest.ini": "[pytest]\naddopts = -p xdist -n 2\n"}
    (failure,) = project(files).run().report.failures
    assert (failure.expected, failure.actual, failure.assertion_type) == ("3", "-1", "assert ==")
    assert (failure.file, failure.line) == ("test_calc.py", 7)
    assert "seen" in failure.output


def test_syntax_error_of_a_test_and_of_the_code(project: Make) -> None:
    made = project(
        {
            "calc.py": "def add(:\n",
            "test_a.py": "import calc\n",
            "test_b.py": "x = = 1\n",
            "test_c.py": "def test_c(): pass\n",
        }
    )
    report = made.run().report
    assert (report.outcome, report.error_tests, report.passed_tests) == (RunOutcome.COMPLETED, 2, 1)
    by_id = {failure.test_id: failure for failure in report.failures}
    assert (by_id["test_a.py"].file, by_id["test_a.py"].line) == ("calc.py", 1)
    assert by_id["test_b.py"].message.startswith("SyntaxError: invalid syntax (line 1, column 5)")
    assert by_id["test_b.py"].assertion_type == "SyntaxError"


def test_an_error_while_importing_the_code_has_its_stack(project: Make) -> None:
    report = project({"calc.py": "X = undefined\n", "test_a.py": "\nimport calc\n"}).run().report
    (failure,) = report.failures
    assert report.outcome is RunOutcome.BUILD_FAILED
    assert (failure.file, failure.line, failure.assertion_type) == ("test_a.py", 2, "NameError")
    assert failure.stack[-1] == StackFrame("calc.py", 1, "<module>")


def test_source_in_latin_1_and_odd_file_names(project: Make) -> None:
    source = "# coding: latin-1\ndef test_one():\n    text = 'é'\n    assert text == 'è'\n".encode("latin-1")
    made = project({"sub folder/prüf/test_é.py": source, "test_plain.py": "def test_a(): pass\n"})
    (failure,) = made.run().report.failures
    assert failure.test_id == "sub folder/prüf/test_é.py::test_one"
    assert (failure.file, failure.line, failure.expected) == ("sub folder/prüf/test_é.py", 4, "'è'")
    again = made.run(ids=[failure.test_id]).report
    assert [f.test_id for f in again.failures] == [failure.test_id] and again.total_tests == 1


def test_two_thousand_tests(project: Make) -> None:
    source = "import pytest\n@pytest.mark.parametrize('x', range(2000))\ndef test_x(x): assert x % 2 == 0\n"
    ran = project({"test_a.py": source}).run()
    assert (ran.report.passed_tests, ran.report.failed_tests) == (1000, 1000)
    assert len(ran.report.passed_ids) == 1000 and len({f.test_id for f in ran.report.failures}) == 1000
    assert ran.framework.progress(ran.job) == (1000, 1000)
    again = ran.report.failures[3:1000:7]
    report = project({}).run(ids=[failure.test_id for failure in again]).report
    assert [f.test_id for f in report.failures] == [f.test_id for f in again] and report.passed_tests == 0
