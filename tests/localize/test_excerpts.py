"""What a prompt shows: whole small files, excerpts of long ones, the failing tests' own functions, never too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from aion_r.core.domain import StackFrame, Suspect, TestFailure
from aion_r.tools.localize import context, test_context

SMALL = "def small():\n    return 1\n"
METHODS = "".join(f"\n    def method_{n}(self):\n        return '{'x' * 60}' + str({n})\n" for n in range(90))
LARGE = f'import os\nfrom sys import path\n\n\nclass Big(object):\n    """A big one."""\n\n    size = 1\n{METHODS}'
LINE = LARGE[: LARGE.index("def method_50")].count("\n") + 1
FILES = {"small.py": SMALL.encode(), "large.py": LARGE.encode()}
ROOT = Path("/nonexistent")


def test_a_small_file_is_shown_whole() -> None:
    (shown,) = context(ROOT, [Suspect("small.py", 1, 2, "small", 1.0)], [], FILES.get)
    assert (shown.text, shown.first_line, shown.whole) == (SMALL, 1, True)


def test_a_long_file_is_shown_around_its_suspect() -> None:
    shown = context(ROOT, [Suspect("large.py", LINE, LINE + 1, "Big.method_50", 1.0)], [], FILES.get)
    assert {source.path for source in shown} == {"large.py"}
    assert not any(source.whole for source in shown)
    text = "".join(source.text for source in shown)
    assert "import os\nfrom sys import path\n" in text
    assert "class Big(object):\n" in text
    assert "def method_50(self)" in text
    assert "method_49" not in text
    assert "method_51" not in text


def test_excerpts_are_the_lines_that_they_say() -> None:
    lines = LARGE.split("\n")
    for source in context(ROOT, [Suspect("large.py", LINE, LINE + 1, None, 1.0)], [], FILES.get):
        own = source.text.split("\n")[:-1]
        assert lines[source.first_line - 1 : source.first_line - 1 + len(own)] == own


def test_the_best_suspect_comes_first_and_faint_ones_not_at_all() -> None:
    ranked = [Suspect("large.py", LINE, LINE + 1, None, 1.0), Suspect("small.py", 1, 2, None, 0.5)]
    assert [s.path for s in context(ROOT, ranked, [], FILES.get)][-1] == "small.py"
    faint = [ranked[0], Suspect("small.py", 1, 2, None, 0.1)]
    assert "small.py" not in {s.path for s in context(ROOT, faint, [], FILES.get)}


@pytest.mark.parametrize("budget", [0, 1, 40, 100, 300, 1_000, 5_000, 12_000])
def test_the_budget_is_kept(budget: int) -> None:
    ranked = [Suspect("large.py", 5, 10_000, "Big", 1.0), Suspect("small.py", 1, 2, "small", 0.9)]
    shown = context(ROOT, ranked, [], FILES.get, budget)
    assert sum(len(source.text) for source in shown) <= budget
    assert bool(shown) == (budget >= 40)


def test_a_long_function_is_cut_around_the_running_line() -> None:
    failure = TestFailure("t", None, None, stack=(StackFrame("large.py", LINE),))
    shown = context(ROOT, [Suspect("large.py", 1, 10_000, None, 1.0)], [failure], FILES.get, 800)
    assert any("method_50" in source.text for source in shown)


def test_without_suspects_the_innermost_project_frame_is_shown() -> None:
    failure = TestFailure("t", None, None, stack=(StackFrame("small.py", 2), StackFrame("/usr/x.py", 1)))
    assert [source.path for source in context(ROOT, [], [failure], FILES.get)] == ["small.py"]


TESTS = """import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_one(n):
    assert n == 3


class TestMore:
    def test_two(self):
        assert 1 == 2


def other():
    pass
"""


def test_the_tests_own_functions_are_shown_once_each() -> None:
    failures = [
        TestFailure("test_a.py::test_one[1]", "test_a.py", 6),
        TestFailure("test_a.py::test_one[2]", "test_a.py", 6),
        TestFailure("test_a.py::TestMore::test_two", "test_a.py", 11),
    ]
    one, two = test_context(ROOT, failures, {"test_a.py": TESTS.encode()}.get, 4_000)
    assert one.text == '@pytest.mark.parametrize("n", [1, 2])\ndef test_one(n):\n    assert n == 3\n'
    assert (one.first_line, one.whole) == (4, False)
    assert two.text == "    def test_two(self):\n        assert 1 == 2\n"


@pytest.mark.parametrize(
    ("path", "source", "test_id", "line", "shown"),
    [
        (
            "a.test.js",
            "const x = 1;\n\nit('works', () => {\n  expect(x).toBe(2);\n});\n",
            "works",
            4,
            "it('works', () => {",
        ),
        (
            "a_test.go",
            "package a\n\nfunc TestA(t *testing.T) {\n\tt.Fatal()\n}\n",
            "m.TestA/x",
            4,
            "func TestA(t *testing.T) {",
        ),
        ("src/lib.rs", "fn f() {}\n\n#[test]\nfn a() {\n    assert!(false);\n}\n", "a", 5, "#[test]"),
    ],
)
def test_tests_of_other_languages(path: str, source: str, test_id: str, line: int, shown: str) -> None:
    (found,) = test_context(ROOT, [TestFailure(test_id, path, line)], {path: source.encode()}.get, 4_000)
    assert found.text.split("\n")[0] == shown
    assert found.first_line == 3
