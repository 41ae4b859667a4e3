"""Projects, generation, and the server itself: health, figures, documentation, the page."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Coroutine
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...core.settings import load_settings, read_environment
from ...providers.registry import configured
from .answers import Health, Project, Projects, ServerDocument
from .callers import TracedCaller
from .documentation import STYLE, page_of
from .metrics import MEDIA_TYPE
from .models import GenerateRequest, ProjectRequest
from .openapi import problems
from .problems import Document, Problem
from .projects import project_id
from .services import Server, Services
from .start_folder import start_folder
from .streaming import gone
from .worker import Message

router = APIRouter()
_STATUS = {2: 422, 4: 409, 130: 503}
"""Of an answer, by exit status: a wrong request, a budget that is too small, the end of the server. Else no model gave
an answer."""


@router.post(
    "/api/projects",
    status_code=201,
    response_model=Project,
    tags=["projects"],
    summary="Register a project",
    responses=problems(403, 404, 422),
)
async def register(asked: ProjectRequest, server: Server) -> Response:
    """A folder below a root. The same folder always has the same id."""
    folder = await asyncio.to_thread(server.projects.register, asked.path)
    return Document(_project(server, str(folder)), 201)


@router.get("/api/projects", response_model=Projects, tags=["projects"], summary="List projects")
async def list_projects(server: Server) -> Response:
    """Those that were registered, by themselves or with a run."""
    folders = await asyncio.to_thread(server.projects.all)
    return Document({"projects": [_project(server, str(folder)) for folder in folders]})


@router.post(
    "/api/ai/generate", tags=["models"], summary="Code from requirements", responses=problems(409, 422, 429, 502, 503)
)
async def generate(asked: GenerateRequest, request: Request, server: Server, caller: TracedCaller) -> dict[str, Any]:
    """Files for the language and framework, with tests. Nothing is written."""
    if server.generating.locked():
        raise Problem(429, "as much is generated as this server does at once.", headers={"Retry-After": "10"})
    await asyncio.to_thread(_check_models, asked)
    async with server.generating:
        order = {"do": "generate", "asked": asked.model_dump(mode="json"), "caller": caller}
        ended = await _unless_gone(request, server.workers.work(order, lambda message: None, lambda worker: None))
    if ended["tell"] == "failed":
        raise Problem(_STATUS.get(ended["status"], 502), ended["message"])
    return Document(ended["result"])  # type: ignore[return-value]  # the annotation is for OpenAPI


@router.get("/api/server", response_model=ServerDocument, tags=["server"], summary="What this server is")
async def show_server(server: Server) -> Response:
    """Its version, its roots, and how much goes on."""
    config, (queued, running) = server.config, server.queue.counts
    document = {
        "version": metadata.version("aion-r"),
        "roots": [str(root) for root in config.roots.folders],
        "workers": config.workers,
        "queue": config.queue,
        "queued": queued,
        "running": running,
        "unsafeOptions": config.unsafe_options,
        "tokenRequired": bool(config.token),
    }
    return Document(document)


@router.get("/healthz", response_model=Health, tags=["server"], summary="Alive")
async def alive() -> Response:
    """Always, while the server lives."""
    return Document({"status": "ok"})


@router.get("/readyz", response_model=Health, tags=["server"], summary="Takes runs", responses=problems(503))
async def ready(server: Server) -> Response:
    """Whether one more run would be taken."""
    start_folder()
    if not server.queue.accepting or not server.config.home_is_writable:
        raise Problem(503, "no run is taken now.", headers={"Retry-After": "5"})
    return Document({"status": "ok"})


@router.get(
    "/metrics",
    tags=["server"],
    summary="Figures for Prometheus",
    response_class=Response,
    responses=problems(also={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}),
)
async def figures(server: Server) -> Response:
    """The text format."""
    return Response(server.metrics.exposition(), media_type=MEDIA_TYPE)


@router.get("/docs", include_in_schema=False)
async def documentation(request: Request) -> Response:
    """The routes, from the OpenAPI document, as a page without scripts."""
    return Response(page_of(request.app.openapi()), media_type="text/html")


@router.get("/docs.css", include_in_schema=False)
async def documentation_style() -> Response:
    """What it looks like."""
    return Response(STYLE, media_type="text/css")


@router.get("/", include_in_schema=False)
async def page() -> Response:
    """The web page."""
    return _static("index.html")


@router.get("/favicon.ico", include_in_schema=False)
async def icon() -> Response:
    """The page names its own."""
    return Response(status_code=204)


@router.get("/static/{name:path}", include_in_schema=False)
async def static(name: str) -> Response:
    """A file of the web page."""
    return _static(name)


def _static(name: str) -> Response:
    """Only plain names: nothing leads out of the folder."""
    folder = resources.files("aion_r.api.web") / "static"
    parts = name.split("/")
    if any(part in ("", ".", "..") or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        raise Problem(404, "there is no such file.")
    file = folder.joinpath(*parts)
    if not file.is_file():
        raise Problem(404, "there is no such file.")
    kind = mimetypes.guess_type(parts[-1])[0] or "application/octet-stream"
    kind = "text/javascript" if parts[-1].endswith((".js", ".mjs")) else kind
    return Response(file.read_bytes(), media_type=kind, headers={"cache-control": "no-cache"})


def _check_models(asked: GenerateRequest) -> None:
    """Whether anybody can be asked is this server's affair, not the request's. Raises ``Problem`` (409)."""
    here = start_folder()
    environment = read_environment(here)
    order = asked.providers or load_settings(here, environment).providers
    if not configured(environment, order):
        raise Problem(409, "no model is configured here: the server's environment needs a provider's key.")


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Message]) -> Message:
    """Nothing more is asked, and paid, for a client that has left."""
    working, leaving = asyncio.create_task(work), asyncio.create_task(gone(request.receive))
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else {"tell": "failed", "status": 130, "message": "you left."}
    finally:
        for task in (working, leaving):
            task.cancel()


def _project(server: Services, path: str) -> dict[str, Any]:
    name = Path(path).name
    return {"projectId": project_id(path), "path": path, "name": name, "active": server.queue.active(Path(path))}
