"""``fix --install``: the command that installs what the tests lack, shown, then run once, outside the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...core.documents import RepairResult
from ...core.errors import AionError, TestsNotRun
from ...core.settings import Environment, Settings
from ...providers.masking import secrets_of
from ...tools.frameworks.registry import detect_used
from ..screen.terminal import Line, Terminal

_CHUNK = 65536


async def install_missing(
    project: Path, settings: Settings, environment: Environment, result: RepairResult, terminal: Terminal
) -> RepairResult | None:
    """Install what kept the tests of ``result`` from running; then ``None``. Otherwise ``result``, and why not.

    Cancelling it ends the installer and all that it started.
    """
    try:
        frameworks, _ = detect_used(project, settings.framework, settings.language, settings.test_command)
        commands = frameworks.install_commands(result.initial_test_results)
    except TestsNotRun as error:
        return _with(result, str(error))
    for command in commands:
        failed = await _install(command, project, environment, terminal)
        if failed:
            return _with(result, failed)
    return None if commands else result


async def _install(command: tuple[str, ...], project: Path, environment: Environment, terminal: Terminal) -> str | None:
    """Why it failed, or ``None``."""
    shown = shlex.join(command)
    terminal.line(("Installing", "bold"), (f" (outside the sandbox, with network): {shown}", ""))
    try:
        status = await _run(command, project, _without_keys(environment), terminal)
    except OSError as error:
        raise AionError(f"{command[0]} cannot be started: {error.strerror}") from error
    return f"`{shown}` failed with exit status {status}" if status else None


def _with(result: RepairResult, message: str) -> RepairResult:
    if message in result.message:
        return result
    return replace(result, message=f"{result.message.rstrip('.')}. --install: {message}")


def _without_keys(environment: Environment) -> Mapping[str, str]:
    """The user's own variables, which name their indexes and proxies, but no provider's key: a build runs any code."""
    secrets = {value for value, _ in secrets_of(environment)}
    return {name: value for name, value in os.environ.items() if value.strip() not in secrets}


async def _run(command: tuple[str, ...], project: Path, env: Mapping[str, str], terminal: Terminal) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=project,
        env=env,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        rest = b""
        while said := await process.stdout.read(_CHUNK):
            *lines, rest = (rest + said).split(b"\n")
            terminal.lines(_dim(line) for line in lines)
        terminal.lines([_dim(rest)] if rest else [])
        return await process.wait()
    except asyncio.CancelledError:
        _end(process)
        raise


def _dim(line: bytes) -> Line:
    return ((f"  {line.decode('utf-8', 'replace').rstrip()}", "dim"),)


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
