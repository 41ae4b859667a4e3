"""The MCP server as a process: from its options to its end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...core.settings import load_settings, read_environment
from ..rest.configuration import ServerConfig, read_config
from ..roots import Roots, allowed_roots
from .boundary import INTERRUPTED, Boundary
from .interruption import GRACE_SECONDS, run_until_done

_NEEDED = ("anyio", "mcp", "mcp_types", "starlette", "uvicorn")


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for. ``given`` are settings for every run."""

    roots: tuple[str, ...]
    given: Mapping[str, Any]
    apply: bool
    approve: bool
    http: bool
    host: str
    port: int


def serve(wanted: Wanted) -> int:
    """Until the client leaves, or a signal. Raises ``UsageError`` for what cannot be served, before anything is."""
    here = Path.cwd()
    home = load_settings(here, read_environment(here), **wanted.given).home
    roots = allowed_roots(wanted.roots, os.environ)
    config = read_config(home, wanted.roots, host=wanted.host, port=wanted.port) if wanted.http else None
    if config is None and sys.stdin is not None and sys.stdin.isatty():
        print("Waits for an MCP client on stdin; Ctrl-C ends it. See docs/agents.md, or --http.", file=sys.stderr)
    run_until_done(_to_its_end(_serving(wanted, roots, config)), farewell=_farewell)
    return 0


async def _to_its_end(serving: Coroutine[Any, Any, None]) -> None:
    """A client that is gone does not wait, and what still hangs in a thread (an import) is for nobody."""
    await serving
    watchdog = threading.Timer(GRACE_SECONDS, os._exit, (0,))
    watchdog.daemon = True
    watchdog.start()


def _serving(wanted: Wanted, roots: Roots, config: ServerConfig | None) -> Coroutine[Any, Any, None]:
    """The server's work. What it is made of is imported here, so that its absence can be told."""
    try:
        from ..mcp_server.server import Workshop

        if config is None:
            from ..mcp_server.stdio import serve_stdio

            return serve_stdio(
                Workshop(roots, wanted.given, may_write=wanted.apply, approve=wanted.approve, trusted=True)
            )
        from ..mcp_server.http import serve_http

        return serve_http(
            Workshop(roots, wanted.given, may_write=wanted.apply, approve=wanted.approve, trusted=False), config
        )
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise UsageError(f"the MCP server needs mcp from 2.0 on ({error}): pip install 'aion-r[mcp]'") from error


def _farewell() -> int:
    Boundary(as_json=False, debug=False).tell(INTERRUPTED, "interrupted: the server has ended, and its runs with it.")
    return INTERRUPTED
