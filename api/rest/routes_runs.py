"""``/api/qa``: runs asked for, looked at and followed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from ...tools.runs import RunStore
from ..event_log import last_event
from .answers import Accepted, Reports, RunDocument, RunPage
from .asking import Asked
from .bodies import HEAD
from .callers import TracedCaller
from .idempotency import hashed
from .jobs import Job
from .models import RunRequest, Status
from .openapi import EVENT, problems
from .problems import Document, Problem
from .projects import project_id
from .results import stored_result
from .run_views import links, report_numbers, result_document
from .services import Server, Services
from .streaming import MOST_STREAMS, EventStream, Follow, gone

router = APIRouter(prefix="/api/qa", tags=["runs"])
RunId = Annotated[str, InPath(max_length=100, pattern=r"^[A-Za-z0-9-]+$", examples=["20261122-174005-3f9a1c"])]


@router.post(
    "/run",
    status_code=202,
    response_model=Accepted,
    summary="Start a run",
    responses=problems(
        *(403, 404, 409, 422, 429, 503),
        also={200: {"description": "With wait=true: the result, as `aion-r fix --json` prints it."}},
    ),
)
async def start_run(
    asked: RunRequest,
    request: Request,
    server: Server,
    caller: TracedCaller,
    wait: Annotated[bool, Query(description="Answer when the run has ended, with its result.")] = False,
    key: Annotated[
        str,
        Header(max_length=255, alias="Idempotency-Key", description="The same again: the same run."),
    ] = "",
) -> Response:
    """Repairs a project in the background: 202 at once, and its events and its state tell the rest."""
    project = await asyncio.to_thread(_project, asked, server)
    store, job = await server.queue.submit(Asked(asked, project, hashed(key), caller))
    if wait:
        return await _waited(request, server, store, job)
    return accepted(server, store, job)


@router.get("/runs", response_model=RunPage, summary="List runs, newest first", responses=problems(422))
async def list_runs(
    server: Server,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    cursor: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,100}$", description="`next` of the page before.")] = "",
    status: Annotated[Status | None, Query()] = None,
    project: Annotated[str, Query(alias="projectId", pattern=r"^(p_[0-9a-f]{16})?$")] = "",
) -> Response:
    """The runs of projects below the roots, those of the command line too."""
    rows, following = await asyncio.to_thread(server.views.page, limit, cursor, status or "", project)
    return Document({"runs": rows, "next": following})


@router.get("/runs/{run_id}", response_model=RunDocument, summary="One run", responses=problems(404))
async def show_run(run_id: RunId, server: Server) -> Response:
    """Where it is, and its result once it has ended."""
    store = server.views.find(run_id)
    if server.queue.job(run_id):  # small: a thread would take longer to be woken
        return Document(server.views.document(store))
    return Document(await asyncio.to_thread(server.views.document, store))


@router.get(
    "/runs/{run_id}/events",
    summary="Follow a run",
    response_class=Response,
    responses=problems(
        *(404, 422, 429),
        also={
            200: {
                "description": "Server-sent events.",
                "content": {"text/event-stream": {"schema": EVENT}},
            },
            204: {"description": "The run has ended, and all of its events are known."},
        },
    ),
)
async def follow_run(
    run_id: RunId,
    request: Request,
    server: Server,
    last: Annotated[
        str, Header(alias="Last-Event-ID", pattern=r"^[0-9]{0,15}$", description="The last event known.")
    ] = "",
    after: Annotated[int, Query(ge=0, le=10**15, description="The same, where no header can be sent.")] = 0,
) -> Response:
    """From the first event, or after the last one known, to the end of the run."""
    store = server.views.find(run_id)
    known = int(last or after)
    bell = server.queue.bell(run_id)
    if not server.queue.job(run_id):
        await server.onlooker.watch(store, bell)
    follow = Follow(store.events_file, known, bell, lambda: _alive(server, store))
    if request.scope.get(HEAD):
        return Response(media_type="text/event-stream")
    if not follow.alive() and known >= last_event(store.events_file)[0]:
        return Response(status_code=204)
    if server.metrics.open_streams >= MOST_STREAMS:
        raise Problem(429, "too many clients follow runs.", headers={"Retry-After": "5"})
    return EventStream(follow, server.metrics, server.closing, server.config.token)


@router.get("/runs/{run_id}/reports", response_model=Reports, summary="The test reports", responses=problems(404))
async def list_reports(run_id: RunId, server: Server) -> Response:
    """Their numbers, the first one of the project as found."""
    return Document({"reports": report_numbers(server.views.find(run_id))})


@router.get("/runs/{run_id}/reports/{number}", summary="One test report", responses=problems(404))
async def show_report(
    run_id: RunId, number: Annotated[str, InPath(pattern=r"^[0-9]{4,9}$", examples=["0001"])], server: Server
) -> dict[str, Any]:
    """What `aion-r test --json` prints."""
    found = await asyncio.to_thread(lambda: server.views.report(server.views.find(run_id), number))
    return Document(found)  # type: ignore[return-value]  # the annotation is for OpenAPI


@router.get(
    "/runs/{run_id}/patch",
    summary="The best patch",
    response_class=Response,
    responses=problems(
        404,
        also={
            200: {"content": {"text/x-diff": {"schema": {"type": "string"}}}},
            204: {"description": "There is none, or none yet."},
        },
    ),
)
async def show_patch(run_id: RunId, server: Server) -> Response:
    """As a unified diff, without keys."""
    store = server.views.find(run_id)
    if not store.patch_file.is_file():
        return Response(status_code=204)
    hide = server.hide_for(Path(store.facts["project"]))
    text = await asyncio.to_thread(store.patch_file.read_text, encoding="utf-8", errors="replace")
    return Response(hide(text), media_type="text/x-diff")


@router.get(
    "/runs/{run_id}/report.html",
    summary="The report, as a page",
    response_class=Response,
    responses=problems(404, 409, also={200: {"content": {"text/html": {"schema": {"type": "string"}}}}}),
)
async def html_page(run_id: RunId, server: Server) -> Response:
    """One file that needs nothing but a browser."""
    from ..report import html_report

    def page() -> str:
        store = _ended(server, run_id)
        facts = store.facts
        result = stored_result(store, server.hide_for(Path(facts["project"])))
        return html_report(result, project=facts["project"], started_at=facts["started_at"])

    return Response(await asyncio.to_thread(page), media_type="text/html", headers={"content-security-policy": _REPORT})


@router.get(
    "/runs/{run_id}/report.md",
    summary="The report, for a pull request",
    response_class=Response,
    responses=problems(404, 409, also={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}}),
)
async def markdown_page(run_id: RunId, server: Server) -> Response:
    """Markdown."""
    from ..report import markdown_summary

    def page() -> str:
        store = _ended(server, run_id)
        return markdown_summary(stored_result(store, server.hide_for(Path(store.facts["project"]))))

    return Response(await asyncio.to_thread(page), media_type="text/markdown")


_REPORT = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
"""A report brings its styles along and needs nothing else; scripts never run in it."""


def _project(asked: RunRequest, server: Services) -> Path:
    if asked.project_id:
        return server.projects.find(asked.project_id)
    return server.projects.register(asked.path or "")


def _alive(server: Services, store: RunStore) -> bool:
    return server.onlooker.watches(store.run_id) or server.views.alive(store)


def _ended(server: Services, run_id: str) -> RunStore:
    store = server.views.find(run_id)
    if result_document(store) is None:
        raise Problem(409, f"run {run_id} has not ended: there is no report yet.")
    return store


def accepted(server: Services, store: RunStore, job: Job | None) -> Response:
    """202, and where to look."""
    document = {
        "runId": store.run_id,
        "status": job.status if job else server.views.document(store)["status"],
        "projectId": project_id(store.facts["project"]),
        "position": server.queue.position(job) if job else None,
        "links": links(store.run_id),
    }
    return Document(document, 202, headers={"Location": f"/api/qa/runs/{store.run_id}"})


async def _waited(request: Request, server: Services, store: RunStore, job: Job | None) -> Response:
    """The result; who leaves before is not waited for, and the run goes on."""
    if job is not None:
        waits = {asyncio.create_task(job.done.wait()), asyncio.create_task(gone(request.receive))}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if not job.done.is_set():
            return Response(status_code=204)
    if server.views.alive(store):
        return accepted(server, store, None)
    return Document(await asyncio.to_thread(server.views.result, store))
