"""Put the proposal in place: the next test run sees it, the user's project does not."""

from __future__ import annotations

from ..core.state import RepairState, Update
from ..tools.edits.guard import Guard
from ..tools.runs import RunStore


async def apply_fix(state: RepairState, *, guard: Guard, store: RunStore) -> Update:
    """Makes the proposal the patch of the state. Raises ``Forbidden`` for a path that fixes may not touch."""
    patch_id = state["proposal"]["patch"]
    for path in store.patch(patch_id).paths:
        guard.check(path)
    return {"patch": patch_id, "iteration": state.get("iteration", 0) + 1}
