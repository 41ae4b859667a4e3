"""The application: routes, what stands before them, and the life of the server's runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from .bodies import Bodies, LastResort
from .configuration import ServerConfig
from .exhaustion import Exhaustion
from .openapi import TITLE, document
from .problems import Document, take_over
from .routes_runs import router as runs
from .routes_server import router as server
from .routes_steering import router as steering
from .security import Gate
from .services import Services

DESCRIPTION = "Makes failing test suites pass: runs the tests, asks for a fix, validates it, and only then writes it."


def create_app(config: ServerConfig) -> FastAPI:
    """An ASGI application. Its lifespan begins and ends the runs: serve it with lifespan on."""
    services = Services(config)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(Exhaustion())
        await services.begin()
        try:
            yield
        finally:
            await services.end()

    app = FastAPI(
        title=TITLE,
        version=metadata.version("aion-r"),
        description=DESCRIPTION,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        default_response_class=Document,
        middleware=[
            Middleware(LastResort, metrics=services.metrics, hide=services.hide_for(Path.cwd())),
            Middleware(Gate, config=config),
            Middleware(Bodies),
        ],
        redirect_slashes=False,
    )
    app.state.services = services
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # as FastAPI's documentation has it
    take_over(app)
    app.state.routes = [route for router in (runs, steering, server) for route in router.routes]
    for router in (runs, steering, server):
        app.include_router(router)
    return app
