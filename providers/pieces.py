"""A stream under two limits of time: until it begins, and in all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from .clients import CallOptions

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk


class Pieces:
    """The pieces of one answer, and the ``whole`` of them so far."""

    def __init__(self, options: CallOptions) -> None:
        self._options = options
        self.whole: Any = None
        self._begun = False

    @property
    def late(self) -> str:
        """Which limit runs out next, in words."""
        if self._begun:
            return f"did not end its answer within {self._options.timeout:g} s. AION_R_PROVIDER_TIMEOUT sets the limit"
        seconds = self._options.until_begun
        return f"did not begin to answer within {seconds:g} s. AION_R_FIRST_TOKEN_TIMEOUT sets the limit"

    async def timed(self, source: Any) -> AsyncIterator[AIMessageChunk]:
        """``source`` piece by piece. Raises ``TimeoutError``. To be read from one task to its end."""
        end = asyncio.get_running_loop().time() + self._options.timeout
        async with aclosing(source), asyncio.timeout(self._options.until_begun) as limit:
            async for chunk in source:
                if not self._begun and _says_something(chunk):
                    self._begun = True
                    limit.reschedule(end)
                self.whole = chunk if self.whole is None else self.whole + chunk
                yield chunk


def _says_something(chunk: AIMessageChunk) -> bool:
    return bool(chunk.text or chunk.tool_call_chunks or chunk.additional_kwargs)
