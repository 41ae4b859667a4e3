"""Requests that are too long, too slow or of the wrong kind, and errors that nobody expected."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .configuration import BODY_LIMIT
from .metrics import Metrics
from .problems import Problem

BODY_SECONDS = 20.0
"""Within which a body must have come."""
HEAD = "aion_r.head"
"""In the scope of a request that asks for the headers alone."""
_CLOSE = {"connection": "close"}
_LATER = {"Retry-After": "30"}


class Bodies:
    """ASGI: reads the body of a request before the request is looked at, if it may be read at all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        problem = _unwelcome(headers)
        body = b""
        if problem is None:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await _read(receive)
            except TimeoutError:
                problem = Problem(408, f"the body did not come within {BODY_SECONDS:.0f} seconds.", headers=_CLOSE)
            except Problem as too_long:
                problem = too_long
        if problem is None and body and _media_type(headers) != b"application/json":
            problem = Problem(415, "send the body as application/json.")
        if problem is not None:
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, _replayed(body, receive), send)


def _unwelcome(headers: dict[bytes, bytes]) -> Problem | None:
    if b"content-length" in headers and b"transfer-encoding" in headers:  # a proxy may have read it the other way
        return Problem(400, "a body has a Content-Length or a Transfer-Encoding, not both.", headers=_CLOSE)
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        return Problem(400, "Content-Length is no number.", headers=_CLOSE)
    return _too_long() if int(length) > BODY_LIMIT else None


def _too_long() -> Problem:
    return Problem(413, f"a body has at most {BODY_LIMIT} bytes here.", headers=_CLOSE)


async def _read(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Problem(400, "the request ended before its body did.", headers=_CLOSE)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            raise _too_long()
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _media_type(headers: dict[bytes, bytes]) -> bytes:
    return headers.get(b"content-type", b"").split(b";")[0].strip().lower()


class LastResort:
    """ASGI, around everything: counts requests, answers HEAD, and turns an error of ours into a problem document."""

    def __init__(self, app: ASGIApp, metrics: Metrics, hide: Callable[[str], str]) -> None:
        self._app = app
        self._metrics = metrics
        self._hide = hide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # the server that speaks HTTP leaves the body out
            scope = {**scope, "method": "GET", HEAD: True}
        began = time.monotonic()
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._metrics.answered(scope["method"], _route(scope), status, time.monotonic() - began)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a request: it tells and goes on
            told = self._hide(f"{type(error).__name__}: {error}")
            print(f"aion-r: internal error in {scope['method']} {_route(scope)}: {told}", file=sys.stderr)
            if not status:
                await _apology(error).response()(scope, receive, counted)


def _apology(error: Exception) -> Problem:
    if isinstance(error, OSError):
        return Problem(503, f"what this server keeps cannot be read or written: {error.strerror}.", headers=_LATER)
    return Problem(500, "an internal error: the server's own output says which.")


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "other")
