"""What people read, from scripted events and results: no process, no clock."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest

from aion_r.api.report.markdown import markdown_summary
from aion_r.api.screen.failures import report_lines
from aion_r.api.screen.narration import Narrator, money
from aion_r.api.screen.summary import changed_places, diff_lines, summary_text
from aion_r.api.screen.terminal import Terminal, clean, plain, shorten_id
from aion_r.api.screen.views import PlainView, status_parts, status_rows
from aion_r.core.documents import RepairResult
from aion_r.core.domain import (
    AppliedFix,
    Attempt,
    CallRecord,
    Outcome,
    RunOutcome,
    Strategy,
    TestFailure,
    TestReport,
    Usage,
    Verdict,
)

DIFF = """\
diff --git a/cart.py b/cart.py
--- a/cart.py
+++ b/cart.py
@@ -1,5 +1,5 @@
 def total(prices):
     result = 0
     for price in prices:
-        result -= price
+        result += price
     return result
@@ -20,2 +20,3 @@
 a
 b
+c
"""
RED = TestReport(
    "pytest",
    RunOutcome.COMPLETED,
    total_tests=5,
    passed_tests=4,
    failed_tests=1,
    duration_ms=1234.0,
    failures=(TestFailure("t.py::test_total", "t.py", 5, "assert -6 == 6\n + where", "assert ==", "6", "-6"),),
)
GREEN = TestReport("pytest", RunOutcome.COMPLETED, total_tests=5, passed_tests=5)
FIX = AppliedFix("cart.py", Strategy.LLM, "groq", "gpt-oss", DIFF, "The sign was wrong.\nLong story.")
ATTEMPT = Attempt(1, 1, 0, 100.0, True, Verdict.PLAUSIBLE, (FIX,))
REPAIRED = RepairResult(
    run_id="20261122-1",
    success=True,
    outcome=Outcome.REPAIRED,
    stop_reason="all_passed",
    iterations_completed=1,
    convergence_achieved=True,
    applied=True,
    patch=DIFF,
    sandbox="overlay",
    initial_test_results=RED,
    final_test_results=GREEN,
    corrections_applied=(ATTEMPT,),
    calls=(CallRecord("groq", "gpt-oss", True),),
    usage=Usage(100, 20, 0.0012),
    timing={"total_s": 4.21},
    patch_file="/runs/best.patch",
)


def ended(**changes: Any) -> str:
    return summary_text(dataclasses.replace(REPAIRED, **changes))


def told(*events: dict[str, Any], room: int = 100) -> list[str]:
    narrator = Narrator(room, clock=lambda: 0.0)
    return [plain(line) for event in events for line in narrator.tell(event)]


def test_a_repair_in_one_paragraph() -> None:
    assert summary_text(REPAIRED) == (
        "Repaired: 1 of 5 tests failed (t.py::test_total: assert -6 == 6). "
        "The fault was in cart.py:4, cart.py:22; groq (gpt-oss) mended it: The sign was wrong. "
        "All 5 tests pass now (4 of 5 before). `aion-r undo 20261122-1` puts the files back. "
        "Run 20261122-1: 1 iteration, 4.2 s, $0.0012."
    )


def test_the_other_ends() -> None:
    assert ended(outcome=Outcome.ALREADY_GREEN, final_test_results=GREEN, calls=()).startswith(
        "Green: All 5 tests pass already, nothing to repair. Run 20261122-1: 1 iteration, 4.2 s."
    )
    assert "The project is as it was; the patch is in /runs/best.patch." in ended(applied=False)
    assert "All 5 tests would pass now" in ended(applied=False)
    assert "the fix is in cart.py.aion-r-suggestion" in ended(applied=False, suggestions=("cart.py.aion-r-suggestion",))
    lost = ended(success=False, applied=False, outcome=Outcome.NOT_REPAIRED, message="no luck", final_test_results=RED)
    assert lost.startswith("Not repaired: no luck. 1 of 5 tests failed (")
    assert "The project is as it was. The best patch leaves 1 failing; it is kept in /runs/best.patch." in lost
    assert ended(success=False, outcome=Outcome.LIMIT, message="too long").startswith("Limit reached: too long.")
    assert ended(success=False, outcome=Outcome.ERROR, message="no pytest").startswith(
        "Error: no pytest. The project is as it was."
    )
    assert "price unknown" in ended(usage=Usage(1, 1, None))


def test_a_partial_patch_that_was_written_can_be_undone() -> None:
    text = ended(success=False, outcome=Outcome.NOT_REPAIRED, message="no", final_test_results=RED)
    assert "was written, as asked. `aion-r undo 20261122-1` puts the files back." in text
    assert "as it was" not in text


def test_places_are_those_of_the_project_as_found() -> None:
    assert changed_places(DIFF) == ["cart.py:4", "cart.py:22"]
    assert changed_places("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x\n") == ["new.py:0"]
    assert changed_places("--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n--- x\n") == ["old.py:1"]


def test_a_diff_has_a_style_a_line_and_an_end() -> None:
    styles = [line[0][1] for line in diff_lines(DIFF)]
    assert styles[:4] == ["bold", "bold", "bold", "hunk"]
    assert (styles[7], styles[8], styles[9]) == ("bad", "ok", "")
    assert plain(diff_lines("+x\n" * 1000)[-1]) == "… 600 more lines"


def test_an_attempt_is_one_line() -> None:
    attempt = {"iteration": 2, "provider": "groq", "model": "m", "failures_before": 3, "failures_after": 1}

    def line(verdict: str, **changes: Any) -> str:
        update = {"attempts": [attempt | {"verdict": verdict} | changes]}
        return told({"event": "update", "node": "evaluate_convergence", "update": update})[0]

    assert line("plausible", failures_after=0) == "Iteration 2: groq (m): 3 → 0 failing, all tests pass"
    assert line("still_failing") == "Iteration 2: groq (m): 3 → 1 failing, better, kept"
    assert line("still_failing", failures_after=3).endswith("no better, undone")
    assert line("regressed", provider="offline", model=None) == (
        "Iteration 2: offline search: 3 → 1 failing, broke other tests, undone"
    )


def test_calls_say_who_and_why() -> None:
    failed = {"event": "call", "provider": "groq", "model": "m", "ok": False, "seconds": 0.1}
    error = {"kind": "rate_limited", "status": 429, "message": "slow down\nplease"}
    assert told(failed | {"error": error}) == ["  groq (m): rate_limited 429: slow down"]
    good = {"event": "call", "provider": "groq", "model": "m", "ok": True, "seconds": 1.26}
    usage = {"input_tokens": 10, "output_tokens": 2, "cost_usd": None}
    assert told(good | {"usage": usage}) == ["  groq (m): answered in 1.3 s, 10 + 2 tokens, price unknown"]
    search = {"event": "search", "candidates": 124, "plausible": 1, "seconds": 2.0}
    assert told(search, good | {"provider": "offline"}) == [
        "  offline search: 124 candidates tried, 1 plausible, 1.3 s"
    ]


def test_the_first_failures_are_shown_at_any_width() -> None:
    failures = [{"test_id": f"tests/test_a.py::test_{'long_' * 12}{n}", "message": "boom\nmore"} for n in range(10)]
    report = {"outcome": "completed", "total": 12, "passed": 2, "failing": 10, "failures": failures}
    event = {"event": "update", "node": "parse_failures", "update": {"initial": {}, "report": report}}
    for room in (40, 80, 200):
        lines = told(event, room=room)
        assert lines[0] == "Tests as found: 10 failed, 2 passed"
        assert lines[-1] == "  … and 5 more"
        assert max(map(len, lines)) <= room
        assert any("test_a.py::" in line for line in lines) or room == 40
        assert all("boom" in "".join(lines[1:3]) for _ in lines)


def status(narrator: Narrator, clock: float, began: float) -> str:
    (row,) = status_rows(status_parts(narrator.now, clock, began), 500)
    return plain(row)


def test_the_status_takes_as_many_rows_as_a_narrow_terminal_needs() -> None:
    parts = [((text, ""),) for text in ("iteration 1", "openai (gpt-4o-mini) 4 s", "4 passed 1 failed of 5", "12 s")]
    assert [plain(row) for row in status_rows(parts, 39)] == [
        "iteration 1 · openai (gpt-4o-mini) 4 s",
        "4 passed 1 failed of 5 · 12 s",
    ]
    assert len(status_rows(parts, 10)) == 4


def test_the_status_line_tells_all_that_moves() -> None:
    now_of = Narrator(clock=lambda: 100.0)
    for event in (
        {"event": "started", "framework": "pytest", "run_id": "r"},
        {"event": "tests", "passed": 3, "failed": 1},
    ):
        now_of.tell(event)
    assert status(now_of, 107.0, 100.0) == "running the tests · 3 passed 1 failed · 7 s"
    now_of.tell({"event": "node", "node": "generate_fix", "iteration": 0})
    now_of.tell({"event": "asking", "provider": "groq", "model": "m"})
    assert status(now_of, 104.0, 90.0).startswith("iteration 1 · groq (m) 4 s · 3 passed")
    usage = {"input_tokens": 500, "output_tokens": 76, "cost_usd": 0.25}
    now_of.tell({"event": "call", "provider": "groq", "model": "m", "ok": True, "usage": usage})
    now_of.tell({"event": "search", "candidates": 40, "plausible": 0, "seconds": 1})
    shown = status(now_of, 104.0, 90.0)
    assert "offline search: 40 candidates, 0 plausible" in shown
    assert "576 tokens $0.25" in shown
    assert not now_of.now.writing
    now_of.tell({"event": "node", "node": "write_back", "iteration": 1})
    assert now_of.now.writing


def test_unknown_events_say_nothing() -> None:
    assert told({"event": "heartbeat"}) == []


def test_the_table_of_failures_names_place_message_and_values() -> None:
    lines = [plain(line) for line in report_lines(RED, 80)]
    assert lines == [
        "pytest: 1 failed, 4 passed in 1.2 s",
        "",
        "t.py::test_total",
        "  t.py:5",
        "  assert -6 == 6",
        "  expected 6",
        "  actual   -6",
    ]


def test_the_table_fits_forty_columns_and_says_what_it_leaves_out() -> None:
    failure = TestFailure("tests/unit/" + "x" * 80, "tests/unit/" + "y" * 80, 7, "m" * 200, None, "e" * 90, "a" * 90)
    report = dataclasses.replace(RED, failures=(failure,) * 35, failed_tests=35)
    lines = [plain(line) for line in report_lines(report, 40)]
    assert max(map(len, lines)) <= 48  # the last line alone is longer
    assert all(len(line) <= 40 for line in lines[:-1])
    assert lines[-1] == "… and 5 more failures; --json has them all"


def test_a_run_that_did_not_complete_is_not_a_count_of_zero() -> None:
    report = TestReport("pytest", RunOutcome.NO_TESTS, message="nothing was collected")
    assert [plain(line) for line in report_lines(report, 80)] == ["pytest: no tests", "nothing was collected"]


def test_the_page_fences_what_tests_and_models_wrote() -> None:
    page = markdown_summary(dataclasses.replace(REPAIRED, patch="+```\n+# not a heading\n", final_test_results=RED))
    assert "````diff\n+```\n+# not a heading\n````" in page
    assert "- `t.py::test_total`: assert -6 == 6" in page


HOSTILE = "\x1b]0;title\x07\x1b[2Jok\x1b[31m\x00\x08\u202e\r\nnext\ttab"


def test_nothing_reaches_the_terminal_that_could_move_it() -> None:
    assert clean(HOSTILE) == "ok\nnext    tab"
    stream = io.StringIO()
    Terminal(stream).line((HOSTILE, "bad"))
    assert stream.getvalue() == "ok\nnext    tab\n"


def test_colours_ascii_and_keys() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, color=True, unicode=False, hide=lambda text: text.replace("s3cret", "[KEY]"))
    terminal.line(("1 → 0 ", "ok"), ("s3cret…", ""))
    assert stream.getvalue() == "\x1b[32m1 -> 0 \x1b[0m[KEY]...\n"


@pytest.mark.parametrize("width", [8, 20, 40])
def test_a_long_test_id_keeps_both_ends(width: int) -> None:
    shown = shorten_id("tests/a/very/long/path/test_it.py::test_the_thing", width)
    assert len(shown) == width
    assert shown.startswith("te") and shown.endswith("hing")


def test_plain_lines_say_who_is_asked() -> None:
    stream = io.StringIO()
    view = PlainView(Terminal(stream))
    view.open()
    for event in (
        {
            "event": "started",
            "framework": "pytest",
            "reason": "because",
            "sandbox": "copy",
            "providers": ["one", "two"],
        },
        {"event": "node", "node": "execute_tests", "iteration": 0},
        {"event": "node", "node": "generate_fix", "iteration": 0},
        {"event": "asking", "provider": "groq", "model": "m"},
        {"event": "asking", "provider": "offline", "model": ""},
    ):
        view.show(event)
    view.close()
    assert stream.getvalue().splitlines() == [
        "pytest (because); sandbox: copy",
        "one",
        "two",
        "Running the tests",
        "Iteration 1: asking groq (m)",
        "Iteration 1: offline search",
    ]


def test_money() -> None:
    assert [money(cost) for cost in (0.0, 0.00002, 0.00012, 0.5, None)] == [
        "$0.00",
        "<$0.0001",
        "$0.0001",
        "$0.50",
        "price unknown",
    ]
