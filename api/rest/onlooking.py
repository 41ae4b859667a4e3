"""Runs that no process of this server does, on the command line, from Python, of another server: their logs are looked
at while somebody follows them, and closed where their process was killed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from weakref import ref

from ...tools.runs import RunStore
from ..event_log import LAST_KINDS, last_event
from .jobs import Bell
from .settling import close_left

PERIOD = 0.1
"""Seconds between two looks."""
FAREWELL = 2.0
"""Seconds within which the last event comes after the end of a run."""


class Onlooker:
    """Rings the bells of runs whose logs grow. ``alive`` says whether something may still happen to a run: blocking."""

    def __init__(self, alive: Callable[[RunStore], bool]) -> None:
        self._alive = alive
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def watches(self, run_id: str) -> bool:
        """Whether that run is looked at: it goes on, or its last event is still to come."""
        return run_id in self._tasks

    async def watch(self, store: RunStore, bell: Bell) -> None:
        """Look at the run of ``store``, if it goes on, as long as somebody has its ``bell``."""
        if store.run_id in self._tasks or not await asyncio.to_thread(self._alive, store):
            return
        if store.run_id not in self._tasks:
            self._tasks[store.run_id] = asyncio.create_task(self._look(store, ref(bell)))

    def close(self) -> None:
        """Look at nothing any more."""
        for task in self._tasks.values():
            task.cancel()

    async def _look(self, store: RunStore, bell: ref[Bell]) -> None:
        try:
            seen = 0
            end = None
            while bell() is not None and (end is None or time.monotonic() < end):
                alive, size = await asyncio.to_thread(self._seen, store)
                if size != seen:
                    seen = size
                    _ring(bell)
                if alive:
                    end = None
                elif await asyncio.to_thread(_is_closed, store):
                    return
                elif end is None:
                    end = time.monotonic() + FAREWELL
                await asyncio.sleep(PERIOD)
            if end is not None:
                await asyncio.to_thread(close_left, store)
        finally:
            self._tasks.pop(store.run_id, None)
            _ring(bell)

    def _seen(self, store: RunStore) -> tuple[bool, int]:
        try:
            return self._alive(store), store.events_file.stat().st_size
        except FileNotFoundError:  # no event yet, or the run was pruned
            return (store.folder / "run.json").is_file() and self._alive(store), 0


def _is_closed(store: RunStore) -> bool:
    return last_event(store.events_file)[1] in LAST_KINDS


def _ring(bell: ref[Bell]) -> None:
    if (one := bell()) is not None:
        one.ring()
