"""Hand a validated patch to the user: the only place from which the project is written."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..core.domain import Patch
from ..core.errors import AionError, Conflict
from ..core.events import Emit
from ..core.state import Record, RepairState, Update
from ..tools.commit_message import commit_message
from ..tools.runs import RunStore
from ..tools.suite import TestSuite
from ..tools.validation import compare


class Delivery(Protocol):
    """Where a patch goes: the project, a patch file, or the run's folder alone."""

    def approved(self, patch: Patch, *, complete: bool) -> bool:
        """Whether the user, if they are to be asked, lets ``patch`` be written. Blocks until they have answered."""
        ...

    def merged(self, patch: Patch, *, complete: bool) -> tuple[Patch, bool]:
        """``patch`` as it fits the project now, and whether it still has to be tested so. Raises ``Conflict`` where
        the user edited the same places meanwhile."""
        ...

    def deliver(self, patch: Patch, *, complete: bool, message: str) -> Record:
        """Returns ``applied``, ``paths``, ``suggestions``, ``note``. Raises ``Conflict`` when the user edited
        meanwhile. ``message`` is for a commit."""
        ...


class Learner(Protocol):
    """Whoever writes fixes, told of one that holds."""

    def repaired(self, patch: Patch, attempt: Record) -> None:
        """``patch``, which ``attempt`` completed, made all tests pass."""
        ...


async def write_back(
    state: RepairState, *, delivery: Delivery, store: RunStore, author: Learner, suite: TestSuite, emit: Emit
) -> Update:
    """Delivers the best patch. Where that is refused, the run's folder keeps it and the message says so.

    What the user did meanwhile in other places of the same files is merged, if the tests say the same of both together.
    """
    complete = state["decision"] == "accept"
    patch = store.patch(state["best"]["patch"])
    if complete:
        await asyncio.to_thread(author.repaired, patch, state["attempts"][-1])
    try:
        patch, untested = await asyncio.to_thread(delivery.merged, patch, complete=complete)
        if untested:
            await _test_merged(patch, state, store, suite, emit)
        # two steps, so that a cancelled run never writes on an answer that comes too late
        if not await asyncio.to_thread(delivery.approved, patch, complete=complete):
            return _rejected(complete)
        found = await asyncio.to_thread(store.report, state["initial"]["id"])
        message = commit_message(found, state.get("attempts", []), store.run_id)
        delivered = await asyncio.to_thread(delivery.deliver, patch, complete=complete, message=message)
    except AionError as error:
        return _refused("not_written", str(error))
    return _delivered(state, delivered, complete) | {"best": state["best"] | {"patch": patch.id}}


async def _test_merged(patch: Patch, state: RepairState, store: RunStore, suite: TestSuite, emit: Emit) -> None:
    """Run all tests on the project as it is now with ``patch``. Raises ``Conflict`` unless it is as good as before."""
    emit({"event": "merging", "paths": list(patch.paths)})
    report = suite.parse(await suite.execute(patch))
    emit({"event": "node", "node": write_back.__name__, "iteration": state.get("iteration", 0)})
    best = await asyncio.to_thread(store.report, state["best"]["id"])
    flaky = state.get("flaky", [])
    known = {failure.test_id for failure in best.failures}.union(flaky)
    if not compare(best, report, flaky).harmless or not known.issuperset(one.test_id for one in report.failures):
        raise Conflict(
            f"{', '.join(patch.paths)} changed since the run read it, and merged with the patch the tests do not pass:"
            " nothing was written, your version is untouched"
        )


def _rejected(complete: bool) -> Update:
    """A partial patch that is rejected does not change why the run ended."""
    return _refused("rejected", "the patch was not approved") if complete else {"delivered": {"applied": False}}


def _refused(reason: str, message: str) -> Update:
    return {"success": False, "stop_reason": reason, "message": message, "delivered": {"applied": False}}


def _delivered(state: RepairState, delivered: Record, complete: bool) -> Update:
    note = delivered.get("note", "")
    before = state.get("message", "")
    update: Update = {"delivered": delivered}
    if note:
        update["message"] = f"{before}. {note}" if before else note
    return update | {"success": True, "stop_reason": "all_passed"} if complete else update
