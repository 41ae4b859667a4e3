"""Run the project's tests in a fresh view with the patch of the state: all, or first those that still fail."""

from __future__ import annotations

import asyncio

from ..core.codec import dump
from ..core.state import RepairState, Update
from ..tools.flakiness import FlakyWatch
from ..tools.runs import RunStore
from ..tools.selection import failing_first
from ..tools.suite import TestSuite


async def execute_tests(state: RepairState, *, suite: TestSuite, store: RunStore, flakes: FlakyWatch) -> Update:
    """Leaves the raw results for ``parse_failures``. Raises ``TestsNotRun`` when the toolchain is missing."""
    ids = await _first(state, store, flakes) if state.get("initial") else None
    raw = await suite.execute(await asyncio.to_thread(store.patch, state.get("patch", "")), ids)
    seconds = state.get("seconds", {})
    return {
        "run_id": store.run_id,
        "raw_run": dump(raw),
        "seconds": seconds | {"tests": seconds.get("tests", 0.0) + raw.seconds + flakes.waited()},
        "test_runs": state.get("test_runs", 0) + 1,
    }


async def _first(state: RepairState, store: RunStore, flakes: FlakyWatch) -> tuple[str, ...] | None:
    best = await asyncio.to_thread(store.report, state["best"]["id"])
    initial = state["initial"]
    return failing_first(
        best, await flakes.alone(), signature_as_found=initial["signature"], whole_seconds=initial.get("seconds", 0.0)
    )
