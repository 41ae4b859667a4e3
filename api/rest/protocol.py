"""uvicorn's HTTP for clients that are slow or wrong: a request's head has its time, bad ones get a problem document."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .problems import MEDIA_TYPE, Problem

HEAD_SECONDS = 10.0
"""Within which the head of a request must have come, from the connection's first moment on."""


class PatientProtocol(H11Protocol):
    """``H11Protocol``, whose own clock runs only between requests."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base
        """The clock begins to run."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any longer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A head that has begun while no request goes on must end in time, however slowly its bytes come."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_timer()
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def send_400_response(self, msg: str) -> None:
        """As everywhere: a problem document."""
        body = bytes(Problem(400, "that is not HTTP.").response().body)
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        try:
            for event in (
                h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # an answer is under way
            pass
        self.transport.close()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """There is none."""
        self.send_400_response("")

    def _too_slow(self) -> None:
        self._head_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
