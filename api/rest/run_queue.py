"""The runs of this server: so many at once, so many that wait, one for a project, each to be cancelled alone."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from ...core.decisions import Decision
from ...graph.kept import resumable
from ...tools.runs import RunStore
from ..approvals import check_waiting
from .asking import Asked, admit
from .callers import NOBODY, Caller
from .configuration import ServerConfig
from .idempotency import Keys
from .jobs import Bell, Job
from .metrics import Metrics
from .problems import Problem
from .settling import WAITING, prepare, settle, settle_cancelled
from .worker import Message
from .worker_process import GRACE, Workers

RETRY_SECONDS = 10
"""When to ask again where the queue is full."""


class RunQueue:
    """See the module. Everything but ``admit`` happens in the event loop: there is nothing to lock."""

    def __init__(
        self, config: ServerConfig, workers: Workers, metrics: Metrics, hide_for: Callable[[Path], Callable[[str], str]]
    ) -> None:
        self._config = config
        self._workers = workers
        self._metrics = metrics
        self._hide_for = hide_for
        self._keys = Keys()
        self._waiting: deque[Job] = deque()
        self._running: dict[Job, asyncio.Task[None]] = {}
        self._jobs: dict[str, Job] = {}
        self._busy: dict[Path, str] = {}
        self._bells: WeakValueDictionary[str, Bell] = WeakValueDictionary()
        self.closing = False

    @property
    def accepting(self) -> bool:
        """Whether one more run would be taken."""
        return not self.closing and (self._free or len(self._waiting) < self._config.queue)

    @property
    def counts(self) -> tuple[int, int]:
        """Runs that wait, and that go on."""
        return len(self._waiting), len(self._running)

    @property
    def _free(self) -> bool:
        return len(self._running) + len(self._waiting) < self._config.workers

    def job(self, run_id: str) -> Job | None:
        """The run of that id while it waits or goes on."""
        return self._jobs.get(run_id)

    def active(self, project: Path) -> str | None:
        """The run that has ``project`` now."""
        return self._busy.get(project) or None

    def is_taking(self, project: Path) -> bool:
        """Whether a run on ``project`` is being made, and has no job yet."""
        return self._busy.get(project) == ""

    def position(self, job: Job) -> int | None:
        """Its place among those that wait, from 1."""
        return self._waiting.index(job) + 1 if job in self._waiting else None

    async def submit(self, asked: Asked) -> tuple[RunStore, Job | None]:
        """A run for ``asked``, or the one that the same key was given for before (without a job once it has ended).

        Raises ``Problem``: 409 for a busy project or a key of another request, 429 where the queue is full, 503
        at the server's end.
        """
        if known := self._keys.find(asked.key, asked.fingerprint):
            store = RunStore(self._config.home / "runs" / known)
            if store.folder.is_dir():  # else it was pruned: a new one takes its place
                return store, self.job(known)
        with self._keys.under_way(asked.key):
            self._take(asked.project)
            try:
                store = await asyncio.to_thread(admit, asked, self._config)
                self._keys.remember(asked.key, asked.fingerprint, store.run_id)
                return store, self._enqueue(Job(store, asked.project))
            except BaseException:
                self._busy.pop(asked.project, None)
                raise

    async def resume(self, store: RunStore, caller: Caller = NOBODY) -> Job:
        """Go on with a run that was cut short. Raises ``Problem`` (409, 429, 503) and ``UsageError``."""
        facts = store.facts
        if facts["outcome"] == WAITING:
            raise Problem(409, f"run {store.run_id} waits for an answer: POST …/approval gives it.")
        if not self.job(store.run_id) and not resumable(facts):
            raise Problem(409, f"run {store.run_id} has ended: start a new one.")
        return await self._go_on(store, caller)

    async def decide(self, store: RunStore, decision: Decision, caller: Caller = NOBODY) -> Job:
        """Go on with a run that asked, with an answer that is kept first. Raises ``Problem`` (409, 429, 503)."""
        facts = store.facts
        if self.job(store.run_id) or facts["outcome"] != WAITING:
            raise Problem(409, f"run {store.run_id} asks nothing now: a question is answered once.")
        check_waiting(store, decision)
        return await self._go_on(store, caller, decision.to_dict() | {"question": facts["question"]["question"]})

    async def _go_on(self, store: RunStore, caller: Caller, decision: dict[str, Any] | None = None) -> Job:
        project = Path(store.facts["project"])
        if self.job(store.run_id):
            raise Problem(409, f"run {store.run_id} is at work.")
        self._take(project)
        job = self._jobs[store.run_id] = Job(store, project, bell=self.bell(store.run_id))
        try:
            await asyncio.to_thread(prepare, store, self._config.home, decision, caller)
            facts = store.facts
            job.begin = "queued_at" in facts and "began_at" not in facts
            return self._enqueue(job)
        except BaseException:
            self._jobs.pop(store.run_id, None)
            self._busy.pop(project, None)
            raise

    async def cancel(self, job: Job) -> None:
        """End it: one that waits at once, one that goes on as soon as its tests are ended."""
        job.cancelled = True
        if job.done.is_set():
            return
        if job in self._waiting:
            self._waiting.remove(job)
            await asyncio.to_thread(settle_cancelled, job)
            self._leave(job)
        else:
            job.cancel()

    def bell(self, run_id: str) -> Bell:
        """What rings when something happens to that run, now or when it goes on."""
        return self._bells.setdefault(run_id, Bell())

    def ring_all(self) -> None:
        """The server is ending: whoever waits looks up."""
        for bell in list(self._bells.values()):
            bell.ring()

    def recall(self, facts: Mapping[str, object]) -> None:
        """The idempotency key of a run before this server's start."""
        self._keys.recall(facts)

    async def close(self) -> None:
        """Take nothing more, end what goes on so that it can be resumed, and wait for that."""
        self.closing = True
        waiting, self._waiting = list(self._waiting), deque()
        for job in waiting:
            job.closing = True
            await asyncio.to_thread(settle_cancelled, job)
            self._leave(job)
        for job in self._running:
            job.closing = True
            job.cancel()
        if self._running:
            _, late = await asyncio.wait(list(self._running.values()), timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _take(self, project: Path) -> None:
        """Reserve the project and a place."""
        if project in self._busy:
            raise Problem(409, f"another run is at work on {project}, or waits to be.", runId=self._busy[project])
        self._check_open()
        if not self.accepting:
            waiting = f"{len(self._waiting)} runs wait already: ask again later."
            raise Problem(429, waiting, headers={"Retry-After": str(RETRY_SECONDS)})
        self._busy[project] = ""

    def _check_open(self) -> None:
        if self.closing:
            raise Problem(503, "the server is ending: ask again later.", headers={"Retry-After": str(RETRY_SECONDS)})

    def _enqueue(self, job: Job) -> Job:
        self._check_open()
        job.hide = self._hide_for(job.project)
        job.bell = self.bell(job.run_id)
        self._busy[job.project] = job.run_id
        self._jobs[job.run_id] = job
        self._waiting.append(job)
        self._metrics.asked()
        self._begin_next()
        return job

    def _begin_next(self) -> None:
        while self._waiting and len(self._running) < self._config.workers and not self.closing:
            job = self._waiting.popleft()
            job.status = "running"
            self._running[job] = asyncio.create_task(self._run(job))
            job.bell.ring()

    async def _run(self, job: Job) -> None:
        ended: Message = {"tell": "failed", "status": 130, "message": "the server ended.", "resumable": True}
        try:
            order = {"do": "run", "run_id": job.run_id, "home": str(self._config.home), "begin": job.begin}
            ended = await self._workers.work(order, job.hear, job.took)
        finally:
            self._running.pop(job, None)
            try:
                self._metrics.ended(await asyncio.shield(asyncio.to_thread(settle, job, ended)))
            except (OSError, ValueError) as error:  # its folder is gone, or the disk is full: the project is free again
                print(f"aion-r: the end of run {job.run_id} cannot be kept: {job.hide(str(error))}", file=sys.stderr)
            finally:
                self._leave(job)

    def _leave(self, job: Job) -> None:
        self._jobs.pop(job.run_id, None)
        self._busy.pop(job.project, None)
        job.settled()
        self._begin_next()
