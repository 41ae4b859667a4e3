"""Ask the chain for fixes of what still fails on the best state seen."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..core.codec import dump, load
from ..core.domain import Proposal, Usage
from ..core.errors import AllProvidersFailed
from ..core.limits import Limits
from ..core.state import Record, RepairState, Update, in_turn
from ..tools.runs import RunStore

EXPLANATION_SHOWN = 400
REASON_SHOWN, REASONS_KEPT = 160, 3


class Author(Protocol):
    """Writes fixes: a chain of models with the offline search last."""

    async def write(
        self, *, patch: str, report: str, feedback: str, tried: list[str], without: list[str], framework: str
    ) -> list[Proposal]:
        """Proposals, best first, on top of the stored ``patch``, whose tests said ``report``; none of ``tried``.

        They are for the failing tests of ``framework``; ``without`` names strategies not to use. Raises
        ``AllProvidersFailed``; what it spent is told by ``spent``.
        """
        ...

    def spent(self) -> tuple[Usage, dict[str, float]]:
        """Usage, and wall seconds by strategy, of the last ``write``, failed calls included."""
        ...


async def generate_fix(state: RepairState, *, author: Author, store: RunStore, limits: Limits) -> Update:
    """Adds ``candidates``, or ends the run where nobody has one for the tests of any framework."""
    best, given_up = state["best"], state.get("given_up", [])
    update: Update = {}
    failed: list[str] = []
    over_budget = False
    for turn, framework in enumerate(in_turn(best, given_up)):
        try:
            proposals = await author.write(
                patch=best["patch"],
                report=best["id"],
                feedback="" if turn else state.get("feedback", ""),
                tried=[attempt["patch"] for attempt in state.get("attempts", [])],
                without=[] if turn else state.get("exhausted", []),
                framework=framework,
            )
        except AllProvidersFailed as error:
            failed.append(str(error))
            over_budget = over_budget or error.over_budget
            given_up = [*given_up, framework]
            update |= _spend(state | update, author) | {"given_up": given_up, "exhausted": []}
            if limits.spent(state | update):
                break
        else:
            candidates = [await asyncio.to_thread(_record, proposal, best["patch"], store) for proposal in proposals]
            found: Update = {"candidates": candidates, "iteration": state.get("iteration", 0) + 1}
            return update | _spend(state | update, author) | found
    message = "; ".join(dict.fromkeys(failed)) or f"nobody has a fix for the failing tests of {', '.join(given_up)}"
    reason = "budget" if over_budget else "no_fix"
    return update | {"candidates": [], "stop_reason": reason, "message": message, "success": False}


def _record(proposal: Proposal, base: str, store: RunStore) -> Record:
    return {
        "base": base,
        "patch": store.save_patch(proposal.patch),
        "strategy": str(proposal.strategy),
        "provider": proposal.provider,
        "model": proposal.model,
        "explanation": proposal.explanation[:EXPLANATION_SHOWN],
        "usage": dump(proposal.usage),
        "suspicious": [why[:REASON_SHOWN] for why in proposal.suspicious[:REASONS_KEPT]],
    }


def _spend(state: RepairState, author: Author) -> Update:
    usage, seconds = author.spent()
    total = load(Usage, state["usage"]) + usage if state.get("usage") else usage
    before = state.get("seconds", {})
    added = {name: before.get(name, 0.0) + value for name, value in seconds.items()}
    update: Update = {"usage": dump(total), "seconds": before | added}
    return update
