"""Who answers a run that asks before it writes: a function of the caller's, or whoever sends an answer from elsewhere.

A face that gets answers by request (REST, a notebook) gives ``OpenQuestions().ask`` as ``approve`` to every run of its
process. The runs wait, with all that they hold, and an answer is handed in with one call::

    if not questions.answer(run_id, decision):                    # no run of this process waits for it
        events = cycle.astream_resumed(run_id, decision=decision)  # from its checkpoint; begin it as any other run
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..core.decisions import Decision, Question
from ..core.errors import NotWaiting
from ..tools.runs import RunStore

Approve = Callable[[Question], Any]
"""Called in a thread with the question. Returns, or is a coroutine function that returns, a ``Decision``, a mapping of
its shape, ``True`` or ``False``; or ``None`` for no answer: then the run stops, and can be resumed with one."""

AWAITING = "awaiting_approval"
"""Stop reason of a run that stopped at its question."""


async def asked(approve: Approve | None, question: Question) -> Decision | None:
    """What ``approve`` answers. Raises ``UsageError`` for what is no decision."""
    given = await asyncio.to_thread(approve, question) if approve else None
    if inspect.isawaitable(given):
        given = await given
    return None if given is None else Decision.of(given)


def check_waiting(store: RunStore, decision: Decision) -> None:
    """Raises ``NotWaiting`` where the run of ``store`` has no question open, or another than the decision is for."""
    facts = store.facts
    run, question = f"run {store.run_id}", facts.get("question")
    if facts.get("finished_at"):
        raise NotWaiting(f"{run} waits for no answer any more: it has ended ({facts['outcome']}).")
    if question is None:
        raise NotWaiting(f"{run} waits for no answer: its questions have been answered, or it has not asked yet.")
    if decision.question not in (0, question["question"]):
        raise NotWaiting(f"question {decision.question} of {run} is not open: question {question['question']} is.")


@dataclass
class _Open:
    question: Question
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Decision] = field(default_factory=asyncio.Future)
    answered: bool = False


class OpenQuestions:
    """The questions of runs in this process that wait for an answer from elsewhere. Safe to call from any thread."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    async def ask(self, question: Question) -> Decision:
        """Wait for ``answer``: give this as ``approve``. A run that is cancelled meanwhile can be resumed."""
        opened = _Open(question, asyncio.get_running_loop())
        self._open[question.run_id] = opened
        try:
            return await opened.answer
        finally:
            self._open.pop(question.run_id, None)

    def waiting(self) -> list[Question]:
        """The questions that are open."""
        return [one.question for one in list(self._open.values()) if not one.answered]

    def answer(self, run_id: str, decision: Any) -> bool:
        """Hand in the answer to the open question of ``run_id``. False where no run of this process waits for one.

        Raises ``NotWaiting`` for a question that has been answered already, ``UsageError`` for what is no decision.
        """
        chosen = Decision.of(decision)
        opened = self._open.get(run_id)
        if opened is None:
            return False
        number = opened.question.question
        if opened.answered or chosen.question not in (0, number):
            other = f"question {chosen.question} of run {run_id} is not open: question {number} is."
            raise NotWaiting(f"question {number} of run {run_id} has been answered." if opened.answered else other)
        opened.answered = True
        opened.loop.call_soon_threadsafe(opened.answer.set_result, chosen)
        return True
