"""One event loop in a thread of its own, for callers that are not async, in a script as well as in a notebook.

Connections belong to a loop: keeping one loop keeps them open from call to call.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_loop.cache_clear)  # the thread stays behind
    threading.Thread(target=loop.run_forever, name="aion-r-providers", daemon=True).start()
    return loop


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of ``coroutine``. Interrupting the caller cancels it."""
    future = asyncio.run_coroutine_threadsafe(coroutine, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def iterate(source: AsyncIterator[T]) -> Iterator[T]:
    """``source`` item by item. Leaving early cancels it."""
    items: queue.SimpleQueue[tuple[T] | None] = queue.SimpleQueue()

    async def pump() -> None:
        try:
            async for item in source:
                items.put((item,))
        finally:
            items.put(None)

    future = asyncio.run_coroutine_threadsafe(pump(), _loop())
    try:
        while (item := items.get()) is not None:
            yield item[0]
        future.result()
    finally:
        future.cancel()
