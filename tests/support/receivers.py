"""Receivers of traces on 127.0.0.1: what arrives is kept, and decoded as its senders' protocols have it."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Arrived:
    """One request, its body unpacked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ReceivedSpan:
    """One span. Ids are hexadecimal, times seconds; ``error`` says that its status is an error's."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    began: float
    ended: float
    attributes: Mapping[str, Any]
    events: tuple[tuple[str, Mapping[str, Any]], ...]
    error: bool
    resource: Mapping[str, Any]


class Receiver:
    """Answers every request with ``status`` and an empty JSON object, after ``delay`` seconds."""

    def __init__(self, status: int = 200, delay: float = 0.0) -> None:
        self.status, self.delay = status, delay
        self.arrived: list[Arrived] = []
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._http = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def everything(self) -> str:
        """All that came: paths, headers and bodies."""
        return "\n".join(f"{one.path} {dict(one.headers)} {one.body.decode(errors='replace')}" for one in self.arrived)

    def spans(self) -> list[ReceivedSpan]:
        """What OTLP requests brought, in the order of their beginning."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        found = []
        for one in self.arrived:
            if one.path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(one.body).resource_spans:
                    about = _values(resource.resource.attributes)
                    found += [_span(span, about) for scope in resource.scope_spans for span in scope.spans]
        return sorted(found, key=lambda span: span.began)


def _span(span: Any, about: Mapping[str, Any]) -> ReceivedSpan:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

    return ReceivedSpan(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        began=span.start_time_unix_nano / 1e9,
        ended=span.end_time_unix_nano / 1e9,
        attributes=_values(span.attributes),
        events=tuple((event.name, _values(event.attributes)) for event in span.events),
        error=span.status.code == Status.STATUS_CODE_ERROR,
        resource=about,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in attributes}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that do not wait for a slow answer are to be expected."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def do_PATCH(self) -> None:
        self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        self.receiver.arrived.append(Arrived(self.command, self.path, headers, plain))
        end = time.monotonic() + self.receiver.delay
        while time.monotonic() < end and not self.receiver.closing.wait(0.02):
            pass
        self.send_response(self.receiver.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
