"""Ask the chain for fixes of what still fails on the best state seen."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..core.codec import dump, load
from ..core.domain import Proposal, Usage
from ..core.errors import AllProvidersFailed
from ..core.state import Record, RepairState, Update
from ..tools.runs import RunStore

EXPLANATION_SHOWN = 400


class Author(Protocol):
    """Writes fixes: a chain of models with the offline search last."""

    async def write(
        self, *, patch: str, report: str, feedback: str, tried: list[str], without: list[str]
    ) -> list[Proposal]:
        """Proposals, best first, on top of the stored ``patch``, whose tests said ``report``; none of ``tried``.

        ``without`` names strategies not to use. Raises ``AllProvidersFailed``; what it spent is told by ``spent``.
        """
        ...

    def spent(self) -> tuple[Usage, dict[str, float]]:
        """Usage, and wall seconds by strategy, of the last ``write``, failed calls included."""
        ...


async def generate_fix(state: RepairState, *, author: Author, store: RunStore) -> Update:
    """Adds ``candidates``, or ends the run where nobody has one."""
    best = state["best"]
    try:
        proposals = await author.write(
            patch=best["patch"],
            report=best["id"],
            feedback=state.get("feedback", ""),
            tried=[attempt["patch"] for attempt in state.get("attempts", [])],
            without=state.get("exhausted", []),
        )
    except AllProvidersFailed as error:
        nothing: Update = {"candidates": [], "stop_reason": "no_fix", "message": str(error), "success": False}
        return _spend(state, author) | nothing
    candidates = [await asyncio.to_thread(_record, proposal, best["patch"], store) for proposal in proposals]
    found: Update = {"candidates": candidates, "iteration": state.get("iteration", 0) + 1}
    return _spend(state, author) | found


def _record(proposal: Proposal, base: str, store: RunStore) -> Record:
    return {
        "base": base,
        "patch": store.save_patch(proposal.patch),
        "strategy": str(proposal.strategy),
        "provider": proposal.provider,
        "model": proposal.model,
        "explanation": proposal.explanation[:EXPLANATION_SHOWN],
        "usage": dump(proposal.usage),
    }


def _spend(state: RepairState, author: Author) -> Update:
    usage, seconds = author.spent()
    total = load(Usage, state["usage"]) + usage if state.get("usage") else usage
    before = state.get("seconds", {})
    added = {name: before.get(name, 0.0) + value for name, value in seconds.items()}
    update: Update = {"usage": dump(total), "seconds": before | added}
    return update
