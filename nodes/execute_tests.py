"""Run the project's tests in a fresh view with the patch of the state."""

from __future__ import annotations

import asyncio
import dataclasses

from ..core.state import RepairState, Update
from ..tools.runs import RunStore
from ..tools.suite import TestSuite


async def execute_tests(state: RepairState, *, suite: TestSuite, store: RunStore) -> Update:
    """Leaves the raw results for ``parse_failures``. Raises ``TestsNotRun`` when the toolchain is missing."""
    raw = await suite.execute(await asyncio.to_thread(store.patch, state.get("patch", "")))
    seconds = state.get("seconds", {})
    return {
        "run_id": store.run_id,
        "raw_run": dataclasses.asdict(raw),
        "seconds": seconds | {"tests": seconds.get("tests", 0.0) + raw.seconds},
        "test_runs": state.get("test_runs", 0) + 1,
    }
