"""Who may speak to the server over HTTP: with the token where one is set, by a known name, from no other site."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..rest.configuration import ServerConfig


@dataclass(frozen=True)
class Gate:
    """Lets a request through to ``app``, or answers it."""

    app: ASGIApp
    config: ServerConfig

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        if not self.config.knows_host(_name(f"//{headers.get('host', '')}")):
            return PlainTextResponse("This server has another name.", 421)
        origin = headers.get("origin")
        if origin is not None and not self._own(origin, headers["host"]):
            return PlainTextResponse("Pages of other sites may not ask this server.", 403)
        if self.config.token and not self._knows(headers.get("authorization", "")):
            return PlainTextResponse("Send the token as Authorization: Bearer.", 401, {"WWW-Authenticate": "Bearer"})
        return None

    def _own(self, origin: str, host: str) -> bool:
        return origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        given, wanted = token.strip().encode("latin-1", "replace"), self.config.token.encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given, wanted)


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
