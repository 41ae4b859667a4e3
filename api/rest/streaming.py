"""Server-sent events: a run's log from an event on, as it grows. A client that reads slowly waits for itself alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..event_log import EventReader, frames
from .jobs import Bell
from .metrics import Metrics

HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows that the connection lives."""
SEND_SECONDS = 30.0
"""Within which a client must take what it is sent."""
MOST_STREAMS = 2000
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies pass it on at once
]
_RETRY = b"retry: 2000\n\n"
_PING = b": ping\n\n"


@dataclass(frozen=True)
class Follow:
    """What a stream shows: the log ``file`` after the event ``after``, as long as the run is ``alive``."""

    file: Path
    after: int
    bell: Bell
    alive: Callable[[], bool]


class EventStream(Response):
    """One client's stream. Ends when the run has ended and all of it was sent, or when ``closing`` is set."""

    def __init__(self, follow: Follow, metrics: Metrics, closing: asyncio.Event, token: str = "") -> None:
        super().__init__()
        self._follow = follow
        self._metrics = metrics
        self._closing = closing
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        self._metrics.stream(1)
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(gone(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                await sending
        finally:
            self._metrics.stream(-1)
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _send(send, _RETRY)
        reader = EventReader(self._follow.file, self._follow.after)
        while True:
            rung = self._follow.bell.next()
            over = self._closing.is_set() or not self._follow.alive()
            while data := reader.read():
                shown = list(frames(data))
                await _send(send, self._hidden(b"".join(frame for _, frame in shown)))
                self._metrics.sent(len(shown))
            if over:
                break
            if not await _rings(rung):
                await _send(send, _PING)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _hidden(self, data: bytes) -> bytes:
        """Keys are out of the log; the server's own token is not known to a run, and stays out all the same."""
        return data.replace(self._token, b"[token]") if self._token else data


async def _send(send: Send, data: bytes) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def _rings(bell: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(HEARTBEAT):
            await bell.wait()
    except TimeoutError:
        return False
    return True


async def gone(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
