"""Put the next candidate in place: the next test run sees it, the user's project does not."""

from __future__ import annotations

from ..core.state import RepairState, Update
from ..tools.edits.guard import Guard
from ..tools.runs import RunStore


async def apply_fix(state: RepairState, *, guard: Guard, store: RunStore) -> Update:
    """Takes the first candidate as the patch of the state. Raises ``Forbidden`` for a path fixes may not touch."""
    proposal, *waiting = state["candidates"]
    for path in store.patch(proposal["patch"]).paths:
        guard.check(path)
    return {"proposal": proposal, "patch": proposal["patch"], "candidates": waiting}
