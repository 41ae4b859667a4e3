"""Where spans go: to the program that uses us, or by our own means to the receiver that the variables name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ...core.errors import UsageError
from .asked import application_traces, traces_asked

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

    from .spans import RunSpans

_INSTALL = "pip install 'aion-r[tracing]'"


def spans_of_run(traceparent: str = "", tracestate: str = "") -> RunSpans | None:
    """The spans of a run that begins now, or ``None`` where nobody asks for them. They stand below the span that is
    current here; else below the one that the W3C header or variable ``traceparent`` names.

    Raises ``UsageError`` where the packages for it are missing.
    """
    if not application_traces() and not traces_asked():
        return None
    tracer = tracer_asked()
    from .spans import RunSpans

    return RunSpans(tracer, parent_here(traceparent, tracestate))


def tracer_asked() -> Tracer:
    """Where the spans go that somebody asks for. Raises ``UsageError`` where the packages for it are missing."""
    try:
        from opentelemetry import trace

        provider = trace.get_tracer_provider() if application_traces() else _own_provider(_variables())
    except ImportError as error:
        raise UsageError(
            f"{traces_asked()} asks for traces, and {error.name} is missing: {_INSTALL}, or set AION_R_TRACING=0."
        ) from error
    return provider.get_tracer("aion_r", _version())


def parent_here(traceparent: str, tracestate: str) -> Context:
    """What a span that begins here stands below: the current one, else the one that ``traceparent`` names."""
    from opentelemetry.context import get_current
    from opentelemetry.trace import get_current_span

    return get_current() if get_current_span().get_span_context().is_valid else _remote(traceparent, tracestate)


def pending_spans() -> Callable[[], object] | None:
    """What sends the spans that wait to be sent by our own means, if there may be any."""
    if application_traces() or not traces_asked():
        return None
    return _own_provider(_variables()).force_flush


def _remote(traceparent: str, tracestate: str) -> Context:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent, "tracestate": tracestate})


def _variables() -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("OTEL_")))


@cache
def _own_provider(variables: tuple[tuple[str, str], ...]) -> TracerProvider:
    """One for all runs of the process under the same ``variables``, which the SDK reads by itself. It is nobody else's:
    a library does not decide for its process."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    given = dict(variables)
    named = given.get("OTEL_SERVICE_NAME") or "service.name=" in given.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": "aion-r"})
    # each run is flushed at its end, so that nothing is left for the end of the process, which is not to wait
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(given)))
    return provider


def _exporter(given: dict[str, str]) -> SpanExporter:
    name = given.get("OTEL_TRACES_EXPORTER", "").strip().lower() or "otlp"
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    if name != "otlp":
        raise UsageError(f"OTEL_TRACES_EXPORTER is {name!r}: give otlp, console or none.")
    protocol = given.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or given.get("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    transport = "grpc" if protocol.strip().lower() == "grpc" else "http"
    exporter: SpanExporter = import_module(
        f"opentelemetry.exporter.otlp.proto.{transport}.trace_exporter"
    ).OTLPSpanExporter()
    return exporter


def _version() -> str:
    from importlib.metadata import version

    return version("aion-r")
