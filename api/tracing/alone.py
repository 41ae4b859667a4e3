"""Spans of what is no run: calls of a chat model by ``create_llm``, a run of tests by itself.

They stand below the caller's span, are sent as others are, and what is left at the end of the process then.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from ...core.codec import dump
from ...core.domain import Usage
from ...core.events import Emit, Event
from .asked import application_traces, traces_asked

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from ...tools.running import RanTests
    from .calls import OpenCalls

Start = Callable[..., "Span"]
"""Starts a span: name, attributes, nanoseconds at which it began, and kind."""


def call_watch() -> Emit:
    """Who hears of the calls of one chat model. Raises ``UsageError`` for a variable with a value nobody knows."""
    traces_asked()
    return _Calls().tell


@contextmanager
def test_watch() -> Iterator[Callable[[RanTests], None]]:
    """Who hears of the tests that run in here. Where they cannot be run, that is a span too."""
    start, began = _start(), time.time_ns()
    if start is None:
        yield lambda ran: None
        return
    from .calls import SECOND, close, tests_told

    def ended(ran: RanTests) -> None:
        start(f"test {ran.framework}", tests_told(dump(ran)), time.time_ns() - round(ran.seconds * SECOND)).end()

    try:
        yield ended
    except BaseException as error:
        close(start("test", {}, began), type(error).__name__)
        raise


class _Calls:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OpenCalls | None = None

    def tell(self, event: Event) -> None:
        """In the task that makes the call: its current span is the parent."""
        start = _start()
        if start is None:
            return
        with self._lock:
            if event["event"] == "asking":
                self._asking(event, start)
            else:
                self._call(event)

    def _asking(self, event: Event, start: Start) -> None:
        from opentelemetry.trace import SpanKind

        from .calls import CHAT, OpenCalls, who

        self._open = self._open or OpenCalls()
        self._open.add(event, start(f"chat {event['model']}", CHAT | who(event), kind=SpanKind.CLIENT))

    def _call(self, event: Event) -> None:
        from opentelemetry.trace import get_current_span

        from .calls import close, kind_of, skip, usage

        span = self._open.end(event) if self._open else None
        if span is None:
            skip(get_current_span(), event)
            return
        span.set_attributes(usage(Usage(**event["usage"])))
        close(span, kind_of(event))


def _start() -> Start | None:
    """``None`` where nobody asks for spans."""
    if not application_traces() and not traces_asked():
        return None
    from opentelemetry.trace import SpanKind

    from .export import parent_here, tracer_asked
    from .observed import caller

    tracer, parent = tracer_asked(), parent_here(*caller())
    _send_at_exit()

    def start(name: str, told: dict[str, Any], began: int | None = None, kind: Any = SpanKind.INTERNAL) -> Span:
        return tracer.start_span(name, parent, kind, told, start_time=began)

    return start


@cache
def _send_at_exit() -> None:
    atexit.register(_send)


def _send() -> None:
    from .export import pending_spans
    from .flushing import FLUSH_SECONDS, finish

    if (work := pending_spans()) is None:
        return
    try:
        finish([work], FLUSH_SECONDS)
    except RuntimeError:  # an interpreter that ends starts no thread
        work()
