"""One run through the graph: from its start, or from the checkpoint that a killed process left, to its result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.documents import RepairResult
from ..core.errors import TestsNotRun
from ..core.state import RepairState
from ..graph.context import RepairContext
from ..graph.kept import CHECKPOINTS, session_begins
from .result import result_of

if TYPE_CHECKING:
    from ..graph.checkpoints import RunCheckpoints


async def drive(context: RepairContext, *, resuming: bool = False, afresh: str = "") -> RepairResult:
    """The result of the run, which is kept with it. ``afresh``: why a run that is resumed starts from the tests.

    After an interruption or an error, which are raised, it can be resumed.
    """
    state: RepairState = {"project_path": str(context.project)}
    if resuming:
        session_begins(context.store)
    else:
        context.suite.prime()  # the first test run goes on while LangGraph is imported
    try:
        async with asyncio.timeout(_seconds_left(context)):
            async for values in _values(state, context, resuming, afresh):
                state = values
    except TimeoutError:
        state = state | {"stop_reason": "time_limit", "message": "the time limit is reached"}
        state = state | await _keep_best(state, context)
    except TestsNotRun as error:
        state = state | {"stop_reason": "tests_not_run", "message": str(error)}
    except BaseException as error:
        reason = "interrupted" if isinstance(error, asyncio.CancelledError) else "error"
        context.store.update(outcome="error", stop_reason=reason)
        raise
    finally:
        await context.author.aclose()
    result = result_of(state, context)
    if afresh:
        result = replace(result, message=f"{afresh}. {result.message}".strip())
    context.store.finish(result.to_dict())
    return result


def _seconds_left(context: RepairContext) -> float | None:
    limit = context.settings.time_limit
    return None if limit is None else limit - context.elapsed()


async def _keep_best(state: RepairState, context: RepairContext) -> RepairState:
    """What a limit cut short still has to show: the best patch seen is kept with the run, or written if so asked."""
    patch = context.store.patch(state.get("best", {}).get("patch", ""))
    if not patch.edits:
        return {}
    return {"delivered": await asyncio.to_thread(context.delivery.deliver, patch, complete=False)}


async def _values(
    state: RepairState, context: RepairContext, resuming: bool, afresh: str
) -> AsyncIterator[RepairState]:
    """The state after each node. It is on the disk before the next node begins: what was paid for is never lost."""
    graph, checkpoints = await asyncio.to_thread(_load_graph, context)
    run: Any = {"configurable": {"thread_id": context.store.run_id}}
    warming = asyncio.create_task(context.author.warm()) if context.suite.priming else None
    with closing(checkpoints):
        try:
            start: RepairState | None = state
            if resuming and not afresh and await _rewind(graph, run, context):
                start = None
            elif resuming:
                await checkpoints.adelete_thread(context.store.run_id)
            snapshot = await graph.aget_state(run)
            if start is None and not snapshot.next:  # killed between its last node and its result
                yield snapshot.values
                return
            async for values in graph.astream(start, run, context=context, stream_mode="values", durability="sync"):
                yield values
        finally:
            if warming:
                warming.cancel()


def _load_graph(context: RepairContext) -> tuple[Any, RunCheckpoints]:
    from ..graph.builder import build_graph
    from ..graph.checkpoints import RunCheckpoints

    checkpoints = RunCheckpoints(context.store.folder / CHECKPOINTS)
    return build_graph(checkpoints), checkpoints


async def _rewind(graph: Any, run: Any, context: RepairContext) -> bool:
    """Make the run ready to go on from its checkpoint. False where it has none, or none behind the first test run."""
    snapshot = await graph.aget_state(run)
    initial = snapshot.values.get("initial")
    if initial is None:
        return False
    if snapshot.next == ("parse_failures",):  # raw results may have been parsed, and dropped, before the kill
        await graph.aupdate_state(run, {}, as_node="apply_fix")
    if snapshot.next not in ((), ("write_back",)) and not initial.get("not_run"):
        context.flakes.begin(await asyncio.to_thread(context.store.report, initial["id"]))
    return True
