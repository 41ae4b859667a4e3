"""Ask somebody whether the pending patch may be written, and lead the run where the answer says (``core.decisions``).

The graph stops in ``ask`` until there is an answer, for days if need be, and in another process too: then this node
runs again from its top. So nothing before the question may do anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from ..core.brief import IDS_SHOWN
from ..core.codec import dump
from ..core.decisions import Action, Decision, Question
from ..core.domain import Patch, Usage
from ..core.errors import AionError
from ..core.limits import Limits
from ..core.state import Record, RepairState, Update
from ..tools.edits.diff import unified_diff
from ..tools.runs import RunStore
from .evaluate_convergence import end

Ask = Callable[[Record], Any]
"""Hands a question to whoever answers, and returns the answer: LangGraph's ``interrupt``."""

EDITED = "edited by a reviewer"
UNUSABLE = "unusable"
"""In the place of an action: the answer was no decision, or for another question."""


class Editing(Protocol):
    """Reads the patch of a reviewer."""

    def edited(self, diff: str) -> Patch:
        """The patch that ``diff`` is. Raises ``EditError``."""
        ...


async def request_approval(
    state: RepairState, *, ask: Ask, delivery: Editing, store: RunStore, limits: Limits
) -> Update:
    """Adds to ``decisions`` and sets ``pending["answer"]``: ``accept``, ``edit`` (to be tested), ``again`` (rejected
    with a reason, a repair goes on), ``stop`` (rejected) or ``ask`` (the answer cannot be used: ``problem`` says why).
    """
    question = await asyncio.to_thread(question_of, state, store)
    given = ask(question.to_dict())
    record = {"question": question.question, "action": UNUSABLE, "reason": "", "patch": state["pending"]["patch"]}
    try:
        decision = _for(question, given)
        record |= {"action": str(decision.action), "reason": decision.reason}
        update = await asyncio.to_thread(_decided, state, decision, delivery, store, limits)
    except AionError as error:
        update = _answered(state, "ask", problem=str(error))
    update["decisions"] = [record]
    return update


def question_of(state: RepairState, store: RunStore) -> Question:
    """What is to be asked of the pending patch."""
    best, pending = state["best"], state["pending"]
    attempt = next((one for one in reversed(state["attempts"]) if one["patch"] == best["patch"]), state["attempts"][-1])
    failing = {failure.test_id for failure in store.report(best["id"]).failures}
    found = store.report(state["initial"]["id"])
    patch = store.patch(pending["patch"])
    return Question(
        run_id=store.run_id,
        question=len(state.get("decisions", [])) + 1,
        patch=unified_diff(patch),
        paths=patch.paths,
        repairs=tuple(one.test_id for one in found.failures if one.test_id not in failing)[:IDS_SHOWN],
        complete=state["decision"] == "accept",
        verdict=attempt["verdict"],
        suspicious=tuple(attempt.get("suspicious", ())),
        explanation=attempt["explanation"],
        problem=pending.get("problem", ""),
    )


def _for(question: Question, given: Any) -> Decision:
    decision = Decision.of(given)
    if decision.question not in (0, question.question):
        raise AionError(f"that was an answer to question {decision.question}, this is question {question.question}")
    return decision


def _decided(state: RepairState, decision: Decision, delivery: Editing, store: RunStore, limits: Limits) -> Update:
    if decision.action is Action.EDIT:
        return _edit(state, decision, delivery, store)
    return _accept(state) if decision.action is Action.ACCEPT else _reject(state, decision.reason, limits)


def _answered(state: RepairState, answer: str, problem: str = "") -> Update:
    return {"pending": state["pending"] | {"answer": answer, "problem": problem}}


def _accept(state: RepairState) -> Update:
    return _answered(state, "accept") | {"approved": state["pending"]["patch"]}


def _edit(state: RepairState, decision: Decision, delivery: Editing, store: RunStore) -> Update:
    """The patch as the reviewer wants it is a candidate of the same iteration, and approved if it holds."""
    patch = store.save_patch(delivery.edited(decision.patch))
    if patch == state["pending"]["patch"]:
        return _accept(state)
    author = {name: state["attempts"][-1][name] for name in ("strategy", "provider", "model")}
    candidate = author | {
        "base": state["pending"]["patch"],
        "patch": patch,
        "explanation": EDITED,
        "usage": dump(Usage()),
        "suspicious": [],
        "edited": True,
    }
    return _answered(state, "edit") | {"candidates": [candidate], "approved": patch}


def _reject(state: RepairState, reason: str, limits: Limits) -> Update:
    """A partial patch that is rejected does not change why the run ended."""
    said = "the patch was not approved" + (f": {reason}" if reason else "")
    ended: Update = {"delivered": {"applied": False}}
    if state["decision"] != "accept":
        return _answered(state, "stop") | ended
    ended |= {"success": False, "stop_reason": "rejected", "message": said}
    if not reason:
        return _answered(state, "stop") | ended
    again = _again(state, reason)
    stop, why = end(state, limits, again["exhausted"])
    if stop:
        return _answered(state, "stop") | ended | {"message": f"{said} ({why})"}
    return _answered(state, "again") | again


def _again(state: RepairState, reason: str) -> Update:
    """Back to the state before the rejected patch; the search would only find the same again."""
    before = state["rollback"]
    return {
        "best": before,
        "patch": before["patch"],
        "candidates": [],
        "decision": "repair",
        "feedback": f"All tests passed with the last patch, but a reviewer rejected it: {reason}",
        "exhausted": ["offline"] if state["attempts"][-1]["strategy"] == "offline" else [],
        "given_up": [],
        "stalls": 0,
    }
