"""``aion-r`` in processes that are forked from one which has imported everything: each is real, and starts at once.

A fresh interpreter spends a second and a half on imports before it does anything. It is what ``start`` gives where the
variables are read before any import: those of Python itself and of the locale.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

_FRESH = ("PYTHON", "LC_", "LANGSMITH", "LANGCHAIN", "OTEL")
_PIECE = 1 << 20


def start(
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: dict[str, str],
    stdin: int | IO[Any] = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    start_new_session: bool = False,
) -> subprocess.Popen[str] | Forked:
    """``aion-r`` with these ``arguments``, running: what ``Popen`` gives, as far as tests use it, in text."""
    if any(name.startswith(_FRESH) for name in env):
        return subprocess.Popen(
            [sys.executable, "-m", "aion_r", *arguments], text=True, cwd=cwd, env=env, stdin=stdin, stdout=stdout,
            stderr=stderr, start_new_session=start_new_session,
        )  # fmt: skip
    asked = {"argv": list(arguments), "cwd": str(cwd), "env": env, "session": start_new_session}
    return Forked(asked, stdin if isinstance(stdin, int) else stdin.fileno(), stdout, stderr)


class Forked:
    """A process that is the child of another one, which says how it ends."""

    def __init__(self, asked: dict[str, Any], stdin: int, stdout: int, stderr: int) -> None:
        self.stdin: IO[str] | None = None
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self.returncode: int | None = None
        self._ended, tell = socket.socketpair()
        theirs = self._streams(stdin, stdout, stderr)
        _ask(asked, [*theirs, tell.fileno()])
        tell.close()
        for descriptor in set(theirs) - {stdin, stdout, stderr}:
            os.close(descriptor)
        self.pid = int(self._ended.recv(64))

    def _streams(self, *wanted: int) -> list[int]:
        theirs: list[int] = []
        for number, (name, stream) in enumerate(zip(("stdin", "stdout", "stderr"), wanted, strict=True)):
            if stream == subprocess.PIPE:
                read, write = os.pipe()
                ours, given = (write, read) if number == 0 else (read, write)
                setattr(self, name, os.fdopen(ours, "w" if number == 0 else "r", encoding="utf-8"))
            elif stream == subprocess.STDOUT:
                given = theirs[1]
            elif stream == subprocess.DEVNULL:
                given = os.open(os.devnull, os.O_RDWR)
            else:
                given = stream
            theirs.append(given)
        return theirs

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("aion-r", timeout or 0)
            self.returncode = int(self._ended.recv(64))
            self._ended.close()
        return self.returncode

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Everything that it still says."""
        said = {"stdout": "", "stderr": ""}
        readers = [threading.Thread(target=lambda n=name: said.update({n: getattr(self, n).read()}), daemon=True)
                   for name in said if getattr(self, name) is not None]  # fmt: skip
        for reader in readers:
            reader.start()
        if self.stdin is not None:
            with self.stdin as stream:
                stream.write(input or "")
        end = None if timeout is None else time.monotonic() + timeout
        for reader in readers:
            reader.join(None if end is None else max(0.0, end - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired("aion-r", timeout or 0)
        self.wait(None if end is None else max(0.0, end - time.monotonic()))
        for name in said:
            if getattr(self, name) is not None:
                getattr(self, name).close()
        return said["stdout"], said["stderr"]

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _ask(asked: dict[str, Any], descriptors: list[int]) -> None:
    given = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    _parent().sendmsg([json.dumps(asked).encode()], given)


@cache
def _parent() -> socket.socket:
    """The way to the process that forks; it ends with this one, which alone holds the other end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    command = [sys.executable, "-m", "support.preloaded", str(theirs.fileno())]
    subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    theirs.close()
    return ours


def fork_until_the_end(channel: socket.socket) -> dict[str, Any] | None:
    """In each child what it was asked for; in the parent nothing, at the end."""
    children: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready = select.select([channel, *children], [], [])[0]
        for watched in [one for one in ready if isinstance(one, int)]:
            pid, tell = children.pop(watched)
            os.close(watched)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with tell, contextlib.suppress(OSError):
                tell.send(str(status).encode())
        if channel in ready:
            said, descriptors, _, _ = socket.recv_fds(channel, _PIECE, 4)
            if not said:
                return None
            child = os.fork()
            if child == 0:
                for watched, (_, other) in children.items():
                    os.close(watched)
                    other.close()
                return json.loads(said) | {"streams": descriptors}
            tell = socket.socket(fileno=descriptors.pop())
            tell.send(str(child).encode())
            for descriptor in descriptors:
                os.close(descriptor)
            children[os.pidfd_open(child)] = (child, tell)


def become(asked: dict[str, Any]) -> None:
    """This process is ``aion-r`` from here on."""
    if asked["session"]:
        os.setsid()
    for number, descriptor in enumerate(asked["streams"][:3]):
        os.dup2(descriptor, number)
    for descriptor in asked["streams"]:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.argv = ["aion-r", *asked["argv"]]
    sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parents[1])]
    sys.stdin = os.fdopen(0, closefd=False, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", buffering=1 if os.isatty(1) else -1, closefd=False, encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, encoding="utf-8", errors="backslashreplace")

    from aion_r.api.cli import main

    main()


def preload() -> None:
    """What the commands import; nothing of it starts a thread or reads the environment for good."""
    import fastapi  # noqa: F401
    import langchain_openai  # noqa: F401
    import prometheus_client  # noqa: F401
    import uvicorn  # noqa: F401

    import aion_r.api.cli
    import aion_r.api.commands.approval
    import aion_r.api.commands.fix
    import aion_r.api.commands.fixing
    import aion_r.api.commands.resuming
    import aion_r.api.commands.runs
    import aion_r.api.commands.serve
    import aion_r.api.driving
    import aion_r.api.rest.app
    import aion_r.graph.builder
    import aion_r.graph.checkpoints
    import aion_r.tools.search_repair  # noqa: F401


if __name__ == "__main__":
    preload()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        asked = fork_until_the_end(channel)
    if asked:
        become(asked)
