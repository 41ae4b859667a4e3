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
from opentelemetry.trace import Span, SpanKind, Tracer, set_span_in_context

from ...core.documents import RepairResult
from ...core.domain import Outcome, Usage
from ...core.events import Event
from .calls import CHAT, SECOND, OpenCalls, begin, close, kind_of, skip, tests_told, usage, who

BATCH_SECONDS = 1.0
"""Shortest batch of candidates that has a span of its own: a quick search tries thousands."""
_OFFLINE = "offline"


class RunSpans:
    """The spans of one run, which begins now, below ``parent`` (by default the span that is current here)."""

    def __init__(self, tracer: Tracer, parent: Context | None = None) -> None:
        self._tracer = tracer
        self._lock = threading.RLock()
        self._run = tracer.start_span("invoke_agent aion-r", parent, attributes=_AGENT)
        self._nodes: dict[str, Span] = {}
        self._calls = OpenCalls()
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
                **usage(result.usage),
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
                close(span, error)
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
        began = time.time_ns() - round(event["seconds"] * SECOND)
        # The first run begins before the first node, and a repetition of failing tests may outlast its own.
        parent = next((span for span in self._open_nodes() if begin(span) <= began), self._run)
        self._below(parent, f"test {event['framework']}", tests_told(event), began).end()

    def _asking(self, event: Event) -> None:
        if event["provider"] == _OFFLINE:
            span = self._below(self._here, "search", {"aion_r.provider": _OFFLINE})
        else:
            span = self._below(self._here, f"chat {event['model']}", CHAT | who(event), kind=SpanKind.CLIENT)
        self._calls.add(event, span)
        _enter(span)  # so that what the client's own instrumentation sees stands below

    def _call(self, event: Event) -> None:
        span = self._calls.end(event)
        if span is None:
            skip(self._here, event)
            return
        if event["provider"] == _OFFLINE:
            self._end_batch()
        else:
            span.set_attributes(usage(Usage(**event["usage"])))
        close(span, kind_of(event))

    def _waiting(self, event: Event) -> None:
        told = {"gen_ai.provider.name": event["provider"], "aion_r.wait_s": event["seconds"]}
        self._here.add_event("provider.waited_for", told)

    def _search(self, event: Event) -> None:
        search = next((span for provider, span in self._calls if provider == _OFFLINE), self._here)
        search.set_attributes({"aion_r.candidates": event["candidates"], "aion_r.plausible": event["plausible"]})
        span, before = self._batch or self._next_batch(search, 0)
        span.set_attribute("aion_r.candidates", event["candidates"] - before)
        if time.time_ns() - begin(span) >= BATCH_SECONDS * SECOND:
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


_AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "aion-r"}


def _enter(span: Span) -> None:
    """Make ``span`` current in the running task. Nobody leaves it: the task, and its context, end with the span."""
    current.attach(set_span_in_context(span))
