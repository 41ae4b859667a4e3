"""Everything foreign that a call can raise, translated into ``ProviderError`` by status, headers and body.

Only what an SDK or the network raises is translated. A mistake of our own stays what it is, and is seen.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from ..core.domain import ErrorKind
from ..core.errors import ProviderError
from .clients import Exchange
from .masking import mask, secrets_of
from .registry import LegSpec

_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What the integrations raise when a body is not what the protocol says: not JSON, no choices, an HTML page."""

_FOREIGN = (
    ("openai", "OpenAIError"),
    ("groq", "GroqError"),
    ("httpx", "HTTPError"),
    ("httpx", "StreamError"),
    ("httpx2", "HTTPError"),
    ("httpx2", "StreamError"),
    ("huggingface_hub.errors", "HfHubHTTPError"),
)
_TIMEOUTS = ("APITimeoutError", "TimeoutException", "InferenceTimeoutError", "TimeoutError")

_BY_STATUS = {
    401: ErrorKind.AUTH,
    402: ErrorKind.RATE_LIMITED,
    403: ErrorKind.AUTH,
    404: ErrorKind.MODEL_NOT_FOUND,
    408: ErrorKind.TIMEOUT,
    410: ErrorKind.GONE,
    413: ErrorKind.TOO_LARGE,
    429: ErrorKind.RATE_LIMITED,
    498: ErrorKind.RATE_LIMITED,
    504: ErrorKind.TIMEOUT,
}
_NO_SUCH_MODEL = re.compile(
    r"model_not_found|model_decommissioned|model_not_supported|unknown_model|invalid_model|no such model", re.I
)
_CONTEXT = re.compile(r"context_length_exceeded|context window|maximum context length|tokens_limit_reached", re.I)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f]+")


def catchable() -> tuple[type[Exception], ...]:
    """The exception classes that may be foreign, of the integrations loaded so far."""
    return (*_classes(*_FOREIGN), *_MALFORMED, OSError)


def is_foreign(error: Exception, seen: Exchange, observed: bool) -> bool:
    """Whether ``error`` came from the service or the way to it.

    ``observed`` says that ``seen`` would know of a response: then a ``TypeError`` before any response is our own.
    """
    if isinstance(error, (OSError, *_classes(*_FOREIGN))):
        return True
    return isinstance(error, _MALFORMED) and (seen.status is not None or not observed)


def translate(error: Exception, spec: LegSpec, seen: Exchange, late: str, connect: float) -> ProviderError:
    """``error`` of a call to ``spec`` in our own words, the key masked.

    ``late`` says which limit of time ran out, if one did; ``connect`` are the seconds for a connection.
    """
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    headers = getattr(response, "headers", None) or seen.headers
    body = _body(error, response)
    if status is None and isinstance(body, Mapping) and body.get("code") in range(300, 600):
        status = body["code"]  # some gateways answer 200 and put the real status into the body
    kind = _kind(error, status, body)
    status = seen.status if kind is ErrorKind.BAD_ANSWER else status
    wait = retry_after(headers) if kind in (ErrorKind.RATE_LIMITED, ErrorKind.SERVER_ERROR, ErrorKind.TIMEOUT) else None
    detail = shorten(mask(_detail(body), secrets_of(None, [spec]))).rstrip(".")
    if not_connected(error):
        late = f"did not let us connect to {spec.base_url} within {connect:g} s"
    text = _words(kind, spec, status, detail, late, wait)
    return ProviderError(kind, text, provider=spec.provider, model=spec.model, status=status, retry_after=wait)


def not_connected(error: BaseException | None) -> bool:
    """Whether time ran out before there was a connection: then nothing was sent."""
    while error is not None:
        if type(error).__name__ == "ConnectTimeout":
            return True
        error = error.__cause__
    return False


def bad_answer(spec: LegSpec, reason: str) -> ProviderError:
    """An answer that came and cannot be used."""
    text = f"{spec.title} ({spec.model}) gave no usable answer: {mask(reason, secrets_of(None, [spec]))}"
    return ProviderError(ErrorKind.BAD_ANSWER, text, provider=spec.provider, model=spec.model)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for: a number, fractional, in milliseconds, or a date. ``None``: none."""
    lower = {str(name).lower(): str(value).strip() for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _seconds(lower.get(name, ""))
        if seconds is not None:
            return max(0.0, seconds * unit)
    return None


def shorten(text: str, limit: int = 200) -> str:
    """``text`` on one line, without control characters, at most ``limit`` characters."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _seconds(value: str) -> float | None:
    try:
        number = float(value)
        return number if isfinite(number) else None
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()


def _classes(*names: tuple[str, str]) -> tuple[type[Exception], ...]:
    # Only what is loaded can have been raised: nothing is imported for the sake of an isinstance.
    return tuple(getattr(sys.modules[module], name) for module, name in names if module in sys.modules)


def _body(error: Exception, response: Any) -> Any:
    if response is None:
        return _body_without_response(error)
    try:
        text = str(response.text)
    except RuntimeError:  # a stream whose body was never read
        return ""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _body_without_response(error: Exception) -> Any:
    first = error.args[0] if error.args else ""
    if isinstance(first, Mapping) or getattr(error, "body", None):
        return first if isinstance(first, Mapping) else error.body  # type: ignore[attr-defined]
    if isinstance(error, _MALFORMED) and not isinstance(error, OSError):
        return f"the body is not a chat completion ({type(error).__name__})"
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    return str(root) or type(root).__name__


def _kind(error: Exception, status: int | None, body: Any) -> ErrorKind:
    words = body if isinstance(body, str) else json.dumps(body, default=str)
    if status is None:
        return _kind_without_status(error)
    if status in (400, 404, 413, 422) and _CONTEXT.search(words):
        return ErrorKind.TOO_LARGE
    if status in (400, 422) and _NO_SUCH_MODEL.search(words):
        return ErrorKind.MODEL_NOT_FOUND
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return ErrorKind.SERVER_ERROR
    return ErrorKind.BAD_REQUEST if status >= 300 else ErrorKind.BAD_ANSWER


def _kind_without_status(error: Exception) -> ErrorKind:
    names = {cls.__name__ for cls in type(error).__mro__}
    if names.intersection(_TIMEOUTS):
        return ErrorKind.TIMEOUT
    if "APIConnectionError" in names or "TransportError" in names or isinstance(error, OSError):
        return ErrorKind.UNREACHABLE
    return ErrorKind.BAD_ANSWER


def _detail(body: Any) -> str:
    """The human part of the error bodies that the services send."""
    if isinstance(body, list) and body:
        return _detail(body[0])
    if isinstance(body, Mapping):
        inner = body.get("error") or body.get("errors") or body.get("message") or body.get("detail") or ""
        return _detail(inner)
    text = str(body)
    title = re.search(r"<title>(.*?)</title>", text, re.I | re.S)
    if title:
        return f"a web page, {title.group(1)}"
    return "a web page" if text.lstrip()[:1] == "<" else text


def _words(kind: ErrorKind, spec: LegSpec, status: int | None, detail: str, late: str, wait: float | None) -> str:
    row, code = spec.row, f" (HTTP {status})" if status else ""
    said = f": {detail}" if detail else ""
    asks = f" It asks for {wait:.0f} s of rest." if wait else ""
    texts = {
        ErrorKind.AUTH: f"refused the key in {spec.key_name}{code}{said}. Set {spec.key_name} to a key that is valid "
        f"for {spec.model}.",
        ErrorKind.MODEL_NOT_FOUND: f"does not serve model {spec.model}{code}{said}. Set {row.model_name}.",
        ErrorKind.GONE: f"says that this is gone{code}{said}. It is not asked again; set {row.model_name} for another "
        f"model or {row.base_url_name} for another address.",
        ErrorKind.RATE_LIMITED: f"lets this key do no more for now{code}{said}.{asks}",
        ErrorKind.TIMEOUT: f"gave up waiting{code}{said}.{asks}" if status else f"{late}.",
        ErrorKind.UNREACHABLE: f"cannot be reached at {spec.base_url}{said}. Check the network, and "
        f"{row.base_url_name}.",
        ErrorKind.SERVER_ERROR: f"failed{code}{said}.{asks}",
        ErrorKind.BAD_REQUEST: f"did not accept the request{code}{said}."
        + (f" That is a redirection: correct {row.base_url_name}." if status and status < 400 else ""),
        ErrorKind.TOO_LARGE: f"takes no request of this size with {spec.model}{code}{said}. Set {row.model_name} to a "
        "model with a longer context.",
        ErrorKind.BAD_ANSWER: f"({spec.model}) gave no usable answer{code}{said}.",
    }
    return f"{spec.title} {texts[kind]}"
