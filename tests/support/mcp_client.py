"""A real MCP client, blocking, and processes found by a mark in their command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult


@dataclass
class Session:
    """An open session. ``told`` are the progress notifications of all calls: number and message."""

    client: Client
    portal: BlockingPortal
    told: list[tuple[float, str]] = field(default_factory=list)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        """The result of one call."""
        return self.portal.call(self._call, tool, arguments)

    def text(self, tool: str, **arguments: Any) -> str:
        """The words of a call that went well."""
        result = self.call(tool, **arguments)
        assert not result.is_error, words(result)
        return words(result)

    def error(self, tool: str, **arguments: Any) -> str:
        """The words of a call that was refused."""
        result = self.call(tool, **arguments)
        assert result.is_error, words(result)
        return words(result)

    def begin(self, tool: str, **arguments: Any) -> Any:
        """A call that goes on: a future, whose ``cancel`` cancels it as the protocol has it."""
        return self.portal.start_task_soon(self._call, tool, arguments)

    async def _call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        return await self.client.call_tool(tool, arguments, progress_callback=self._progress)

    async def _progress(self, progress: float, total: float | None, message: str | None) -> None:
        self.told.append((progress, message or ""))


@contextmanager
def session(server: Any, **options: Any) -> Iterator[Session]:
    """With ``server``, an address or ``stdio(…)``; ``options`` are those of the library's ``Client``."""
    with start_blocking_portal() as portal:
        client = Client(server, **options)
        with portal.wrap_async_context_manager(client):
            yield Session(client, portal)


def stdio(folder: Path, home: Path, *options: str, **variables: str) -> StdioServerParameters:
    """How a client starts the server in ``folder``."""
    environment = {"PATH": os.environ["PATH"], "AION_R_HOME": str(home)} | variables
    arguments = ["-m", "aion_r", "mcp", *options]
    return StdioServerParameters(command=sys.executable, args=arguments, cwd=folder, env=environment)


def words(result: CallToolResult) -> str:
    """The text of ``result``."""
    (content,) = result.content
    return str(content.text)


def processes(mark: str) -> list[int]:
    """Those that have ``mark`` in their command line, but for this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in entry.read_bytes() and entry.parent.name != str(os.getpid()):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def wait_for(what: Callable[[], Any], seconds: float = 90.0) -> Any:
    """What ``what`` gives, as soon as it is true. Fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


@contextmanager
def serving(folder: Path, home: Path, *options: str, **variables: str) -> Iterator[str]:
    """The address of a server on HTTP, a process of its own, on a free port of the loopback."""
    started = stdio(folder, home, "--http", "--port", "0", *options, **variables)
    command = [started.command, *started.args]
    with subprocess.Popen(command, cwd=folder, env=started.env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        try:
            yield said.split()[3].rstrip(",")
        finally:
            process.terminate()
            process.stderr.read()
