"""A stream until its first piece: who has that one has won, and nobody takes over later."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from langchain_core.messages import AIMessageChunk

Begun = tuple[AIMessageChunk | None, AsyncGenerator[AIMessageChunk]]
"""The first piece that says something, and the stream that has the others."""


async def begin(stream: AsyncGenerator[AIMessageChunk]) -> Begun:
    """The first piece of ``stream`` that says something, and the rest. Raises what the stream raises before it."""
    try:
        async for chunk in stream:
            if chunk.text or chunk.tool_call_chunks:
                return chunk, stream
    except BaseException:
        await stream.aclose()
        raise
    return None, stream


async def close(begun: Begun) -> None:
    """End a stream that nobody reads."""
    await begun[1].aclose()
