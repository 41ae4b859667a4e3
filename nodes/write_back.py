"""Hand a validated patch to the user: the only place from which the project is written."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..core.domain import Patch
from ..core.errors import AionError
from ..core.state import Record, RepairState, Update
from ..tools.runs import RunStore


class Delivery(Protocol):
    """Where a patch goes: the project, a patch file, or the run's folder alone."""

    def deliver(self, patch: Patch, *, complete: bool) -> Record:
        """Returns ``applied``, ``paths``, ``suggestions``. Raises ``Conflict`` when the user edited meanwhile."""
        ...


async def write_back(state: RepairState, *, delivery: Delivery, store: RunStore) -> Update:
    """Delivers the best patch. Where that is refused, the run's folder keeps it and the message says so."""
    complete = state["decision"] == "accept"
    try:
        delivered = await asyncio.to_thread(delivery.deliver, store.patch(state["best"]["patch"]), complete=complete)
    except AionError as error:
        return {"success": False, "stop_reason": "not_written", "message": str(error), "delivered": {"applied": False}}
    update: Update = {"delivered": delivered}
    return update | {"success": True, "stop_reason": "all_passed"} if complete else update
