"""The work behind ``fix_tests``: a run from its beginning, or from the question that its user has now answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_types import InputRequiredResult
from pydantic import BaseModel

from ...core.decisions import Decision
from ...core.documents import RepairResult
from ...core.errors import UsageError
from ...core.events import Event
from ...core.settings import load_settings
from ...tools.runs import RunStore
from ..approvals import AWAITING
from ..telling import told
from .answers import Repair
from .texts import WAYS

if TYPE_CHECKING:
    from .tools import Call


async def fix_tests(call: Call) -> tuple[BaseModel, str] | InputRequiredResult:
    """The repair's end; or the question whether it may be written, for a client that brings the answer by calling
    again."""
    home = load_settings(call.project, call.environment, **call.given).home
    waiting = call.reviewer.waiting_run(home)
    ask = True
    if waiting is None:
        events = _begun(call)
    else:
        try:
            decision = call.reviewer.decision(waiting)
        except UsageError as error:
            if again := call.reviewer.question_for(waiting, str(error)):
                return again
            raise
        ask = decision is not None  # who gave no answer is not asked again
        events = _resumed(call, waiting, decision)
    return _answer(call, home, await _followed(call, events), ask=ask)


def _begun(call: Call) -> AsyncIterator[Event]:
    from ..cycle import AutocorrectionCycle

    approve = call.reviewer.approve() if call.approve or call.arguments.approve else None
    apply = call.arguments.apply and call.may_write
    cycle = AutocorrectionCycle(apply=apply, approve=approve, environment=call.environment, **call.settings())
    return cycle.astream(call.project)


def _resumed(call: Call, run: RunStore, decision: Decision | None) -> AsyncIterator[Event]:
    from ..cycle import AutocorrectionCycle

    if not call.may_write:
        raise UsageError(f"this server does not write: answer with `aion-r runs resume {run.run_id}`.")
    cycle = AutocorrectionCycle(environment=call.environment, **call.settings())
    return cycle.astream_resumed(run.run_id, decision)


async def _followed(call: Call, events: AsyncIterator[Event]) -> RepairResult:
    async for event in events:
        call.emit(event)
    result: RepairResult = event["result"]
    call.known.note(call.project, result.final_test_results)
    return result


def _answer(call: Call, home: Path, result: RepairResult, *, ask: bool) -> tuple[BaseModel, str] | InputRequiredResult:
    if ask and result.stop_reason == AWAITING:
        question = call.reviewer.question_for(RunStore.find(home, result.run_id))
        if question is not None:
            return question
    return Repair.of(result, WAYS), told(result, WAYS)
