"""What a failed call is told in: what happened, what the service said, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.domain import ErrorKind
from .registry import LegSpec

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f]+")


def shorten(text: str, limit: int = 200) -> str:
    """``text`` on one line, without control characters, at most ``limit`` characters."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def human_part(body: Any) -> str:
    """What a person would read of the error bodies that the services send."""
    if isinstance(body, list) and body:
        return human_part(body[0])
    if isinstance(body, Mapping):
        inner = body.get("error") or body.get("errors") or body.get("message") or body.get("detail") or ""
        return human_part(inner)
    text = str(body)
    title = re.search(r"<title>(.*?)</title>", text, re.I | re.S)
    if title:
        return f"a web page, {title.group(1)}"
    return "a web page" if text.lstrip()[:1] == "<" else text


def words(kind: ErrorKind, spec: LegSpec, status: int | None, detail: str, late: str, wait: float | None) -> str:
    """The message of a failure of ``kind``: ``detail`` is what the service said, ``late`` which limit of time ran out,
    ``wait`` the seconds of rest that it asks for.
    """
    row, code = spec.row, f" (HTTP {status})" if status else ""
    said = f": {detail}" if detail else ""
    untrusted = "CERTIFICATE_VERIFY_FAILED" in detail
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
        f"{row.base_url_name}."
        + (" To trust an authority of your own, set SSL_CERT_FILE to its certificate." if untrusted else ""),
        ErrorKind.SERVER_ERROR: f"failed{code}{said}.{asks}",
        ErrorKind.BAD_REQUEST: f"did not accept the request{code}{said}."
        + (f" That is a redirection: correct {row.base_url_name}." if status and status < 400 else ""),
        ErrorKind.TOO_LARGE: f"takes no request of this size with {spec.model}{code}{said}. Set {row.model_name} to a "
        "model with a longer context.",
        ErrorKind.BAD_ANSWER: f"({spec.model}) gave no usable answer{code}{said}.",
    }
    return f"{spec.title} {texts[kind]}"
