"""Figures for Prometheus, of this server alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Metrics:
    """One registry: nothing of it is shared between servers in a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        more: Any = {"registry": self._registry}
        self._requests = Counter("aion_r_requests", "Requests answered.", ["method", "route", "status"], **more)
        self._seconds = Histogram(
            "aion_r_request_seconds", "Seconds until the answer began.", ["route"], buckets=_SECONDS, **more
        )
        self._asked = Counter("aion_r_runs_asked", "Runs that were taken.", **more)
        self._ended = Counter("aion_r_runs_ended", "Runs that came to an end here.", ["outcome"], **more)
        self._events = Counter("aion_r_events_sent", "Events sent to clients.", **more)
        self.open_streams = 0
        self._streams = Gauge("aion_r_event_streams", "Clients that follow a run.", **more)
        self._gauges = more

    def watch(self, counts: Callable[[], tuple[int, int]]) -> None:
        """Show how many runs wait and go on."""
        for index, name in enumerate(("queued", "running")):
            gauge = Gauge(f"aion_r_runs_{name}", f"Runs {name}.", **self._gauges)
            gauge.set_function(lambda index=index: counts()[index])  # type: ignore[misc]

    def stream(self, change: int) -> None:
        """A client came (1) or went (-1)."""
        self.open_streams += change
        self._streams.set(self.open_streams)

    def asked(self) -> None:
        """One run more."""
        self._asked.inc()

    def ended(self, outcome: str) -> None:
        """One run less."""
        self._ended.labels(outcome).inc()

    def sent(self, events: int) -> None:
        """Events that left."""
        self._events.inc(events)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request. ``route`` is the pattern, not the address: ids make no labels."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self._registry)
