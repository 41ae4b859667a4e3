"""The events of one run as structured logs on stderr, a line an event, by structlog.

As in the spans no text of a prompt, an answer, a test or a source is in them. An embedding program's own configuration
of structlog is neither used nor changed.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from ...core.documents import RepairResult
from ...core.domain import Outcome
from ...core.errors import UsageError
from ...core.events import Event
from .asked import LogStyle, log_asked

_FIELDS = {
    "started": ("info", ("project", "framework", "language", "sandbox")),
    "resumed": ("info", ("afresh",)),
    "merging": ("warning", ("paths",)),
    "node": ("info", ("node", "iteration")),
    "tests": ("debug", ("passed", "failed")),
    "ran": ("info", ("framework", "chosen", "passed", "failed", "seconds", "timed_out")),
    "asking": ("debug", ("provider", "model")),
    "waiting": ("warning", ("provider", "seconds")),
    "search": ("debug", ("candidates", "plausible", "seconds")),
    "update": ("debug", ("node",)),
}
"""Level, and the fields that are told, by kind of event."""


class RunLog:
    """The log of one run. Lines carry its ``run_id``, and its ``trace_id`` where there is one."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def tell(self, event: Event) -> None:
        """Take ``event`` in. Of a kind that is not known only the name is told."""
        kind = event["event"]
        if kind in ("started", "resumed"):
            self._logger = self._logger.bind(run_id=event["run_id"])
        if kind == "call":
            self._call(event)
            return
        level, fields = _FIELDS.get(kind, ("debug", ()))
        self._line(level, kind, {name: event[name] for name in fields})

    def finished(self, result: RepairResult) -> None:
        """The run has ended."""
        told = {
            "outcome": str(result.outcome),
            "stop_reason": result.stop_reason,
            "iterations": result.iterations_completed,
            "applied": result.applied,
            "test_runs": result.test_runs,
            "input_tokens": result.usage.input_tokens,
            "output_tokens": result.usage.output_tokens,
            "cost_usd": result.usage.cost_usd,
            "seconds": result.timing.get("total_s"),
        }
        self._line("error" if result.outcome is Outcome.ERROR else "info", "finished", told)

    def failed(self, error: BaseException) -> None:
        """The run has ended with ``error``, or was cancelled."""
        self._line("error", "failed", {"error": type(error).__name__})

    def _call(self, event: Event) -> None:
        error = event["error"] or {}
        told = {name: event[name] for name in ("provider", "model", "ok", "seconds")} | event["usage"]
        failure = {"error": error.get("kind"), "status": error.get("status")} if error else {}
        self._line("warning" if error else "info", "call", told | failure)

    def _line(self, level: str, kind: str, told: dict[str, Any]) -> None:
        rounded = {name: round(value, 3) if name == "seconds" and value else value for name, value in told.items()}
        getattr(self._logger, level)(kind, **rounded)


def log_of_run(trace_id: str = "") -> RunLog | None:
    """The log of a run that begins now, or ``None`` where nobody asks for one. Raises ``UsageError`` where the package
    for it is missing."""
    asked = log_asked()
    if asked is None:
        return None
    style, level = asked
    try:
        import structlog
    except ImportError as error:
        raise UsageError(
            f"AION_R_LOG asks for logs, and {error.name} is missing: pip install 'aion-r[tracing]'."
        ) from error
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _renderer(style),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )
    return RunLog(logger.bind(**({"trace_id": trace_id} if trace_id else {})))


def _renderer(style: LogStyle) -> Callable[..., str | bytes]:
    import structlog

    if style == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
