"""One run with all who watch it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from ...core.documents import RepairResult
from ...core.events import Emit, Event
from .export import pending_spans, spans_of_run
from .flushing import FAREWELL_SECONDS, FLUSH_SECONDS, finish
from .langsmith_client import pending_langsmith, scrubbed_traces
from .logs import log_of_run

_caller: ContextVar[tuple[str, str]] = ContextVar("aion_r_caller", default=("", ""))


@contextmanager
def called_from(traceparent: str | None, tracestate: str | None = None) -> Iterator[None]:
    """Runs that begin in here are part of the trace that these W3C headers name, unless a span is current."""
    token = _caller.set((traceparent or "", tracestate or ""))
    try:
        yield
    finally:
        _caller.reset(token)


class Observer(Protocol):
    """Watches one run. Any thread may tell it something."""

    def tell(self, event: Event) -> None:
        """Something happened."""
        ...

    def finished(self, result: RepairResult) -> None:
        """The run has ended."""
        ...

    def failed(self, error: BaseException) -> None:
        """The run has ended with an error."""
        ...


async def observed(start: Callable[[Emit], Coroutine[Any, Any, RepairResult]], emit: Emit) -> RepairResult:
    """The result of the run that ``start`` begins; what it tells goes to its observers, then to ``emit``.

    To be run in a task of its own. Raises what the run raises, and ``UsageError`` where somebody asks for observers
    that cannot be had.
    """
    watching = observers()

    def tell(event: Event) -> None:
        for observer in watching:
            observer.tell(event)
        emit(event)

    try:
        with scrubbed_traces():
            result = await start(tell if watching else emit)
    except BaseException as error:
        for observer in watching:
            observer.failed(error)
        await send(FAREWELL_SECONDS if isinstance(error, asyncio.CancelledError) else FLUSH_SECONDS)
        raise
    for observer in watching:
        observer.finished(result)
    await send(FLUSH_SECONDS)
    return result


def caller() -> tuple[str, str]:
    """``traceparent`` and ``tracestate`` of whoever asked for what begins here; empty where nobody says."""
    traceparent, tracestate = _caller.get()
    if traceparent:
        return traceparent, tracestate
    return os.environ.get("TRACEPARENT", ""), os.environ.get("TRACESTATE", "")


def observers() -> list[Observer]:
    """Those of a run that begins now. Raises ``UsageError`` where somebody asks for some that cannot be had."""
    spans = spans_of_run(*caller())
    log = log_of_run(spans.trace_id if spans else "")
    return [one for one in (spans, log) if one is not None]


def pending() -> list[Callable[[], object]]:
    """What sends all that waits to be sent."""
    return [work for work in (pending_spans(), pending_langsmith()) if work]


async def send(seconds: float) -> None:
    """See that nothing is lost if the process ends now, within ``seconds``."""
    if works := pending():
        await asyncio.to_thread(finish, works, seconds)
