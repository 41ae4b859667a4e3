"""The server from its options to its end: one line when it listens, one when it leaves."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import AionError, UsageError
from ...core.settings import load_settings, read_environment
from .boundary import SIGNALS

if TYPE_CHECKING:
    from ..rest.configuration import ServerConfig

_EXTRA = ("fastapi", "h11", "prometheus_client", "starlette", "uvicorn")
DRAIN_SECONDS = 5
"""For answers that are under way when the server ends."""
MOST_CONNECTIONS = 4096
SWITCH_SECONDS = 0.0005
"""After which a thread that computes lets the event loop go on; the usual 5 ms would count for every event sent."""


def serve_until_told(*, roots: tuple[str, ...], **options: Any) -> int:
    """Blocking. Raises ``UsageError`` for what cannot be served, ``AionError`` for an address that is taken."""
    try:
        import uvicorn  # noqa: F401

        from ..rest.app import create_app
        from ..rest.configuration import read_config
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        raise UsageError(f"serve needs {error.name}: pip install 'aion-r[serve]'") from None
    here = Path.cwd()
    home = load_settings(here, read_environment(here)).home
    config = read_config(home, roots, **options)
    _prepare(config)
    _allow_connections()
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app(config)
    with _ours():
        asyncio.run(_serve(app, config))
    return 0


async def _serve(app: Any, config: ServerConfig) -> None:
    import uvicorn

    from ..rest.protocol import PatientProtocol

    class Server(uvicorn.Server):
        """Runs and streams end before connections are waited for."""

        async def startup(self, sockets: Any = None) -> None:
            try:
                await super().startup(sockets)
            except SystemExit:
                raise AionError(f"{config.host}:{config.port} cannot be listened at: is it taken?") from None
            if self.started:
                port = self.servers[0].sockets[0].getsockname()[1]
                shown = f"[{config.host}]" if ":" in config.host else config.host
                print(f"aion-r: http://{shown}:{port} (projects below {config.roots})", file=sys.stderr, flush=True)

        async def shutdown(self, sockets: Any = None) -> None:
            print("aion-r: ending the runs; they can be resumed.", file=sys.stderr, flush=True)
            await app.state.services.end()
            await super().shutdown(sockets)

    await Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            http=PatientProtocol,
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            backlog=1024,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    ).serve()


def _prepare(config: ServerConfig) -> None:
    try:
        config.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{config.home} cannot be written ({error.strerror}): set AION_R_HOME to another folder."
        raise UsageError(message) from error


def _allow_connections() -> None:
    """A client is a file: as many as this user may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))


@contextlib.contextmanager
def _ours() -> Iterator[None]:
    """uvicorn raises the signals again that ended it: nothing is left to be interrupted then."""
    before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
