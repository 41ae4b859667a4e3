"""What a scripted service can answer, and how each of the five services words it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A chat completion, streamed word by word when the request asks for it; ``cut_after`` events it breaks off."""

    text: str = ""
    finish_reason: str | None = "stop"
    input_tokens: int = 100
    output_tokens: int = 20
    delay: float = 0.0
    tool: tuple[str, Mapping[str, Any]] | None = None
    """A call of a function: its name and its arguments."""
    cut_after: int | None = None
    hang_after: int | None = None


@dataclass(frozen=True)
class Status:
    """An HTTP error in the service's own words, or with ``body`` (text, or what becomes JSON)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    message: str = ""
    code: str | int | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class Raw:
    """Any bytes with any status. ``announced`` is a Content-Length that may lie."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    announced: int | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class Hang:
    """No answer until the client gives up, ``seconds`` at most."""

    seconds: float = 60.0


@dataclass(frozen=True)
class Drip:
    """A body that comes byte by byte and does not end within ``seconds``: no limit of time between bytes notices."""

    seconds: float = 60.0
    every: float = 0.05


@dataclass(frozen=True)
class Reset:
    """The connection is reset without an answer."""


HTML = Raw(b"<html><head><title>Welcome</title></head><body>Sign in</body></html>", "text/html")
EMPTY_BODY = Raw(b"")
TRUNCATED_JSON = Raw(b'{"id": "x", "object": "chat.completion", "choices": [{"index": 0, "mess')
CUT_BODY = Raw(b'{"id": "x", "choices"', announced=500)
NO_CHOICES = Raw(b'{"id": "x", "object": "chat.completion", "choices": [], "usage": {"prompt_tokens": 9}}')
NULL_CHOICES = Raw(b'{"id": "x", "object": "chat.completion", "choices": null}')
ERROR_BODY = Raw(b'{"error": {"message": "upstream had a bad day", "code": 502}}')

Reply = Answer | Status | Raw | Hang | Drip | Reset

_TYPES = {400: "invalid_request_error", 401: "invalid_request_error", 404: "invalid_request_error", 429: "tokens"}


def error_body(provider: str, reply: Status) -> bytes:
    """The JSON body that ``provider`` sends with an error."""
    if isinstance(reply.body, str):
        return reply.body.encode()
    if reply.body is not None:
        return json.dumps(reply.body).encode()
    message = reply.message or f"the service says {reply.status}"
    return json.dumps(_ERRORS[provider](reply.status, message, reply.code)).encode()


def _openai(status: int, message: str, code: Any) -> Any:
    return {"error": {"message": message, "type": _TYPES.get(status, "server_error"), "param": None, "code": code}}


def _groq(status: int, message: str, code: Any) -> Any:
    error = {"message": message, "type": _TYPES.get(status, "internal_server_error")}
    return {"error": error | ({"code": code} if code else {})}


def _github(status: int, message: str, code: Any) -> Any:
    return {"error": {"code": code or str(status), "message": message, "details": message}}


def _huggingface(status: int, message: str, code: Any) -> Any:
    return _openai(status, message, code) if code else {"error": message}


def _cloudflare(status: int, message: str, code: Any) -> Any:
    return {"result": None, "success": False, "errors": [{"code": code or 10000, "message": message}], "messages": []}


_ERRORS = {
    "groq": _groq,
    "openai": _openai,
    "github": _github,
    "huggingface": _huggingface,
    "cloudflare": _cloudflare,
}


def model_list(provider: str, names: list[str]) -> Any:
    """What ``provider`` answers when it is asked for its models."""
    if provider == "github":
        return [{"id": name, "name": name.title(), "publisher": "scripted"} for name in names]
    if provider == "cloudflare":
        rows = [{"id": f"00000000-{number:04}", "name": name} for number, name in enumerate(names)]
        return {"success": True, "errors": [], "messages": [], "result": rows}
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


def completion(provider: str, model: str, reply: Answer) -> dict[str, Any]:
    """A whole ``chat.completion`` document."""
    message: dict[str, Any] = {"role": "assistant", "content": None if reply.tool else reply.text}
    if reply.tool:
        message["tool_calls"] = [_tool_call(reply)]
    document = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": _reason(reply)}],
        "usage": _usage(reply),
    }
    return document | ({"x_groq": {"id": "req_scripted"}} if provider == "groq" else {})


def chunks(provider: str, model: str, reply: Answer, with_usage: bool) -> list[dict[str, Any]]:
    """The same as the events of a stream, one a word."""
    words = [word + " " for word in reply.text.split(" ")]
    words[-1] = words[-1][:-1]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": word} for word in words)]
    if reply.tool:
        deltas = [{"role": "assistant", "tool_calls": [{"index": 0, **_tool_call(reply)}]}]
    events = [_event(model, [{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    events.append(_event(model, [{"index": 0, "delta": {}, "finish_reason": _reason(reply)}]))
    if provider == "groq":
        events[-1]["x_groq"] = {"id": "req_scripted", "usage": _usage(reply)}
    elif with_usage:
        events.append(_event(model, []) | {"usage": _usage(reply)})
    return events


def _event(model: str, choices: list[Any]) -> dict[str, Any]:
    head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": model}
    return head | {"choices": choices}


def _tool_call(reply: Answer) -> dict[str, Any]:
    assert reply.tool is not None
    name, arguments = reply.tool
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def _reason(reply: Answer) -> str | None:
    return "tool_calls" if reply.tool and reply.finish_reason == "stop" else reply.finish_reason


def _usage(reply: Answer) -> dict[str, int]:
    total = reply.input_tokens + reply.output_tokens
    return {"prompt_tokens": reply.input_tokens, "completion_tokens": reply.output_tokens, "total_tokens": total}
