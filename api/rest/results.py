"""A run's result as a record again, from what its folder keeps: reports for people are made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...core.codec import load
from ...core.documents import RepairResult
from ...core.domain import Attempt, Outcome, TestReport, Usage
from ...tools.runs import RunStore
from ..report.writing import without_keys

Facts = dict[str, Any]
_AS_THEY_ARE = (
    "run_id", "success", "stop_reason", "iterations_completed", "convergence_achieved", "applied", "patch", "sandbox",
    "message", "patch_file", "timing", "final_code",
)  # fmt: skip


def stored_result(store: RunStore, hide: Callable[[str], str]) -> RepairResult:
    """Without keys. The run must have ended."""
    document: Facts = json.loads((store.folder / "result.json").read_bytes())
    usage: Facts = document["usage"]
    result = RepairResult(
        **{name: document[name] for name in _AS_THEY_ARE},
        outcome=Outcome(document["outcome"]),
        initial_test_results=_report(document["initial_test_results"]),
        final_test_results=_report(document["final_test_results"]),
        corrections_applied=tuple(load(Attempt, one) for one in document["corrections_applied"]),
        calls=tuple(store.calls()),
        usage=load(Usage, {name: usage[name] for name in ("input_tokens", "output_tokens", "cost_usd")}),
        test_runs=usage["test_runs"],
        tests_executed=usage["tests_executed"],
        suggestions=tuple(document["suggestions"]),
        flaky=tuple(document["flaky"]),
    )
    return without_keys(result, hide)


def _report(document: Facts) -> TestReport:
    return load(TestReport, {name: value for name, value in document.items() if name != "all_passed"})
