"""The server's side of a worker: start it, give it a job, hear of it, end it. One is kept ready for the next run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ...providers.cooldown import SHARED
from .configuration import TOKEN
from .worker import LAST_JOBS, LONGEST_LINE, Message

GRACE = 8.0
"""Seconds that a worker has to wind down, before it is killed."""
CRASHED = {"tell": "failed", "status": 1, "message": "the process of the run ended without a word.", "resumable": True}


MOST_JOBS = 50
"""That one process does."""


class WorkerProcess:
    """One process, for one run, or for a few smaller jobs one after the other."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.jobs = 0
        self._process = process
        self._ready = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> WorkerProcess:
        """A process that imports what a run needs."""
        pipe = asyncio.subprocess.PIPE
        told = any(os.environ.get(name) for name in ("AION_R_DEBUG", "AION_R_LOG"))
        quiet = None if told else asyncio.subprocess.DEVNULL
        environ = {name: value for name, value in os.environ.items() if name != TOKEN}
        command = [sys.executable, "-m", f"{__package__}.worker"]
        # A session of its own: Ctrl-C on the terminal reaches the server alone, which then ends its runs in order.
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=quiet, env=environ, limit=LONGEST_LINE, start_new_session=True
            )
        )

    @property
    def alive(self) -> bool:
        """Whether it can still take a job."""
        return self._process.returncode is None

    async def work(self, job: Message, hear: Callable[[Message], None]) -> Message:
        """Do ``job``; ``hear`` gets what it says meanwhile. The last message, ``done`` or ``failed``."""
        ended = None
        self.jobs += 1
        if (await asyncio.shield(self._ready)) is not None:
            self.send(job)
            for leg, record in SHARED.records().items():
                self.send({"do": "health", "leg": leg, "record": record})
            while ended is None and (message := await self._read()) is not None:
                if message["tell"] in ("done", "failed"):
                    ended = message
                else:
                    hear(message)
        return ended or dict(CRASHED)

    def send(self, message: Mapping[str, Any]) -> None:
        """One message; a process that is gone is noticed by what it does not answer."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def end(self) -> None:
        """Let it go: it notices the end of its input, and is killed when it does not leave."""
        assert self._process.stdin is not None
        self._ready.cancel()
        self._process.stdin.close()
        try:
            async with asyncio.timeout(GRACE):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _read(self) -> Message | None:
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except (ValueError, ConnectionError):  # longer than any message
            return None
        if not line.endswith(b"\n"):
            return None
        message: Message = json.loads(line)
        return message


class Workers:
    """Starts workers ahead of time: a run then begins at once. They all know what one of them learns of a provider."""

    def __init__(self) -> None:
        self._spare: asyncio.Task[WorkerProcess] | None = None
        self._busy: set[WorkerProcess] = set()

    def prepare(self) -> None:
        """Start the next one."""
        if self._spare is None:
            self._spare = asyncio.create_task(WorkerProcess.start())

    async def work(
        self, job: Message, hear: Callable[[Message], None], took: Callable[[WorkerProcess], None]
    ) -> Message:
        """Do ``job`` in a process, which ``took`` gets to know. Cancelling it ends the process."""
        worker = await self._take()
        self._busy.add(worker)
        took(worker)

        def heard(message: Message) -> None:
            if message["tell"] == "health":
                self._share(worker, message)
            else:
                hear(message)

        ended = None
        try:
            ended = await worker.work(job, heard)
            return ended
        finally:
            self._busy.discard(worker)
            if ended and job["do"] not in LAST_JOBS and worker.alive and worker.jobs < MOST_JOBS:
                await self._keep(worker)
            else:
                await worker.end()

    async def _keep(self, worker: WorkerProcess) -> None:
        """For the next job, in the place of the one that was to be started for that."""
        spare, self._spare = self._spare, asyncio.create_task(_itself(worker))
        if spare is not None:
            await (await spare).end()

    async def close(self) -> None:
        """End the one that waits."""
        if self._spare is not None:
            spare, self._spare = self._spare, None
            await (await spare).end()

    async def _take(self) -> WorkerProcess:
        while True:
            self.prepare()
            assert self._spare is not None
            spare, self._spare = self._spare, None
            worker = await spare
            self.prepare()
            if worker.alive:
                return worker

    def _share(self, teller: WorkerProcess, message: Message) -> None:
        SHARED.learn(tuple(message["leg"]), message["record"])
        for worker in self._busy - {teller}:
            worker.send({"do": "health", "leg": message["leg"], "record": message["record"]})


async def _itself(worker: WorkerProcess) -> WorkerProcess:
    return worker
