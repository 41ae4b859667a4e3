"""One run in a process of its own: ``python -m aion_r.api.rest.worker``. Ends with its job, and with the server.

It reads one JSON object a line: first a job, then what the server has to say of it. The end of its input means that
the server is gone, and ends the job as a cancellation does. It answers with one object a line:

==============  ======================================================================================================
``ready``       everything that a run needs is imported
``event``       ``id``, ``kind``, and of a ``node`` its ``node`` and ``iteration``: the event is in the log
``health``      ``leg``, ``record``: what happened to a provider
``done``        ``result``: the job has ended; the result of a run is in its folder
``failed``      ``status`` of the contract, ``message``, ``resumable``: it has not
==============  ======================================================================================================
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from ...core.errors import AionError, ProjectBusy

Message = dict[str, Any]
LONGEST_LINE = 32 << 20
"""Bytes of a message."""
WRITING = 5.0
"""Seconds that a run may take to write the project when the server has gone."""
_BACKGROUND = 5
"""How much a run gives way to the server, which answers people: events stay prompt while all processors are at work."""


class Channel:
    """The two pipes to the server. ``tell`` may be called from any thread."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever is printed is no message
        self._lock = threading.Lock()

    def tell(self, what: str, /, **more: Any) -> None:
        """One message. A server that is gone is noticed where its messages are read."""
        data = memoryview(json.dumps({"tell": what, **more}).encode() + b"\n")
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._out, data) :]
            except BrokenPipeError:
                return

    async def messages(self) -> asyncio.StreamReader:
        """What the server says."""
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        return reader


def main() -> None:
    """Until the job's end."""
    channel = Channel()
    if hasattr(os, "nice"):
        os.nice(_BACKGROUND)
    _preload()
    channel.tell("ready")
    asyncio.run(_serve(channel))
    os._exit(0)  # a thread that hangs in a system call is not waited for


def _preload() -> None:
    """What a run imports."""
    import langchain_openai  # noqa: F401

    from ...graph import builder, checkpoints  # noqa: F401
    from ...tools import search_repair  # noqa: F401
    from .. import cycle, driving  # noqa: F401


async def _serve(channel: Channel) -> None:
    reader = await channel.messages()
    while line := await reader.readline():
        job = json.loads(line)
        if job["do"] in JOBS:  # else it was said of a job that has ended meanwhile
            await _do(job, Conversation(channel, reader))
        if job["do"] in LAST_JOBS:
            return


async def _do(job: Message, conversation: Conversation) -> None:
    tell = conversation.channel.tell
    work = asyncio.create_task(JOBS[job["do"]](job, conversation))
    listening = asyncio.create_task(conversation.listen(work))
    try:
        tell("done", result=await work)
    except asyncio.CancelledError:
        tell("failed", status=130, message="interrupted: the project is as it was.", resumable=True)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a job: it tells and leaves
        tell("failed", **_explained(error))
    finally:
        listening.cancel()
        await asyncio.wait([listening])


def _explained(error: Exception) -> Message:
    from ..commands.boundary import hide_keys

    if isinstance(error, AionError):
        again = isinstance(error, ProjectBusy) or error.exit_code != 2
        return {"status": error.exit_code, "message": hide_keys(str(error)), "resumable": again}
    if os.environ.get("AION_R_DEBUG"):
        import traceback

        print(hide_keys("".join(traceback.format_exception(error))), file=sys.stderr, end="")
    message = f"internal error: {type(error).__name__}: {hide_keys(str(error))}"
    return {"status": 1, "message": message, "resumable": True}


class Conversation:
    """What the server says while a job goes on."""

    def __init__(self, channel: Channel, reader: asyncio.StreamReader) -> None:
        self.channel = channel
        self.too_late: Callable[[], bool] = lambda: False
        """Whether a cancellation comes too late: the project is being written."""
        self.on_cancel: Callable[[], None] = lambda: None
        self._reader = reader
        self._cancelled = False

    async def listen(self, work: asyncio.Task[Any]) -> None:
        """Until the job's end, or the server's."""
        self._share_health()
        while line := await self._reader.readline():
            message = json.loads(line)
            if message["do"] == "cancel":
                self._cancel(work)
            elif message["do"] == "health":
                self._learn(message)
        if self.too_late():
            await asyncio.wait([work], timeout=WRITING)
        work.cancel()

    def _cancel(self, work: asyncio.Task[Any]) -> None:
        if not self._cancelled and not self.too_late():
            self._cancelled = True
            self.on_cancel()
            work.cancel()

    def _share_health(self) -> None:
        from ...providers.cooldown import SHARED

        SHARED.watch = lambda leg, record: self.channel.tell("health", leg=leg, record=record)

    def _learn(self, message: Message) -> None:
        from ...providers.cooldown import SHARED

        SHARED.learn(tuple(message["leg"]), message["record"])


async def _run(job: Message, conversation: Conversation) -> None:
    from .worker_run import go_on

    await go_on(job, conversation)


async def _generate(job: Message, conversation: Conversation) -> Message:
    from .generating import generated

    return await generated(job)


JOBS: dict[str, Callable[[Message, Conversation], Coroutine[Any, Any, Any]]] = {"run": _run, "generate": _generate}
"""What a worker can do."""
LAST_JOBS = ("run",)
"""After which the process ends: nothing of a run is left for the next one."""


if __name__ == "__main__":
    main()
