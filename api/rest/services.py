"""What the routes work with, made once a server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from ...core.errors import AionError
from ...core.settings import Environment, read_environment
from ...tools.runs import RunStore, run_ids
from ..hiding import hider
from .configuration import TOKEN, ServerConfig
from .metrics import Metrics
from .onlooking import Onlooker
from .projects import Projects
from .run_queue import RunQueue
from .run_views import RunViews, facts_of
from .settling import settle_left
from .worker_process import Workers

_RECOVERY_SECONDS = 60.0
"""So long processes of a server that was killed are waited for."""


@dataclass
class Services:
    """Of one server. ``closing`` is set when it is ending."""

    config: ServerConfig
    workers: Workers = field(default_factory=Workers)
    metrics: Metrics = field(default_factory=Metrics)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _background: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.projects = Projects(self.config.home / "projects.json", self.config.roots)
        self.queue = RunQueue(self.config, self.workers, self.metrics, self.hide_for)
        self.views = RunViews(self.config.home, self.projects, self.queue, self.hide_for)
        self.onlooker = Onlooker(self.views.goes_on)
        self.generating = asyncio.Semaphore(self.config.workers)
        self.metrics.watch(lambda: self.queue.counts)

    def hide_for(self, project: Path) -> Callable[[str], str]:
        """What takes every key, of the server and of ``project``, and the server's token out of a text."""
        try:
            environment = read_environment(Path.cwd(), project)
        except (AionError, OSError):  # a broken .env of the project: the run tells of it
            environment = _own_environment()
        hide = hider(environment)
        token = self.config.token
        return (lambda text: hide(text).replace(token, f"[{TOKEN}]")) if token else hide

    async def begin(self) -> None:
        """What a crash left is made whole; then runs are taken."""
        left = await asyncio.to_thread(self._stores)
        self._keep(asyncio.create_task(self._settle(left)))
        self.workers.prepare()

    async def end(self) -> None:
        """Runs are ended so that they can be resumed; streams end after their last event."""
        await self.queue.close()
        self.closing.set()
        self.queue.ring_all()
        self.onlooker.close()
        for task in self._background:
            task.cancel()
        await self.workers.close()

    def _stores(self) -> list[RunStore]:
        """The runs of earlier servers that may have to be settled."""
        left = []
        for run_id in run_ids(self.config.home):
            store = RunStore(self.config.home / "runs" / run_id)
            if store.events_file.is_file() and (facts := facts_of(store)):
                self.queue.recall(facts)
                left.append(store)
        return [store for store in left if not self._is_settled(store)]

    def _is_settled(self, store: RunStore) -> bool:
        try:
            return settle_left(store, self.config.home)
        except (
            AionError,
            OSError,
            ValueError,
        ) as error:  # others are settled all the same
            print(f"aion-r: run {store.run_id} is left as it is: {error}", file=sys.stderr)
            return True

    async def _settle(self, left: list[RunStore]) -> None:
        end = asyncio.get_running_loop().time() + _RECOVERY_SECONDS
        while left and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.5)
            waiting = [store for store in left if not self.queue.job(store.run_id)]
            left = [store for store in waiting if not await asyncio.to_thread(self._is_settled, store)]

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _services_of(request: Request) -> Services:  # a plain function would be called in a thread
    found: Services = request.app.state.services
    return found


Server = Annotated[Services, Depends(_services_of)]
"""In a route's arguments: the services of the server that got the request."""


def _own_environment() -> Environment:
    try:
        return read_environment(Path.cwd())
    except (AionError, OSError):
        return read_environment()
