"""Hedging: when an answer is late, the next leg is asked as well. The first good one wins, the others are dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..core.errors import ProviderError

T = TypeVar("T")
Start = Callable[[], Awaitable[T]]
Dispose = Callable[[T], Awaitable[object]]


async def nothing(_: object) -> None:
    """What came too late needs no end."""


async def first_good(starts: Sequence[Start[T]], late: float | None, dispose: Dispose[T] = nothing) -> T:
    """What the first of ``starts`` to succeed returns. The next one starts on a failure, or after ``late`` seconds.

    ``dispose`` gets what came too late. Raises the last ``ProviderError`` when all fail. Whatever else one raises ends
    the race at once.
    """
    if late is None:
        return await _one_by_one(starts)
    waiting = list(starts)
    running: set[asyncio.Future[T]] = set()
    failure: ProviderError | None = None
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(waiting.pop(0)()))
            timeout = late if waiting else None
            done, _ = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                running.discard(task)
                try:
                    return task.result()
                except ProviderError as error:
                    failure = error
    finally:
        await _drop(running, dispose)
    assert failure is not None
    raise failure


async def _one_by_one(starts: Sequence[Start[T]]) -> T:
    failure: ProviderError | None = None
    for start in starts:
        try:
            return await start()
        except ProviderError as error:
            failure = error
    assert failure is not None
    raise failure


async def _drop(running: set[asyncio.Future[T]], dispose: Dispose[T]) -> None:
    """Cancel what runs and see its end, so that its connection is closed and its call recorded."""
    for task in running:
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if not isinstance(result, BaseException):
            await dispose(result)
