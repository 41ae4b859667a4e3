"""The question of approval as a form that a client shows to its user, and the decision that the filled-in form is."""

from __future__ import annotations

from typing import Any

from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult

from ...core.decisions import Action, Decision, Question
from ...core.errors import UsageError
from ..screen.terminal import clean, shorten, shorten_id
from ..telling import one_line

LONGEST = 30_000
"""Characters of a patch that a form shows. What is approved is what was shown: of a longer one no client is asked."""
_NAME, _WORDS, _NAMES = 120, 400, 5

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "decision": {
            "type": "string",
            "title": "Decision",
            "description": "accept writes the patch; reject with a reason lets a model try again, without one it ends"
            " the run; edit writes your patch instead, if the tests pass with it",
            "enum": [str(action) for action in Action],
        },
        "reason": {"type": "string", "title": "Reason", "description": "For reject: what should be different"},
        "patch": {"type": "string", "title": "Patch", "description": "For edit: the unified diff as it should be"},
    },
    "required": ["decision"],
}


def shown_whole(question: Question) -> bool:
    """Whether the patch of ``question`` is short enough for a form."""
    return len(question.patch) <= LONGEST


def form(question: Question, project: str, problem: str = "") -> ElicitRequest:
    """What the client shows. ``problem`` says why the last filled-in form was no decision."""
    lines = [f"Shall this be written to {one_line(project)}?", *_said(question, problem), "", clean(question.patch)]
    return ElicitRequest(params=ElicitRequestFormParams(message="\n".join(lines), requested_schema=FORM))


def _said(question: Question, problem: str) -> list[str]:
    lines = []
    if question.repairs:
        named = ", ".join(shorten_id(one_line(name), _NAME) for name in question.repairs[:_NAMES])
        more = len(question.repairs) - _NAMES
        lines.append(f"It repairs {named}{f' and {more} more' if more > 0 else ''}.")
    if not question.complete:
        lines.append("Other tests still fail with it.")
    lines += [f"SUSPICIOUS: {shorten(one_line(why), _WORDS)}" for why in question.suspicious]
    again = problem or question.problem
    return [*lines, f"Asked again: {shorten(one_line(again), _WORDS)}"] if again else lines


def decision_of(answer: ElicitResult | None, question: int) -> Decision | None:
    """The decision on the question of that number; ``None`` where the user gave none, and the run goes on waiting.

    To decline is to reject. A form that was sent back with a field of no use for its decision counts without it.
    Raises ``UsageError`` for one that is no decision.
    """
    if answer is None or answer.action == "cancel":
        return None
    if answer.action == "decline":
        return Decision(Action.REJECT, question=question)
    given = answer.content or {}
    action, reason, patch = given.get("decision"), given.get("reason"), given.get("patch")
    if action not in list(Action):
        raise UsageError("the form came back without a decision: choose accept, reject or edit.")
    needed = {"reason": reason} if action == Action.REJECT else {"patch": patch} if action == Action.EDIT else {}
    return Decision.of({"action": action, "question": question} | needed)
