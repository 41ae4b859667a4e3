"""Errors as problem documents (RFC 9457): whatever goes wrong, a client gets one, and no key in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from ...core.errors import AionError, Conflict, NotWaiting, ProjectBusy, UsageError

MEDIA_TYPE = "application/problem+json"


class WrongField(BaseModel):
    """One field of a request that cannot be taken."""

    pointer: str = Field(description="JSON pointer into the body, or the name of a parameter or header.")
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no run '2026…'"}]
        },
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[WrongField] | None = None


class Document(JSONResponse):
    """JSON in ASCII: a lone surrogate from a file name or a test's output cannot break it."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


class Problem(Exception):
    """An answer that is an error. ``more`` stands in the document too."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> Response:
        """It, for the client."""
        title = HTTPStatus(self.status).phrase
        document = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail} | self.more
        return Document(document, self.status, headers=self.headers, media_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """What a client is told of ``error``, one of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ProjectBusy | Conflict | NotWaiting):
        return Problem(409, str(error))
    return Problem(422 if isinstance(error, UsageError) else 409, str(error))


def take_over(app: FastAPI) -> None:
    """Every error of ``app`` becomes a problem document."""

    async def ours(request: Request, error: Exception) -> Response:
        return problem_of(error).response()

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = _allowed(app, request) if error.status_code == 405 else error.headers
        return Problem(error.status_code, _words(error, request), headers=headers).response()

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _invalid(error.errors()).response()

    app.add_exception_handler(Problem, ours)
    app.add_exception_handler(AionError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _allowed(app: FastAPI, request: Request) -> dict[str, str]:
    """Every method of the address, not only those of the first route that has it."""
    methods: set[str] = set()
    for route in app.state.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return {"Allow": ", ".join(sorted(methods))}


def _words(error: HTTPException, request: Request) -> str:
    if error.status_code == 404:
        return "there is nothing at this address: /docs lists the routes."
    if error.status_code == 405:
        return f"{request.method} is not possible here: /docs lists the routes."
    return str(error.detail)


def _invalid(errors: Sequence[Any]) -> Problem:
    """Field by field, without what was sent: that may be a key."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem(400, "the body is not JSON.")
    fields = [{"pointer": _pointer(error["loc"]), "detail": _detail(error)} for error in errors]
    told = "; ".join(f"{field['pointer']}: {field['detail']}" for field in fields[:3])
    return Problem(422, told or "the request is wrong.", errors=fields)


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    return str(error["msg"]).removeprefix("Value error, ")


def _pointer(where: Sequence[Any]) -> str:
    if where and where[0] != "body":
        return ".".join(str(part) for part in where[1:]) or str(where[0])
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in where[1:]) or "/"
