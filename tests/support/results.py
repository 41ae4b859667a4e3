"""Results of runs to make reports of."""

from __future__ import annotations

import dataclasses
from typing import Any

from aion_r.core.documents import RepairResult
from aion_r.core.domain import (
    AppliedFix,
    Attempt,
    CallError,
    CallRecord,
    ErrorKind,
    Outcome,
    RunOutcome,
    StackFrame,
    Strategy,
    TestFailure,
    TestReport,
    Usage,
    Verdict,
)

DIFF = """\
diff --git a/shop/cart.py b/shop/cart.py
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -1,4 +1,4 @@
 def total(prices):
     \"\"\"The sum of all
     that is in it.\"\"\"
-    return sum(prices) - 1
+    return sum(prices) + 1
"""
FAILURE = TestFailure(
    "tests/test_cart.py::test_total",
    "tests/test_cart.py",
    7,
    "assert {'a': 1, 'b': 2} == {'a': 1, 'b': 3}",
    "assert ==",
    expected="{'a': 1, 'b': 3}",
    actual="{'a': 1, 'b': 2}",
    stack=(StackFrame("tests/test_cart.py", 7, "test_total"), StackFrame("shop/cart.py", 4, "total")),
    output="counting\n",
)
BEFORE = TestReport("pytest", RunOutcome.COMPLETED, 3, 2, 1, failures=(FAILURE,))
AFTER = TestReport("pytest", RunOutcome.COMPLETED, 3, 3)
FIX = AppliedFix("shop/cart.py", Strategy.LLM, "openai", "gpt-4o-mini", DIFF, "The sum was one off: `+ 1`.")
REPAIRED = RepairResult(
    run_id="20261122-170000-abcdef",
    success=True,
    outcome=Outcome.REPAIRED,
    stop_reason="all_passed",
    iterations_completed=2,
    convergence_achieved=True,
    applied=True,
    patch=DIFF,
    sandbox="overlay",
    initial_test_results=BEFORE,
    final_test_results=AFTER,
    corrections_applied=(
        Attempt(1, 1, 1, 0.0, False, Verdict.STILL_FAILING, (FIX,), Usage(800, 90, None)),
        Attempt(2, 1, 0, 100.0, True, Verdict.PLAUSIBLE, (FIX,), Usage(900, 100, 0.001)),
    ),
    calls=(
        CallRecord(
            "groq", "big", False, 0.4, error=CallError(ErrorKind.RATE_LIMITED, "slow down <b>now</b>", 429)
        ),
        CallRecord("openai", "gpt-4o-mini", True, 2.5, Usage(800, 90, None)),
        CallRecord("openai", "gpt-4o-mini", True, 1.5, Usage(900, 100, 0.001)),
    ),
    usage=Usage(1700, 190, None),
    test_runs=3,
    tests_executed=9,
    timing={"total_s": 75.0, "tests_s": 2.0, "llm_s": 4.4, "search_s": 0.0, "own_s": 0.6},
)  # fmt: skip


def changed(**fields: Any) -> RepairResult:
    """``REPAIRED`` with other fields."""
    return dataclasses.replace(REPAIRED, **fields)
