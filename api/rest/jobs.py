"""One run that this server has taken on: where it is, who waits for it, and how it is told to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...tools.runs import RunStore
from ..event_log import last_event
from .worker import Message
from .worker_process import WorkerProcess


class Bell:
    """Wakes everybody who waits, as often as it rings. Nobody who is late misses anything: what happened is a file."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Something has happened."""
        rung, self._event = self._event, asyncio.Event()
        rung.set()

    def next(self) -> asyncio.Event:
        """What the next ring sets. Take it before looking at what there is."""
        return self._event


@dataclass(eq=False)
class Job:
    """A run between its request and its end. ``begin``: it has not begun before."""

    store: RunStore
    project: Path
    begin: bool = True
    status: str = "queued"
    node: str | None = None
    iteration: int = 0
    last_id: int = 0
    cancelled: bool = False
    closing: bool = False
    """Whether the end of the server ends it."""
    hide: Callable[[str], str] = str
    bell: Bell = field(default_factory=Bell)
    """The run's, whichever job is at work on it."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _worker: WorkerProcess | None = None
    _ending: bool = False

    @property
    def run_id(self) -> str:
        """Of its folder."""
        return self.store.run_id

    def took(self, worker: WorkerProcess) -> None:
        """The process that does it."""
        self._worker = worker
        self.status = "running"

    def hear(self, message: Message) -> None:
        """What the process says."""
        if self._ending and self._worker:  # told too early to be understood
            self._worker.send({"do": "cancel"})
        if message["tell"] == "event":
            self.last_id = message["id"]
            self.node = message.get("node", self.node)
            self.iteration = message.get("iteration", self.iteration)
        self.bell.ring()

    def cancel(self) -> None:
        """Tell the process to end. One that is writing the project ends by itself."""
        self._ending = True
        if self._worker:
            self._worker.send({"do": "cancel"})

    def settled(self) -> None:
        """It has ended, and its folder says how."""
        self.last_id = last_event(self.store.events_file)[0]
        self._worker = None
        self.done.set()
        self.bell.ring()
