"""What a model is told of a run: short for any run, and never without what matters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aion_r.api.telling import FAILURES_TOLD, failure_line, told
from aion_r.api.tokens import fitting, lines_fitting, tokens
from aion_r.core.documents import RepairResult
from aion_r.core.domain import (
    AppliedFix,
    Attempt,
    Outcome,
    RunOutcome,
    Strategy,
    TestFailure,
    TestReport,
    Verdict,
)

MOST = 600
RUN = "20261122-174005-3f9a1c"


def report(failures: tuple[TestFailure, ...], failed: int, passed: int, **more: Any) -> TestReport:
    return TestReport(
        "pytest", RunOutcome.COMPLETED, failed + passed, passed, failed, failures=failures, **more
    )  # fmt: skip


def result(**changed: Any) -> RepairResult:
    """A run that repaired one test."""
    facts: dict[str, Any] = {
        "run_id": RUN,
        "success": True,
        "outcome": Outcome.REPAIRED,
        "stop_reason": "all_passed",
        "iterations_completed": 1,
        "convergence_achieved": True,
        "applied": True,
        "patch": "--- a/calc.py\n+++ b/calc.py\n@@ -5 +5 @@\n-    return a - b\n+    return a + b\n",
        "sandbox": "overlay",
        "initial_test_results": report((TestFailure("test_calc.py::test_add", message="assert -1 == 5"),), 1, 1),
        "final_test_results": report((), 0, 2),
        "corrections_applied": (),
        "final_code": {"calc.py": ""},
    }
    return RepairResult(**(facts | changed))


def test_a_repair_word_for_word():
    assert told(result()) == (
        f"repaired: 2 of 2 tests pass (before: 1 of 2 tests fails). Written to the project by run {RUN}.\n"
        "files: calc.py\n"
        f"next: read the diff; `aion-r undo {RUN}` takes it back.\n"
        "diff:\n--- a/calc.py\n+++ b/calc.py\n@@ -5 +5 @@\n-    return a - b\n+    return a + b"
    )


SUSPICIOUS = Attempt(1, 1, 0, 100.0, True, Verdict.PLAUSIBLE, suspicious=("it returns the test's own value",))
STILL = (TestFailure("test_calc.py::test_add", message="\n  assert -1 == 5\nmore"),)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outcome": Outcome.ALREADY_GREEN, "patch": "", "applied": False}, "next: nothing: all tests pass."),
        ({"applied": False}, f"`aion-r runs show {RUN}` has the patch; to have it written, call fix_tests again"),
        ({"corrections_applied": (SUSPICIOUS,)}, "SUSPICIOUS, read the diff before you keep it: it returns the test's"),
        ({"suggestions": ("calc.py.suggested",)}, "locked files were left alone, see: calc.py.suggested"),
        (
            {"success": False, "outcome": Outcome.ERROR, "message": "no module named pytest", "run_id": ""},
            "no module named pytest",
        ),
        (
            {"success": False, "outcome": Outcome.LIMIT, "applied": False},
            f"try again with a higher limit. The best patch so far is kept: `aion-r runs show {RUN}`.",
        ),
        (
            {
                "success": False,
                "outcome": Outcome.NOT_REPAIRED,
                "applied": False,
                "patch": "",
                "final_test_results": report(STILL, 1, 1),
            },
            "- test_calc.py::test_add: assert -1 == 5",
        ),
    ],
)
def test_what_to_do_next(changed: dict[str, Any], said: str):
    assert said in told(result(**changed))


NASTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["x" * 100_000, "é" * 5000, "\U0001f600" * 3000, "漢" * 5000, "\x1b[31m\n" * 4000, "aB3/+" * 9000]),
    st.text("qxzjk \n\t{}()'\"\\", min_size=500, max_size=2000),
)
FAILURES = st.lists(
    st.builds(TestFailure, test_id=NASTY, file=NASTY, message=NASTY, expected=NASTY, actual=NASTY), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(
    outcome=st.sampled_from(Outcome), failures=FAILURES, count=st.integers(1, 10**6), patch=NASTY, message=NASTY,
    files=st.lists(NASTY, max_size=30), doubts=st.lists(NASTY, max_size=3), applied=st.booleans(),
    green=st.booleans(),
)  # fmt: skip
def test_short_whatever_the_run_says(
    outcome: Outcome, failures: list[TestFailure], count: int, patch: str, message: str, files: list[str],
    doubts: list[str], applied: bool, green: bool,
):  # fmt: skip
    attempt = Attempt(1, 1, 0, 100.0, True, Verdict.PLAUSIBLE, suspicious=tuple(doubts))
    many = tuple(failures) * 60
    text = told(
        result(
            outcome=outcome, success=green, applied=applied, patch=patch, message=message, suggestions=tuple(files),
            corrections_applied=(attempt,), final_code=dict.fromkeys(files, ""),
            final_test_results=report(() if green else many, 0 if green else count + len(many), 3),
        )
    )  # fmt: skip
    assert tokens(text) < MOST
    assert len(text.encode()) / 3 < MOST
    assert text.startswith(f"{outcome}: ")
    assert ("Written to the project by run " + RUN if applied else "Nothing was written") in text
    assert "\nnext: " in text
    assert "\x1b" not in text


def test_hundreds_of_failures_and_a_huge_diff():
    failures = tuple(
        TestFailure(f"tests/test_{n}.py::test_{n}", message=f"assert {n} == 0\n" * 900) for n in range(500)
    )
    diff = "--- a/shop.py\n+++ b/shop.py\n" + "".join(f"+line_{n} = {n}\n" for n in range(20_000))
    text = told(
        result(
            success=False,
            outcome=Outcome.NOT_REPAIRED,
            applied=False,
            patch=diff,
            message="no fix passed",
            final_code={"shop.py": ""},
            final_test_results=report(failures, 500, 20),
        )
    )
    assert tokens(text) < MOST
    assert text.startswith("not_repaired: 500 of 520 tests fail")
    assert "files: shop.py" in text
    assert text.count("\n- tests/test_") == FAILURES_TOLD and f"… and {500 - FAILURES_TOLD} more" in text
    assert "+line_1 = 1" in text and "more lines" in text


@pytest.mark.parametrize(
    ("text", "at_least"),
    [
        ("The quick brown fox jumps over it", 8),
        ("def add(a, b):\n    return a - b\n", 13),
        ("漢字", 2),
        ("12345678", 3),
    ],
)
def test_the_estimate_is_an_upper_one(text: str, at_least: int):
    """Beside what a common tokenizer counts, or fewer."""
    assert tokens(text) >= at_least


@given(st.text(max_size=300), st.integers(5, 80))
def test_a_text_that_is_cut_fits(text: str, most: int):
    cut = fitting(text, most)
    assert tokens(cut) <= most
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-2].rstrip()))
    shown, more = lines_fitting(text, most)
    assert tokens(shown) <= most
    lines = text.splitlines()
    assert shown == "\n".join(lines[: len(lines) - more])
    assert more == 0 or tokens("\n".join(lines[: len(lines) - more + 1])) + len(lines) > most


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (
            TestFailure("test_a.py::test_a", "test_a.py", 5, "assert 1 == 2", None, "2", "1"),
            "test_a.py::test_a (line 5): assert 1 == 2",
        ),
        (
            TestFailure("sum adds", "sum.test.js", 4, "expect(received).toBe(expected)", "toBe", "3", "-1"),
            "sum adds (sum.test.js:4): expect(received).toBe(expected) [expected 3, got -1]",
        ),
        (TestFailure("TestSum", None, None, "", None, "x" * 900, "y"), "TestSum"),
    ],
)  # fmt: skip
def test_a_failure_in_a_line(failure: TestFailure, line: str):
    assert failure_line(failure) == line


def test_what_was_tried_is_told():
    tried = Attempt(1, 5, 5, 0.0, False, Verdict.REGRESSED, (AppliedFix("a.py", Strategy.LLM, "groq", "m", ""),))
    text = told(result(success=False, applied=False, outcome=Outcome.NOT_REPAIRED, corrections_applied=(tried,)))
    assert "tried: groq 5 → 5 failing (regressed)\n" in text
