"""One run through the graph: from its start, or from the checkpoint that a killed process left, to its result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..core.decisions import Decision, Question
from ..core.documents import RepairResult
from ..core.errors import NotWaiting, TestsNotRun
from ..core.state import RepairState
from ..graph.context import RepairContext
from ..graph.kept import CHECKPOINTS, session_begins
from .approvals import AWAITING, Approve, asked
from .result import result_of

if TYPE_CHECKING:
    from ..graph.checkpoints import RunCheckpoints

INTERRUPTED = "__interrupt__"
_ASKING = ("request_approval",)
_WAITS = {
    "stop_reason": AWAITING,
    "message": "the patch waits for approval: nothing is written before",
    "success": False,
}


@dataclass(frozen=True)
class Going:
    """How a run begins. ``resuming``: from its checkpoint; ``afresh``: why it starts from the tests all the same;
    ``decision``: the answer to the question at which it had stopped."""

    resuming: bool = False
    afresh: str = ""
    decision: Decision | None = None


FROM_THE_START = Going()


async def drive(context: RepairContext, approve: Approve | None = None, going: Going = FROM_THE_START) -> RepairResult:
    """The result of the run, which is kept with it. ``approve`` answers its questions.

    Without an answer, and after an interruption or an error, which are raised, it can be resumed.
    """
    if going.resuming:
        session_begins(context.store)
    else:
        context.suite.prime()  # the first test run goes on while LangGraph is imported
    run = _Run(context, approve, going)
    try:
        await run.to_its_end()
    except TimeoutError:
        run.state |= {"stop_reason": "time_limit", "message": "the time limit is reached"}
        run.state |= await _keep_best(run.state, context)
    except TestsNotRun as error:
        run.state |= {"stop_reason": "tests_not_run", "message": str(error)}
    except BaseException as error:
        reason = "interrupted" if isinstance(error, asyncio.CancelledError) else "error"
        context.store.update(outcome="error", stop_reason=reason)
        raise
    finally:
        await context.author.aclose()
    result = result_of(run.state, context)
    if going.afresh:
        result = replace(result, message=f"{going.afresh}. {result.message}".strip())
    if result.stop_reason != AWAITING:
        context.store.finish(result.to_dict())
    return result


async def _keep_best(state: RepairState, context: RepairContext) -> RepairState:
    """What a limit cut short still has to show: the best patch seen is kept with the run, or written if so asked."""
    patch = context.store.patch(state.get("best", {}).get("patch", ""))
    if not patch.edits:
        return {}
    if context.delivery.asks(complete=False):
        return {"delivered": {"applied": False}}  # there is no time left for an answer
    return {"delivered": await asyncio.to_thread(context.delivery.deliver, patch, complete=False)}


class _Run:
    """The machine of one run, and the state after its last node."""

    def __init__(self, context: RepairContext, approve: Approve | None, going: Going) -> None:
        self.state: RepairState = {"project_path": str(context.project)}
        self._context = context
        self._approve = approve
        self._going = going
        self._config: Any = {"configurable": {"thread_id": context.store.run_id}}

    async def to_its_end(self) -> None:
        """Or to a question that nobody answers now."""
        async with self._machine() as graph:
            start = await self._start(graph)
            while start is not _ENDED:
                question = await self._stretch(graph, start)
                if question is None:
                    return
                decision = await self._ask(question)
                if decision is None:
                    self.state |= _WAITS  # type: ignore[typeddict-item]
                    return
                start = _answering(decision)

    @asynccontextmanager
    async def _machine(self) -> AsyncIterator[Any]:
        context = self._context
        graph, checkpoints = await asyncio.to_thread(_load_graph, context)
        warming = asyncio.create_task(context.author.warm()) if context.suite.priming else None
        with closing(checkpoints):
            try:
                if self._going.resuming and self._going.afresh:
                    await checkpoints.adelete_thread(context.store.run_id)
                yield graph
            finally:
                if warming:
                    warming.cancel()

    async def _start(self, graph: Any) -> Any:
        """What the graph is to begin with: the state, nothing to go on from the checkpoint, or an answer."""
        going = self._going
        if not going.resuming or not await _rewind(graph, self._config, self._context):
            return self.state
        snapshot = await graph.aget_state(self._config)
        self.state = snapshot.values
        if going.decision and snapshot.next != _ASKING:
            raise NotWaiting(f"run {self._context.store.run_id} waits for no answer.")
        if not snapshot.next:  # killed between its last node and its result
            return _ENDED
        return _answering(going.decision) if going.decision else None

    async def _stretch(self, graph: Any, start: Any) -> Question | None:
        """On to the next question, or to the end. The state is on the disk before the next node begins: what was paid
        for is never lost."""
        context = self._context
        limit = context.settings.time_limit
        given: Any = {"context": context, "stream_mode": "values", "durability": "sync"}
        async with asyncio.timeout(None if limit is None else limit - context.elapsed()):
            async for values in graph.astream(start, self._config, **given):
                if INTERRUPTED in values:
                    return Question.of(values[INTERRUPTED][0].value)
                self.state = values
        return None

    async def _ask(self, question: Question) -> Decision | None:
        """The answer, for which the run's clock is stopped; the question is kept with the run until there is one."""
        context, began = self._context, time.time()
        context.store.update(outcome="waiting", stop_reason=AWAITING, question=question.to_dict())
        context.emit({"event": "approval"} | question.to_dict())
        with context.elapsed.stopped():
            decision = await asked(self._approve, question)
        if decision is not None:
            since = context.store.facts["session_at"] + time.time() - began
            context.store.update(outcome="running", stop_reason=None, question=None, session_at=since)
        return decision


_ENDED = object()


def _answering(decision: Decision) -> Any:
    from langgraph.types import Command

    return Command(resume=decision.to_dict())


def _load_graph(context: RepairContext) -> tuple[Any, RunCheckpoints]:
    from ..graph.builder import build_graph
    from ..graph.checkpoints import RunCheckpoints

    checkpoints = RunCheckpoints(context.store.folder / CHECKPOINTS)
    return build_graph(checkpoints), checkpoints


async def _rewind(graph: Any, run: Any, context: RepairContext) -> bool:
    """Make the run ready to go on from its checkpoint. False where it has none, or none behind the first test run."""
    snapshot = await graph.aget_state(run)
    initial = snapshot.values.get("initial")
    if not initial:
        return False
    if snapshot.next == ("parse_failures",):  # raw results may have been parsed, and dropped, before the kill
        await graph.aupdate_state(run, {}, as_node="apply_fix")
    if snapshot.next not in ((), ("merge_edits",), _ASKING, ("write_back",)) and not initial.get("not_run"):
        context.flakes.begin(await asyncio.to_thread(context.store.report, initial["id"]))
    return True
