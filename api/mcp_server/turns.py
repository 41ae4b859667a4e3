"""Whose turn it is: so many calls work at one time, and one that waits for a person lends its turn to the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self


class Turn:
    """Of one call, taken with ``async with``."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._held = False

    async def __aenter__(self) -> Self:
        await self._turns.acquire()
        self._held = True
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._held:
            self._turns.release()

    @asynccontextmanager
    async def lent(self) -> AsyncGenerator[None]:
        """Others have the turn meanwhile. It is not taken back for a call that was cancelled."""
        self._held = False
        self._turns.release()
        yield
        await self._turns.acquire()
        self._held = True
