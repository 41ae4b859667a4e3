"""A call that its client cancelled: when the server goes on, nothing of the call's work is left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio

from aion_r import AutocorrectionCycle
from aion_r.api.mcp_server.progress import Progress, watched
from aion_r.core.events import Emit, Event
from aion_r.graph.context import hold_project
from support.mcp_client import processes
from support.projects import TEST_CALC, calc, snapshot


async def unheard(progress: float, total: float | None, message: str | None) -> None:
    """A client that asked for no progress."""


def cancelled(start: Callable[[Emit], Coroutine[Any, Any, Any]], when: Callable[[], Any], after: Callable[[], Any]):
    """What ``after`` gives in the moment in which the call of ``start`` returns; it is cancelled once ``when`` is true,
    as the protocol's library does it."""

    async def run() -> Any:
        with anyio.CancelScope() as scope:

            async def cancel() -> None:
                while not when():
                    await asyncio.sleep(0.02)
                scope.cancel()

            async with anyio.create_task_group() as group:
                group.start_soon(cancel)
                await watched(start, Progress(unheard, str))
        assert scope.cancelled_caught
        return after()

    return asyncio.run(asyncio.wait_for(run(), 120))


def test_it_returns_when_its_work_has_wound_down():
    seen: list[str] = []

    async def slow_to_end(emit: Emit) -> None:
        try:
            seen.append("began")
            await asyncio.sleep(300)
        finally:
            await asyncio.sleep(0.3)  # a view that is unmounted, processes that are ended
            seen.append("ended")

    assert cancelled(slow_to_end, lambda: seen, lambda: list(seen)) == ["began", "ended"]


def test_a_repair_leaves_no_process_no_view_and_no_hold(tmp_path: Path):
    mark = f"hang-{tmp_path.name}-{os.getpid()}"
    command = f"[sys.executable, '-c', 'import time; time.sleep(300)', {mark!r}]"
    hang = f"import subprocess, sys\n\n\ndef test_hang():\n    subprocess.run({command})\n"
    project, home = calc(tmp_path / "shop", test_calc=f"{hang}\n\n{TEST_CALC}"), tmp_path / "home"
    found = snapshot(project)

    async def repair(emit: Emit) -> Event:
        cycle = AutocorrectionCycle(providers=["offline"], home=home)
        async for event in cycle.astream(project):
            emit(event)
        return event

    def left() -> list[Any]:
        with hold_project(project, home):
            views = [*home.glob("test-*"), *home.glob("runs/*/views/*")]
        return [*processes(mark), *views]

    assert cancelled(repair, lambda: processes(mark), left) == []
    assert snapshot(project) == found
