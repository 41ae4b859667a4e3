"""Runs of the graph that somebody else's program, or LangGraph Studio, began: watched and kept as all others are."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from ..core.events import Event, silent
from ..core.settings import Environment
from ..core.state import RepairState
from ..core.watching import RunWatch
from .hiding import hider
from .recording import RunRecord
from .tracing.flushing import FLUSH_SECONDS, finish
from .tracing.observed import Observer, observers, pending


class WatchedRun:
    """One of them. See ``core.watching.RunWatch``."""

    def __init__(self, watching: list[Observer], record: RunRecord) -> None:
        self._watching = watching
        self._record = record
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        # The graph's nodes tell from the event loop, which is somebody else's and not to wait for a disk.
        self._writer = Thread(target=self._write, name="aion-r-record", daemon=True)
        self._writer.start()

    def tell(self, event: Event) -> None:
        """To all."""
        for one in self._watching:
            one.tell(event)
        self._events.put(event)

    def _write(self) -> None:
        while (event := self._events.get()) is not None:
            self._record.tell(event)

    def _written(self) -> None:
        self._events.put(None)
        self._writer.join()

    def ended(self, state: RepairState, context: Any) -> None:
        """To all, with the run's result, which is kept with it."""
        from .result import result_of

        result = result_of(state, context)
        context.store.finish(result.to_dict())
        self._written()
        self._record.finished(result)
        for one in self._watching:
            one.finished(result)
        finish(pending(), FLUSH_SECONDS)

    def failed(self, error: BaseException | None) -> None:
        """To all; a run that nobody goes on with now may be gone on with later."""
        self._written()
        self._record.left(error)
        for one in self._watching:
            one.failed(error or RuntimeError("left"))
        finish(pending(), FLUSH_SECONDS)


def watch_graph(home: Path, environment: Environment) -> RunWatch:
    """The watch of a run that begins now. Raises ``UsageError`` as ``observers`` does. May block: it imports."""
    return WatchedRun(observers(), RunRecord(silent, home, hider(environment)))
