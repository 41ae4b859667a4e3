"""From the events of one run to OpenTelemetry spans, named as the semantic conventions of generative AI have it.

::

    invoke_agent aion-r
      execute_tests                    a node
        test pytest                    a run of tests
      generate_fix
        chat openai/gpt-oss-120b       a call to a model
        search                         the offline search
          candidate batch
      …

Attributes are names, numbers and kinds of errors. No text of a prompt, an answer, a test or a source is among them, and
so no message of an error either: such a message repeats lines of all of these.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opentelemetry import context as current
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from ...core.documents import RepairResult
from ...core.domain import Outcome, Usage
from ...core.events import Event

BATCH_SECONDS = 1.0
"""Shortest batch of candidates that has a span of its own: a quick search tries thousands."""
_OFFLINE = "offline"
_SECOND = 1_000_000_000


class RunSpans:
    """The spans of one run, which begins now, below ``parent`` (by default the span that is current here)."""

    def __init__(self, tracer: Tracer, parent: Context | None = None) -> None:
        self._tracer = tracer
        self._lock = threading.RLock()
        self._run = tracer.start_span("invoke_agent aion-r", parent, attributes=_AGENT)
        self._nodes: dict[str, Span] = {}
        self._calls: list[tuple[Event, Span]] = []
        self._batch: tuple[Span, int] | None = None
        """The batch under way, and how many candidates were tried before it."""
        self._over = False
        _enter(self._run)

    @property
    def trace_id(self) -> str:
        """Of the run, in hexadecimal."""
        return format(self._run.get_span_context().trace_id, "032x")

    def tell(self, event: Event) -> None:
        """Take ``event`` in, at the moment it happens. Unknown kinds say nothing. Any thread may call it."""
        handler = getattr(self, f"_{event['event']}", None)
        with self._lock:
            if handler and not self._over:
                handler(event)

    def finished(self, result: RepairResult) -> None:
        """The run has ended."""
        self._run.set_attributes(
            {
                "aion_r.outcome": str(result.outcome),
                "aion_r.stop_reason": result.stop_reason,
                "aion_r.iterations": result.iterations_completed,
                "aion_r.applied": result.applied,
                "aion_r.test_runs": result.test_runs,
                **_usage(result.usage),
            }
        )
        self._end(result.stop_reason if result.outcome is Outcome.ERROR else "")

    def failed(self, error: BaseException) -> None:
        """The run has ended with ``error``, or was cancelled."""
        self._end(type(error).__name__)

    def _end(self, error: str) -> None:
        with self._lock:
            self._end_batch()
            for span in (*(span for _, span in self._calls), *self._nodes.values(), self._run):
                _close(span, error)
            self._over = True

    def _started(self, event: Event) -> None:
        self._run.set_attributes(
            {
                "gen_ai.conversation.id": event["run_id"],
                "aion_r.run_id": event["run_id"],
                "aion_r.project": Path(event["project"]).name,
                "aion_r.framework": event["framework"],
                "aion_r.language": event["language"],
                "aion_r.sandbox": event["sandbox"],
            }
        )

    def _resumed(self, event: Event) -> None:
        self._run.set_attributes({"aion_r.resumed": True, "aion_r.afresh": bool(event["afresh"])})

    def _node(self, event: Event) -> None:
        if event["node"] in self._nodes:  # it goes on after something else
            return
        span = self._below(self._run, event["node"], {"aion_r.iteration": event["iteration"]})
        self._nodes[event["node"]] = span
        _enter(span)

    def _update(self, event: Event) -> None:
        span = self._nodes.pop(event["node"], None)
        if span:
            span.end()

    def _ran(self, event: Event) -> None:
        began = time.time_ns() - round(event["seconds"] * _SECOND)
        # The first run begins before the first node, and a repetition of failing tests may outlast its own.
        parent = next((span for span in self._open_nodes() if _begin(span) <= began), self._run)
        status = "timed_out" if event["timed_out"] else "failure" if event["failed"] else "success"
        told = {
            "test.suite.name": event["framework"],
            "test.suite.run.status": status,
            "aion_r.tests.chosen": event["chosen"],
            "aion_r.tests.passed": event["passed"],
            "aion_r.tests.failed": event["failed"],
        }
        self._below(parent, f"test {event['framework']}", told, began).end()

    def _asking(self, event: Event) -> None:
        if event["provider"] == _OFFLINE:
            span = self._below(self._here, "search", {"aion_r.provider": _OFFLINE})
        else:
            span = self._below(self._here, f"chat {event['model']}", _CHAT | _who(event), kind=SpanKind.CLIENT)
        self._calls.append((event, span))
        _enter(span)  # so that what the client's own instrumentation sees stands below

    def _call(self, event: Event) -> None:
        span = self._take(event)
        error = event["error"] or {}
        if span is None:  # the provider was not asked: it rests, or the budget does not reach
            self._here.add_event("provider.skipped", _who(event) | {"error.type": error.get("kind", "")})
            return
        if event["provider"] == _OFFLINE:
            self._end_batch()
        else:
            span.set_attributes(_usage(Usage(**event["usage"])))
        if error.get("status"):
            span.set_attribute("http.response.status_code", error["status"])
        _close(span, error.get("kind", ""))

    def _waiting(self, event: Event) -> None:
        told = {"gen_ai.provider.name": event["provider"], "aion_r.wait_s": event["seconds"]}
        self._here.add_event("provider.waited_for", told)

    def _search(self, event: Event) -> None:
        search = next((span for asked, span in self._calls if asked["provider"] == _OFFLINE), self._here)
        search.set_attributes({"aion_r.candidates": event["candidates"], "aion_r.plausible": event["plausible"]})
        span, before = self._batch or self._next_batch(search, 0)
        span.set_attribute("aion_r.candidates", event["candidates"] - before)
        if time.time_ns() - _begin(span) >= BATCH_SECONDS * _SECOND:
            self._end_batch()
            self._next_batch(search, event["candidates"])

    def _next_batch(self, search: Span, before: int) -> tuple[Span, int]:
        self._batch = self._below(search, "candidate batch", {"aion_r.candidates": 0}), before
        return self._batch

    def _end_batch(self) -> None:
        if self._batch:
            self._batch[0].end()
        self._batch = None

    @property
    def _here(self) -> Span:
        return next(self._open_nodes(), self._run)

    def _open_nodes(self) -> Iterator[Span]:
        return reversed(self._nodes.values())

    def _below(
        self,
        parent: Span,
        name: str,
        told: dict[str, Any],
        began: int | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Span:
        return self._tracer.start_span(name, set_span_in_context(parent), kind, told, start_time=began)

    def _take(self, event: Event) -> Span | None:
        """The span of the call that ends: of several to one model, that which began as long ago as the call took."""
        who = (event["provider"], event["model"])
        began = time.time_ns() - event["seconds"] * _SECOND
        same = [pair for pair in self._calls if (pair[0]["provider"], pair[0]["model"]) == who]
        if not same or _not_sent(event):
            return None
        chosen = min(same, key=lambda pair: abs(_begin(pair[1]) - began))
        self._calls.remove(chosen)
        return chosen[1]


_CHAT = {"gen_ai.operation.name": "chat"}
_AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "aion-r"}


def _not_sent(event: Event) -> bool:
    """Whether the record is of a call that the gate refused: nobody began to count its seconds."""
    return not event["ok"] and not event["seconds"]


def _who(event: Event) -> dict[str, Any]:
    # The second name is the older one of the first: most services that show traces still look for it.
    provider, model = event["provider"], event["model"]
    return {"gen_ai.provider.name": provider, "gen_ai.system": provider, "gen_ai.request.model": model}


def _usage(usage: Usage) -> dict[str, Any]:
    told = {"gen_ai.usage.input_tokens": usage.input_tokens, "gen_ai.usage.output_tokens": usage.output_tokens}
    return told if usage.cost_usd is None else told | {"aion_r.cost_usd": usage.cost_usd}


def _begin(span: Span) -> int:
    """When ``span`` began, in nanoseconds; one that is not recorded never did."""
    return getattr(span, "start_time", None) or 0


def _enter(span: Span) -> None:
    """Make ``span`` current in the running task. Nobody leaves it: the task, and its context, end with the span."""
    current.attach(set_span_in_context(span))


def _close(span: Span, error: str) -> None:
    if error:
        span.set_attribute("error.type", error)
        span.set_status(Status(StatusCode.ERROR))
    span.end()
