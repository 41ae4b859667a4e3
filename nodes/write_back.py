"""Hand a validated patch to the user: the only place from which the project is written."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..core.domain import Patch
from ..core.errors import AionError
from ..core.state import Record, RepairState, Update
from ..tools.commit_message import commit_message
from ..tools.runs import RunStore
from .merge_edits import Merging, not_written


class Delivery(Merging, Protocol):
    """Where a patch goes: the project, a patch file, or the run's folder alone."""

    def deliver(self, patch: Patch, *, complete: bool, message: str) -> Record:
        """Returns ``applied``, ``paths``, ``suggestions``, ``note``. Raises ``Conflict`` when the user edited
        meanwhile. ``message`` is for a commit."""
        ...


class Learner(Protocol):
    """Whoever writes fixes, told of one that holds."""

    def repaired(self, patch: Patch, attempt: Record) -> None:
        """``patch``, which ``attempt`` completed, made all tests pass."""
        ...


async def write_back(state: RepairState, *, delivery: Delivery, store: RunStore, author: Learner) -> Update:
    """Delivers the pending patch. Where that is refused, the run's folder keeps it and the message says so.

    A patch that does not fit any more, or that nobody approved where somebody is to be asked, is not: ``pending`` is
    emptied, and it is merged and asked about again.
    """
    complete = state["decision"] == "accept"
    best = await asyncio.to_thread(store.patch, state["best"]["patch"])
    try:
        patch, untested = await asyncio.to_thread(delivery.merged, best, complete=complete)
        unasked = delivery.asks(complete=complete) and state.get("approved") != patch.id
        if untested or unasked or patch.id != state["pending"]["patch"]:
            return {"pending": {}}
        taken = _taken(state)
        if complete:
            await asyncio.to_thread(author.repaired, best, taken[-1])
        found = await asyncio.to_thread(store.report, state["initial"]["id"])
        message = commit_message(found, taken, store.run_id)
        delivered = await asyncio.to_thread(delivery.deliver, patch, complete=complete, message=message)
    except AionError as error:
        return not_written(error)
    return _delivered(state, delivered, complete) | {"best": state["best"] | {"patch": patch.id}}


def _taken(state: RepairState) -> list[Record]:
    """The attempts up to the best patch, without those that a reviewer turned down."""
    refused = {one["patch"] for one in state.get("decisions", []) if one["action"] == "reject"}
    attempts = state.get("attempts", [])
    last = max((number for number, one in enumerate(attempts) if one["patch"] == state["best"]["patch"]), default=-1)
    return [one for one in attempts[: last + 1] if one["patch"] not in refused]


def _delivered(state: RepairState, delivered: Record, complete: bool) -> Update:
    note = delivered.get("note", "")
    before = state.get("message", "")
    update: Update = {"delivered": delivered}
    if note:
        update["message"] = f"{before}. {note}" if before else note
    return update | {"success": True, "stop_reason": "all_passed"} if complete else update
