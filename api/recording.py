"""What a run tells is kept in its folder as it happens (``events.jsonl``), whoever started it: a server shows it live
and afterwards. Without keys, and never at the cost of the run.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ..core.decisions import Decision, Question
from ..core.documents import RepairResult
from ..core.events import Emit, Event
from ..graph.kept import resumable
from ..tools.runs import RunStore
from .approvals import AWAITING, Approve
from .event_log import EventLog
from .hiding import Hide, hidden

_FREQUENT = ("tests", "search")
"""Events that only count: of those that come quickly the last one is enough."""
_BETWEEN = 0.1
"""Seconds between two of them."""
_SUMMED = ("success", "stop_reason", "message", "applied")
_INTERRUPTED = "interrupted: the project is as it was. The run can be resumed."

_elsewhere: ContextVar[bool] = ContextVar("aion_r_recorded_elsewhere", default=False)


@contextmanager
def recorded_elsewhere() -> Iterator[None]:
    """Runs that begin in here keep no events by themselves: their caller does."""
    token = _elsewhere.set(True)
    try:
        yield
    finally:
        _elsewhere.reset(token)


class Recorder:
    """Keeps events in ``log``, without keys. ``kept`` gets each with its id once it is there. Any thread may tell."""

    def __init__(self, log: EventLog, hide: Hide, kept: Callable[[int, Event], None] = lambda number, event: None):
        self._log = log
        self._hide = hide
        self._told = kept
        self._lock = threading.Lock()
        self._closed = False
        self._last = dict.fromkeys(_FREQUENT, 0.0)
        self._held: dict[str, Event] = {}
        self._kept: dict[str, Event] = {}

    def tell(self, event: Event) -> None:
        """Something happened. Raises ``OSError`` where it cannot be kept; after ``close`` nothing is."""
        with self._lock:
            if self._closed:
                return
            if event["event"] in _FREQUENT:
                self._count(event)
                return
            for held in self._held.values():
                self._keep(held)
            self._held.clear()
            if event["event"] == "node":
                self._kept.clear()  # the next run of the tests counts from nothing
            self._keep(event)

    def close(self) -> None:
        """Release the log, once nobody writes: another file may get its number."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._log.close()

    def _count(self, event: Event) -> None:
        kind, now = event["event"], time.monotonic()
        if event == self._kept.get(kind):
            return
        if now - self._last[kind] < _BETWEEN:
            self._held[kind] = event
            return
        self._last[kind] = now
        self._held.pop(kind, None)
        self._kept[kind] = event
        self._keep(event)

    def _keep(self, event: Event) -> None:
        self._told(self._log.append(hidden(event, self._hide)), event)


class RunRecord:
    """The events of one run on their way to ``emit``, kept from the first that names the run.

    Enter it while the project is held: leaving it tells how the run ended, while nobody else writes.
    """

    def __init__(self, emit: Emit, home: Path, hide: Hide) -> None:
        self._emit = emit
        self._home = home
        self._hide = hide
        self._recorder: Recorder | None = None
        self._store: RunStore | None = None
        self._over = _elsewhere.get()

    def tell(self, event: Event) -> None:
        """Keep ``event``, then pass it on. Any thread may call it."""
        self._keep(event)
        self._emit(event)

    def goes_on(self, run_id: str, afresh: str, decision: Decision | None) -> None:
        """The run is resumed: ``afresh`` says why from its tests, if so, and ``decision`` what it had asked."""
        self._open(run_id)
        if decision and not afresh and self._store:
            self._decided(decision, self._store.facts["question"]["question"])
        self.tell({"event": "resumed", "run_id": run_id, "afresh": afresh})

    def deciding(self, approve: Approve | None) -> Approve | None:
        """``approve``, whose answers are kept too."""
        if approve is None or self._over:
            return approve

        async def answered(question: Question) -> Decision | None:
            given = await asyncio.to_thread(approve, question)
            if inspect.isawaitable(given):
                given = await given
            decision = None if given is None else Decision.of(given)
            if decision is not None:
                self._decided(decision, question.question)
            return decision

        return answered

    def finished(self, result: RepairResult) -> None:
        """The run has ended with ``result``, or stops at its question."""
        if result.stop_reason != AWAITING:
            summed = {name: getattr(result, name) for name in _SUMMED}
            self._keep({"event": "finished", "outcome": str(result.outcome)} | summed)
        self._close()

    def __enter__(self) -> RunRecord:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.left(error)

    def left(self, error: BaseException | None) -> None:
        """Nothing more is told: the run broke with ``error``, stopped at a question, or has ended."""
        if error is not None and self._store is not None and not self._over:
            self._cut_short(error)
        self._close()

    def _decided(self, decision: Decision, question: int) -> None:
        told = {"question": question, "action": str(decision.action), "reason": decision.reason}
        self._keep({"event": "decided"} | told)

    def _cut_short(self, error: BaseException) -> None:
        told = _INTERRUPTED if isinstance(error, asyncio.CancelledError) else str(error) or type(error).__name__
        assert self._store is not None
        try:
            again = resumable(self._store.facts)
        except (OSError, ValueError):  # pruned meanwhile: the error itself is what counts
            again = False
        self._keep({"event": "interrupted", "message": told, "resumable": again})

    def _keep(self, event: Event) -> None:
        if self._recorder is None and "run_id" in event:
            self._open(event["run_id"])
        if self._over or self._recorder is None:
            return
        try:
            self._recorder.tell(event)
        except OSError:  # a full disk: what is not kept is not shown, and the run goes on as it can
            self._close()

    def _open(self, run_id: str) -> None:
        if self._over:
            return
        self._store = RunStore(self._home / "runs" / run_id)
        try:
            self._recorder = Recorder(EventLog(self._store.events_file), self._hide)
        except OSError:
            self._over = True

    def _close(self) -> None:
        self._over = True
        if self._recorder is not None:
            self._recorder.close()
