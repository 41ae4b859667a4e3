"""From the events of a run to progress notifications: a line each, the newest where many come at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio

from ...core.events import Emit, Event
from ..screen.narration import Narrator
from ..screen.terminal import plain

T = TypeVar("T")
Report = Callable[[float, float | None, str | None], Awaitable[None]]
"""Sends progress, total and message, where the caller asked to be told."""

_MOVING = ("tests", "search")
_EVERY = 0.25
"""Seconds between two notifications of numbers that move."""


class Progress:
    """Tells one caller how far its run is."""

    def __init__(self, report: Report, hide: Callable[[str], str]) -> None:
        self._report = report
        self._hide = hide
        self._narrator = Narrator()
        self._sent = 0
        self._last = ""
        self._moved_at = 0.0

    async def tell_all(self, events: asyncio.Queue[Event]) -> None:
        """Until cancelled."""
        while True:
            for words in self._words(await events.get()):
                if words != self._last:
                    self._sent, self._last = self._sent + 1, words
                    await self._report(self._sent, None, self._hide(words))

    def _words(self, event: Event) -> list[str]:
        lines = [plain(line) for line in self._narrator.tell(event)]
        if event["event"] == "node":
            return [self._narrator.now.node]
        if event["event"] not in _MOVING:
            return lines
        if time.monotonic() - self._moved_at < _EVERY:
            return []
        self._moved_at = time.monotonic()
        return [self._moving(event)]

    def _moving(self, event: Event) -> str:
        if event["event"] == "search":
            return f"offline search: {event['candidates']} candidates tried, {event['plausible']} plausible"
        return f"tests: {event['passed']} passed, {event['failed']} failed"


async def watched(start: Callable[[Emit], Coroutine[Any, Any, T]], progress: Progress) -> T:
    """What the work that ``start`` begins comes to. Cancelling it ends the work, and returns when that has ended.

    The work is a task of its own: the protocol's kind of cancellation, which interrupts every wait again and again,
    would tear its winding down apart.
    """
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def emit(event: Event) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    work = asyncio.create_task(start(emit))
    telling = asyncio.create_task(progress.tell_all(events))
    telling.add_done_callback(lambda task: task.cancelled() or task.exception())  # a client that left is no news
    try:
        return await asyncio.shield(work)
    finally:
        telling.cancel()
        if not work.done():
            work.cancel()
            await _ended(work)


async def _ended(work: asyncio.Task[Any]) -> None:
    with anyio.CancelScope(shield=True):
        await asyncio.wait([work])
