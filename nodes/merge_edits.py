"""Fit the best patch to the project as it is now: what the user did meanwhile in its files is merged, and tested."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..core.domain import Patch
from ..core.errors import AionError, Conflict
from ..core.events import Emit
from ..core.state import RepairState, Update
from ..tools.runs import RunStore
from ..tools.suite import TestSuite
from ..tools.validation import compare


class Merging(Protocol):
    """Where a patch is to go."""

    def merged(self, patch: Patch, *, complete: bool) -> tuple[Patch, bool]:
        """``patch`` as it fits the project now, and whether it still has to be tested so. Raises ``Conflict`` where
        the user edited the same places meanwhile."""
        ...

    def asks(self, *, complete: bool) -> bool:
        """Whether somebody is to be asked before a patch is written."""
        ...


async def merge_edits(
    state: RepairState, *, delivery: Merging, store: RunStore, suite: TestSuite, emit: Emit
) -> Update:
    """Sets ``pending``. Where the edits cannot be merged, or the tests do not pass with both, nothing is written: the
    run's folder keeps the patch and the message says so."""
    complete = state["decision"] == "accept"
    patch = await asyncio.to_thread(store.patch, state["best"]["patch"])
    try:
        patch, untested = await asyncio.to_thread(delivery.merged, patch, complete=complete)
        if untested:
            await _test_merged(patch, state, store, suite, emit)
    except AionError as error:
        return not_written(error)
    ask = delivery.asks(complete=complete) and state.get("approved") != patch.id
    return {"pending": {"patch": patch.id, "ask": ask, "problem": state.get("pending", {}).get("problem", "")}}


def not_written(error: AionError) -> Update:
    """The end of a run whose patch could not be written."""
    said = {"message": str(error), "delivered": {"applied": False}, "pending": {}}
    return {"success": False, "stop_reason": "not_written", **said}  # type: ignore[typeddict-item]


async def _test_merged(patch: Patch, state: RepairState, store: RunStore, suite: TestSuite, emit: Emit) -> None:
    """Run all tests on the project as it is now with ``patch``. Raises ``Conflict`` unless it is as good as before."""
    emit({"event": "merging", "paths": list(patch.paths)})
    report = await asyncio.to_thread(suite.parse, await suite.execute(patch))
    best = await asyncio.to_thread(store.report, state["best"]["id"])
    flaky = state.get("flaky", [])
    known = {failure.test_id for failure in best.failures}.union(flaky)
    if not compare(best, report, flaky).harmless or not known.issuperset(one.test_id for one in report.failures):
        raise Conflict(
            f"{', '.join(patch.paths)} changed since the run read it, and merged with the patch the tests do not pass:"
            " nothing was written, your version is untouched"
        )
    await asyncio.to_thread(store.update, merge_tested=patch.id)
