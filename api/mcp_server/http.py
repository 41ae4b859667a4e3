"""The server on HTTP."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server import Server
from mcp.server.transport_security import TransportSecuritySettings

from ...core.errors import UsageError
from ..rest.configuration import BODY_LIMIT, ServerConfig
from .gate import Gate
from .server import Workshop, build_server

PATH = "/mcp"
_MOST_SESSIONS = 256
_GRACE_SECONDS = 0.5
"""For answers that are under way when the server ends."""


async def serve_http(shop: Workshop, config: ServerConfig) -> None:
    """Streamable HTTP at ``/mcp``, until cancelled. Raises ``UsageError`` for an address that is not to be had."""
    bound = _bound(config)
    host, port = bound.getsockname()[:2]
    where = f"[{host}]" if ":" in host else host
    print(f"MCP server at http://{where}:{port}{PATH}, projects below {shop.roots}", file=sys.stderr, flush=True)
    app = Gate(_app(build_server(shop)), config)
    options = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, lifespan="on", server_header=False)
    server = _Uvicorn(options)
    serving = asyncio.create_task(server.serve([bound]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await asyncio.wait([serving], timeout=_GRACE_SECONDS)
        raise


def _app(server: Server[Any]) -> Any:
    """Without the library's own look at Host and Origin: ours, in front of it, knows more."""
    return server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=BODY_LIMIT,
        max_sessions=_MOST_SESSIONS,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The program takes its signals itself."""
        yield


def _bound(config: ServerConfig) -> socket.socket:
    try:
        family = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((config.host, config.port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{config.host}:{config.port} cannot be listened on ({why}): take another --port.") from error
