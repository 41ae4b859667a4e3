"""The OpenAPI document: what FastAPI makes of the routes, and the errors that each of them may answer with."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .problems import MEDIA_TYPE, ProblemDocument

Table = dict[str, Any]
TITLE = "AION-R"
_ALWAYS = (400, 401, 403, 405, 408, 413, 415, 421, 422, 500)
"""What stands before every route may answer so."""
_MEANING = {
    400: "Not JSON, no Host.",
    401: "The token is missing or wrong.",
    403: "A path outside the roots, another site, an option that this server does not allow.",
    404: "No such run, project or file.",
    405: "Another method.",
    408: "The body came too slowly.",
    409: "The project is busy, or the run is not in a state for this.",
    413: "The body is too long.",
    415: "The body is not application/json.",
    421: "A Host that is not this server's.",
    422: "A field that is wrong or unknown.",
    429: "Too much at once: see Retry-After.",
    500: "A fault of the server.",
    502: "No model answered.",
    503: "The server is ending, or not ready: see Retry-After.",
}

EVENT = {
    "type": "object",
    "description": "Each event of the stream; `data` is a JSON object. See docs/rest.md for the kinds.",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"type": "string", "examples": ["started", "node", "tests", "finished"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}


def problems(*statuses: int, also: dict[int | str, Table] | None = None) -> dict[int | str, Table]:
    """``responses`` of a route for those errors, and what ``also`` may come."""
    return (also or {}) | {status: _response(status) for status in statuses}


def document(app: FastAPI) -> Table:
    """The whole of it, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=TITLE, version=app.version, description=app.description, routes=app.routes)
        schemas = made["components"]["schemas"]
        for gone in ("HTTPValidationError", "ValidationError"):
            schemas.pop(gone, None)
        told = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= told.pop("$defs", {}) | {"Problem": told}
        made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, operations in made["paths"].items():
            for operation in operations.values():
                _complete(operation, public=not path.startswith(("/api", "/metrics")))
        app.openapi_schema = made
    return app.openapi_schema


def _complete(operation: Table, *, public: bool) -> None:
    for status in _ALWAYS:
        known = operation["responses"].get(str(status))
        if known is None or status == 422:
            operation["responses"][str(status)] = _response(status)
    operation["security"] = [{}] if public else [{}, {"token": []}]


def _response(status: int) -> Table:
    return {
        "description": _MEANING[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
