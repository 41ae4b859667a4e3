"""Begin a run, also on a thread that had one before: what that left in the state is forgotten."""

from __future__ import annotations

from ..core.state import NOTHING_DONE, RepairState, Update
from ..tools.runs import RunStore


async def begin_run(state: RepairState, *, store: RunStore) -> Update:
    """Sets ``run_id``; everything else is as if nothing had been done, but for what was asked for."""
    return {**NOTHING_DONE, "run_id": store.run_id}
