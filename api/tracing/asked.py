"""What the process's own environment asks for. No ``.env`` file counts here: one that lies in a project under repair
could have what a run does sent elsewhere.
"""

from __future__ import annotations

import os
import sys
from typing import Literal

from ...core.errors import UsageError

LogStyle = Literal["json", "console"]
LEVELS = ("debug", "info", "warning", "error")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def traces_asked() -> str:
    """The variable that asks for traces to be sent, or ``""``. Raises ``UsageError`` for a value nobody knows."""
    switch = _flag("AION_R_TRACING")
    exporter = _value("OTEL_TRACES_EXPORTER").lower()
    if switch is False or exporter == "none" or _flag("OTEL_SDK_DISABLED"):
        return ""
    named = next((name for name in _ENDPOINTS if _value(name)), "")
    return "AION_R_TRACING" if switch else named or ("OTEL_TRACES_EXPORTER" if exporter else "")


def application_traces() -> bool:
    """Whether the program that uses us has set OpenTelemetry up, and ``AION_R_TRACING`` does not keep us out of it."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None or _flag("AION_R_TRACING") is False:
        return False
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def langsmith_asked() -> bool:
    """Whether LangChain sends its traces to LangSmith, by LangSmith's own variables."""
    names = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
    return any(_value(name).lower() == "true" for name in names)


def log_asked() -> tuple[LogStyle, str] | None:
    """How logs are to look, and the least level of a line. Raises ``UsageError`` for a value nobody knows."""
    style, level = _value("AION_R_LOG").lower(), _value("AION_R_LOG_LEVEL").lower() or "info"
    if level not in LEVELS:
        raise UsageError(f"AION_R_LOG_LEVEL is {level!r}: give one of {', '.join(LEVELS)}.")
    if style in ("", *_NO):
        return None
    known: dict[str, LogStyle] = {"json": "json", "console": "console"}
    if style in known:
        return known[style], level
    raise UsageError(f"AION_R_LOG is {style!r}: give json or console.")


def _value(name: str) -> str:
    return os.environ.get(name, "").strip()


def _flag(name: str) -> bool | None:
    value = _value(name).lower()
    if value in _YES:
        return True
    if value in ("", *_NO):
        return False if value else None
    raise UsageError(f"{name} is {value!r}: give 1 or 0.")
