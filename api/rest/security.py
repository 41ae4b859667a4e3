"""Who may ask: the right Host (no DNS rebinding), no other site's page, the token. And headers on every answer."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .configuration import ServerConfig
from .problems import Problem

PUBLIC = re.compile(r"/(healthz|readyz|docs|docs\.css|openapi\.json|favicon\.ico|static/.*)?\Z", re.DOTALL)
"""What anybody may see who reaches the server: nothing of a project."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""An answer's own header wins."""
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?\Z")


class Gate:
    """ASGI: lets through what may ask, and adds ``HEADERS`` to every answer."""

    def __init__(self, app: ASGIApp, config: ServerConfig) -> None:
        self._app = app
        self._config = config
        self._token = config.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        problem = self._problem(scope)
        if problem:
            await problem.response()(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _problem(self, scope: Scope) -> Problem | None:
        headers = _single(scope)
        if headers is None:
            return Problem(400, "a header that must stand once stands twice.")
        return (
            self._wrong_host(headers)
            or self._other_site(scope, headers)
            or self._no_token(scope, headers)
        )  # fmt: skip

    def _wrong_host(self, headers: Mapping[str, str]) -> Problem | None:
        found = _HOST.match(headers.get("host", ""))
        if found is None:
            return Problem(400, "the Host header is missing, or no name of a host.")
        if not self._config.knows_host(found["name"].strip("[]")):
            return Problem(421, "this server is not known by that Host: AION_R_SERVE_HOSTS lists further names.")
        return None

    def _other_site(self, scope: Scope, headers: Mapping[str, str]) -> Problem | None:
        """A page of another site in the user's browser, which could reach this machine as the user does."""
        if scope["method"] in ("GET", "HEAD") and PUBLIC.match(scope["path"]) and "origin" not in headers:
            return None
        origin = headers.get("origin")
        same = origin is None or _place(origin) == headers["host"].lower()
        if not same or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return Problem(403, "requests from pages of other sites are refused.")
        return None

    def _no_token(self, scope: Scope, headers: Mapping[str, str]) -> Problem | None:
        if not self._token or (scope["method"] in ("GET", "HEAD") and PUBLIC.match(scope["path"])):
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("latin-1", "replace"), self._token)
        if scheme.lower() == "bearer" and right:
            return None
        asked = {"WWW-Authenticate": 'Bearer realm="aion-r"'}
        return Problem(401, "send the server's token: Authorization: Bearer …", headers=asked)


def _place(origin: str) -> str:
    """Host and port; empty for what is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _single(scope: Scope) -> dict[str, str] | None:
    """The headers by name; ``None`` where one that decides stands twice."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if name in found and name in ("host", "origin", "authorization", "sec-fetch-site"):
            return None
        found[name] = value.decode("latin-1")
    return found
