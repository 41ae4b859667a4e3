"""The folders that a client says it works in. They narrow what the server allows; where nobody chose, they choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams, InputRequests, InputRequiredResult, ListRootsRequest, ListRootsResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from ...core.errors import UsageError
from ..roots import Roots

_KEY = "roots"
_ANSWER_SECONDS = 5.0


async def roots_for(
    context: ServerRequestContext[Any, Any], params: CallToolRequestParams, allowed: Roots, *, trusted: bool
) -> Roots | InputRequiredResult:
    """``allowed`` as the client's own roots leave it, or the question for them where it is asked in that way.

    ``trusted`` says that the client started this server, and so could have chosen any roots. Raises ``UsageError``
    for a client whose roots all lie elsewhere.
    """
    capabilities = context.session.client_capabilities
    if capabilities is None or capabilities.roots is None:
        return allowed
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return _joined(allowed, await _asked(context), trusted)
    answers = params.input_responses
    if answers is None:
        return InputRequiredResult(input_requests=roots_question(context))
    answer = answers.get(_KEY)
    return _joined(allowed, answer if isinstance(answer, ListRootsResult) else None, trusted)


def roots_question(context: ServerRequestContext[Any, Any]) -> InputRequests:
    """The question for the roots of a client that has them: to stand beside every other one, as no answer is kept."""
    capabilities = context.session.client_capabilities
    return {} if capabilities is None or capabilities.roots is None else {_KEY: ListRootsRequest()}


async def _asked(context: ServerRequestContext[Any, Any]) -> ListRootsResult | None:
    """``None`` from a client that says it has roots and then does not tell them."""
    try:
        return await context.session.send_request(
            ListRootsRequest(), ListRootsResult, request_read_timeout_seconds=_ANSWER_SECONDS
        )
    except (MCPError, ValueError):
        return None


def _joined(allowed: Roots, answer: ListRootsResult | None, trusted: bool) -> Roots:
    folders = [folder for root in (answer.roots if answer else []) if (folder := _folder(str(root.uri)))]
    if not folders:
        return allowed
    if trusted and not allowed.chosen:
        return Roots(tuple(dict.fromkeys(folder.resolve() for folder in folders)), chosen=False)
    narrowed = allowed.narrowed(folders)
    if not narrowed.folders:
        raise UsageError(f"the client's own roots lie outside of {allowed}: start the server with --root for them.")
    return narrowed


def _folder(uri: str) -> Path | None:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "\0" in unquote(parts.path):
        return None
    return Path(unquote(parts.path)) if parts.path.startswith("/") else None
