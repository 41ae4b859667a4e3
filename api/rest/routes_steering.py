"""``/api/qa/runs/{id}/…``: a run cancelled, resumed, decided about, undone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from ...core.decisions import Decision
from ...graph.context import hold_project
from ...tools.runs import RunStore
from ...tools.workspace import Workspace
from ..event_log import append_event
from .answers import Accepted, RunDocument, Undone
from .callers import TracedCaller
from .models import DecisionRequest
from .openapi import problems
from .problems import Document, Problem
from .routes_runs import RunId, accepted
from .services import Server, Services
from .settling import WAITING, settle_waiting

router = APIRouter(prefix="/api/qa/runs/{run_id}", tags=["runs"])


@router.post("/cancel", status_code=202, response_model=RunDocument, summary="End a run", responses=problems(404, 409))
async def cancel_run(run_id: RunId, server: Server) -> Response:
    """Its tests are ended and the project stays as it was; `resume` goes on with it."""
    store = server.views.find(run_id)
    job = server.queue.job(run_id)
    if job is not None:
        await server.queue.cancel(job)
    elif store.facts["outcome"] == WAITING:
        await asyncio.to_thread(settle_waiting, store)
        server.queue.bell(run_id).ring()
    else:
        raise Problem(409, f"run {run_id} is not at work here: there is nothing to cancel.")
    return Document(await asyncio.to_thread(server.views.document, store), 202)


@router.post(
    "/resume",
    status_code=202,
    response_model=Accepted,
    summary="Go on with a run",
    responses=problems(404, 409, 429, 503),
)
async def resume_run(run_id: RunId, server: Server, caller: TracedCaller) -> Response:
    """One that was cancelled, or cut short by the end of a server. Nothing is paid for twice."""
    store = server.views.find(run_id)
    if not server.projects.allows(store.facts["project"]):
        raise Problem(409, f"{store.facts['project']} is not there any more.")
    return accepted(server, store, await server.queue.resume(store, caller))


@router.post(
    "/approval",
    status_code=202,
    response_model=RunDocument,
    summary="Decide about a patch",
    responses=problems(404, 409, 422, 429, 503),
)
async def decide(run_id: RunId, asked: DecisionRequest, server: Server, caller: TracedCaller) -> Response:
    """Once for each question: accept, reject (with a reason the loop goes on), or edit."""
    store = server.views.find(run_id)
    decision = Decision.of(asked.model_dump(exclude_none=True))
    await server.queue.decide(store, decision, caller)
    return Document(await asyncio.to_thread(server.views.document, store), 202)


@router.post("/undo", response_model=Undone, summary="Take a run back", responses=problems(404, 409))
async def undo_run(run_id: RunId, server: Server) -> Response:
    """Puts the files back, byte for byte. Refuses, and changes nothing, when a file was edited since."""
    store = server.views.find(run_id)
    return Document({"paths": await asyncio.to_thread(_undo, store, server)})


def _undo(store: RunStore, server: Services) -> list[str]:
    facts = store.facts
    if server.queue.job(store.run_id) or not store.journal.is_file() or facts.get("undone_at"):
        raise Problem(409, f"run {store.run_id} has written nothing that is still there: there is nothing to undo.")
    if not server.projects.allows(facts["project"]):
        raise Problem(409, f"{facts['project']} is not there any more.")
    with hold_project(Path(facts["project"]), server.config.home):
        files = list(Workspace(Path(facts["project"])).undo(store.journal))
        store.update(undone_at=datetime.now(UTC).isoformat())
        append_event(store.events_file, {"event": "undone", "paths": files})
    return files
