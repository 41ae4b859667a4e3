"""Everything foreign that a call can raise, translated into ``ProviderError`` by status, headers and body.

Only what an SDK or the network raises is translated. A mistake of our own stays what it is, and is seen.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from ..core.domain import ErrorKind
from ..core.errors import ProviderError
from .clients import Exchange
from .masking import mask, secrets_of
from .registry import LegSpec
from .wording import human_part, shorten, words

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
_MISTAKES = (NameError, ImportError, AssertionError, RecursionError, MemoryError)
"""What no service makes a client raise."""
_TIMEOUTS = ("APITimeoutError", "TimeoutException", "InferenceTimeoutError", "TimeoutError", "ReadTimeoutError")
_NO_CONNECTION = ("APIConnectionError", "TransportError", "OSError", "ClientConnectionError", "EndpointConnectionError")
_MAY_ASK_FOR_REST = (ErrorKind.RATE_LIMITED, ErrorKind.SERVER_ERROR, ErrorKind.TIMEOUT)

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


def catchable(spec: LegSpec) -> tuple[type[Exception], ...]:
    """The exception classes that may be foreign. A chat model of the user's own may raise any."""
    return (Exception,) if spec.own else (*_classes(*_FOREIGN), *_MALFORMED, OSError)


def is_foreign(error: Exception, spec: LegSpec, seen: Exchange) -> bool:
    """Whether ``error``, of a call to ``spec``, came from the service or the way to it: no mistake of our own.

    No code of ours runs inside a chat model of the user's own: only what is a mistake by its nature is left alone.
    """
    if spec.own:
        return not isinstance(error, _MISTAKES)
    if isinstance(error, (OSError, *_classes(*_FOREIGN))):
        return True
    # A TypeError before any response is ours. The hub's client is its own: only there nobody sees responses pass.
    observed = spec.provider != "huggingface" or spec.own_address
    return isinstance(error, _MALFORMED) and (seen.status is not None or not observed)


def translate(error: Exception, spec: LegSpec, seen: Exchange, late: str, connect: float) -> ProviderError:
    """``error`` of a call to ``spec`` in our own words, the key masked.

    ``late`` says which limit of time ran out, if one did; ``connect`` are the seconds for a connection.
    """
    status = _status(error)
    headers = getattr(getattr(error, "response", None), "headers", None) or seen.headers
    body = _body(error, spec)
    if status is None and isinstance(body, Mapping) and body.get("code") in range(300, 600):
        status = body["code"]  # some gateways answer 200 and put the real status into the body
    kind = _kind(error, status, body)
    status = seen.status if kind is ErrorKind.BAD_ANSWER else status
    wait = retry_after(headers) if kind in _MAY_ASK_FOR_REST else None
    detail = shorten(mask(human_part(body), secrets_of(None, [spec]))).rstrip(".")
    if not_connected(error):
        late = f"did not let us connect to {spec.base_url} within {connect:g} s"
    text = words(kind, spec, status, detail, late, wait)
    return ProviderError(kind, text, provider=spec.provider, model=spec.model, status=status, retry_after=wait)


def not_connected(error: Exception) -> bool:
    """Whether time ran out before there was a connection: then nothing was sent."""
    return any(type(one).__name__ == "ConnectTimeout" for one in _causes(error))


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


def _status(error: Exception) -> int | None:
    """The HTTP status, where the many clients keep it."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):  # botocore's
        response = response.get("ResponseMetadata", {})
        return response.get("HTTPStatusCode") if isinstance(response, Mapping) else None
    status = getattr(response, "status_code", None)
    told = [getattr(error, name, None) for name in ("status_code", "http_status", "status", "code")]
    return status or next((int(one) for one in told if isinstance(one, int) and 300 <= one < 600), None)


def _body(error: Exception, spec: LegSpec) -> Any:
    text = _text(getattr(error, "response", None))
    if text is None:
        return _body_without_response(error, spec)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(response: Any) -> str | None:
    try:
        text = getattr(response, "text", None)
    except RuntimeError:  # a stream whose body was never read
        return ""
    return text if isinstance(text, str) else None


def _body_without_response(error: Exception, spec: LegSpec) -> Any:
    first = error.args[0] if error.args else ""
    if isinstance(first, Mapping) or getattr(error, "body", None):
        return first if isinstance(first, Mapping) else error.body  # type: ignore[attr-defined]
    if spec.own:
        return f"{type(error).__name__}: {error}"
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
    names = {cls.__name__ for one in _causes(error) for cls in type(one).__mro__}
    if names.intersection(_TIMEOUTS):
        return ErrorKind.TIMEOUT
    if names.intersection(_NO_CONNECTION):
        return ErrorKind.UNREACHABLE
    return ErrorKind.BAD_REQUEST if isinstance(error, NotImplementedError) else ErrorKind.BAD_ANSWER


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
