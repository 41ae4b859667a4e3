"""The server on stdin and stdout."""

from __future__ import annotations

from mcp.server.stdio import stdio_server

from .server import Workshop, build_server


async def serve_stdio(shop: Workshop) -> None:
    """Until the client closes our stdin, or is gone. Nothing but the protocol reaches stdout: while this goes on,
    what is printed goes to stderr."""
    server = build_server(shop)
    async with stdio_server() as (read_stream, write_stream):
        await server.run(read_stream, write_stream, server.create_initialization_options())
