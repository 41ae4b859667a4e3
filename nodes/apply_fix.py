"""Put the next candidate in place: the next test run sees it, the user's project does not."""

from __future__ import annotations

import asyncio

from ..core.state import RepairState, Update
from ..tools.edits.guard import Guard
from ..tools.runs import RunStore


async def apply_fix(state: RepairState, *, guard: Guard, store: RunStore) -> Update:
    """Takes the first candidate as the patch of the state. Raises ``Forbidden`` for a path fixes may not touch."""
    proposal, *waiting = state["candidates"]
    await asyncio.to_thread(_check, proposal["patch"], guard, store)
    return {"proposal": proposal, "patch": proposal["patch"], "candidates": waiting}


def _check(patch_id: str, guard: Guard, store: RunStore) -> None:
    for path in store.patch(patch_id).paths:
        guard.check(path)
