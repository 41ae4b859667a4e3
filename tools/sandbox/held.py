"""Views on Linux: a launcher process holds the view's world, and every command is asked of it.

The launcher is paid once a view (a bare interpreter and a few mounts); a command then costs two forks. What commands
write stays in the view for later commands and is gone with it.
"""

from __future__ import annotations

import marshal
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import IO, Any

from ...core.errors import UsageError
from . import environment
from .capture import OutputReader
from .out_folder import put_file, settle
from .protocol import Command, Completed
from .running import explained, run_to_end
from .scratch import ScratchFolder

_BOOT = (
    "import sys; m = type(sys)('sandbox'); m.__path__ = [sys.argv[1]]; sys.modules['sandbox'] = m; "
    "from sandbox.launcher import main; main()"
)
_START_S = 30.0


@dataclass(frozen=True)
class World:
    """What a launcher is told: ``config`` is its message less the edits; ``env`` overrides the scrubbed environment.

    ``readable`` are folders that every command is shown; ``may_show`` says whether a command may ask for a folder.
    """

    root: Path
    out: Path
    config: dict[str, Any]
    env: dict[str, str | None]
    readable: tuple[Path, ...] = ()
    may_show: Callable[[Path], bool] = lambda _: True


class HeldProcess(Popen[bytes]):
    """A command in a view. A ``Popen`` by interface; the launcher is its real parent, so any signal is a kill.

    It has ended, for ``wait`` and ``poll``, when everything that it started has ended too.
    """

    def __init__(
        self, argv: tuple[str, ...], status: socket.socket, stdin: IO[bytes] | None, stdout: IO[bytes] | None, pid: int
    ) -> None:
        self.args, self.pid, self.stdin, self.stdout, self.stderr = argv, pid, stdin, stdout, None
        self.returncode = None
        self.exceeded = ""
        self.universal_newlines = False
        self._status, self._message, self._reading = status, b"", threading.Lock()
        self._child_created = self._communication_started = False
        self._input = None

    def poll(self) -> int | None:
        """The exit status, or ``None`` while anything of it lives."""
        return self.returncode if self._gone(0.0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises ``TimeoutExpired``."""
        if not self._gone(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode

    def _gone(self, timeout: float | None) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            poll = select.poll()
            poll.register(self._status, select.POLLIN)
            if not poll.poll(None if left is None else left * 1000):
                return False
            self._read_status()
        return True

    def _read_status(self) -> None:
        with self._reading:
            if self.returncode is not None:
                return
            try:
                data = self._status.recv(256)
            except OSError:
                data = b""
            self._message += data
            if not data:
                complete = len(self._message) >= 4
                self.exceeded = self._message[4:].decode()
                self.returncode = int.from_bytes(self._message[:4], "little", signed=True) if complete else -9

    def send_signal(self, sig: int) -> None:
        """End the command and everything it started, whatever the signal."""
        self.kill()

    def terminate(self) -> None:
        """End the command and everything it started."""
        self.kill()

    def kill(self) -> None:
        """End the command and everything it started; ``wait`` returns when that is done."""
        try:
            self._status.shutdown(socket.SHUT_WR)
        except OSError:
            return


class HeldView:
    """A view whose processes a launcher holds. See ``protocol.View``."""

    def __init__(self, world: World, edits: list[tuple[bytes, bytes | None, bool]], folder: ScratchFolder) -> None:
        self.root, self.out = world.root, world.out
        self._world, self._folder = world, folder
        self._lock = threading.Lock()
        self._processes: list[HeldProcess] = []
        self._control, theirs = socket.socketpair()
        with theirs:
            self._launcher = _launch(theirs)
        try:
            _send(self._control, marshal.dumps({**world.config, "edits": edits}))
            self._await_ready()
        except BaseException:
            self.close()
            raise

    def _await_ready(self) -> None:
        self._control.settimeout(_START_S)
        try:
            size = int.from_bytes(self._control.recv(8, socket.MSG_WAITALL), "little")
            number, reason = (
                marshal.loads(self._control.recv(size, socket.MSG_WAITALL)) if size else (-1, "it ended early")
            )
        except TimeoutError:
            number, reason = -1, f"it was not ready after {_START_S:.0f} s"
        self._control.settimeout(None)
        if number:
            raise ViewRefused(reason)

    def run(self, command: Command, timeout: float, on_tick: Callable[[], None] | None = None) -> Completed:
        """See ``protocol.View.run``. Safe from several threads at once."""
        read, write = os.pipe()
        reader = OutputReader(read)
        try:
            null = os.open(os.devnull, os.O_RDONLY)
            try:
                process = self._start(command, (null, write, write), None, None)
            finally:
                os.close(null)
        finally:
            os.close(write)
        done = run_to_end(process, reader, timeout, on_tick, lambda: self._end(process))
        if self._control.fileno() >= 0:  # else another thread has closed the view, and is removing all of it
            settle(self.out)
        return explained(done, process.exceeded)

    def spawn(self, command: Command) -> Popen[bytes]:
        """See ``protocol.View.spawn``."""
        their_in, our_in = os.pipe()
        our_out, their_out = os.pipe()
        errors = os.open(self.out / "stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        streams = open(our_in, "wb", 0), open(our_out, "rb")  # noqa: PTH123, SIM115 - descriptors; Popen owns them
        try:
            return self._start(command, (their_in, their_out, errors), *streams)
        finally:
            for fd in (their_in, their_out, errors):
                os.close(fd)

    def _start(
        self, command: Command, fds: tuple[int, int, int], stdin: IO[bytes] | None, stdout: IO[bytes] | None
    ) -> HeldProcess:
        for name, data in command.files.items():
            put_file(self.out, name, data)
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if self._control.fileno() < 0:
                raise UsageError("this view is closed")
            data = marshal.dumps(self._request(command))
            try:
                socket.send_fds(self._control, [len(data).to_bytes(8, "little")], [*fds, theirs.fileno()])
                self._control.sendall(data)
            except OSError:
                pass  # the view is being closed: the status socket tells
            process = HeldProcess(command.argv, ours, stdin, stdout, self._launcher.pid)
            self._processes = [p for p in self._processes if p.returncode is None] + [process]
        return process

    def _request(self, command: Command) -> dict[str, Any]:
        env: dict[str, str | None] = {**environment.scrubbed(), **self._world.env, **command.env}
        kept = {name: value for name, value in env.items() if value is not None}
        kept["PWD"] = os.path.normpath(self.root / command.cwd)
        return {
            "argv": [os.fsencode(word) for word in command.argv],
            "env": {os.fsencode(k): os.fsencode(v) for k, v in kept.items()},
            "cwd": os.fsencode(command.cwd),
            "readable": [os.fsencode(path) for path in self._readable(command, kept)],
        }

    def _readable(self, command: Command, env: dict[str, str]) -> list[Path]:
        asked = environment.needed_folders(command, env, (self.root, self.out))
        return sorted({*self._world.readable, *filter(self._world.may_show, asked)})

    def _end(self, process: HeldProcess) -> None:
        process.kill()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            self._launcher.kill()

    def close(self) -> None:
        """End every process of the view and remove what it left. Any thread may call it; twice does no harm."""
        with self._lock:
            self._control.close()
        try:
            self._launcher.wait(10)
        except subprocess.TimeoutExpired:
            self._launcher.kill()
            self._launcher.wait()
        self._folder.close()

    def __enter__(self) -> HeldView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ViewRefused(Exception):
    """The machine did not let the launcher build its view; the message is the kernel's reason."""


def _launch(control: socket.socket) -> Popen[bytes]:
    argv = [sys.executable, "-I", "-S", "-c", _BOOT, str(Path(__file__).parent), str(control.fileno())]
    return Popen(
        argv, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, pass_fds=[control.fileno()], start_new_session=True, env={}
    )


def _send(control: socket.socket, data: bytes) -> None:
    try:
        control.sendall(len(data).to_bytes(8, "little") + data)
    except OSError as error:
        raise ViewRefused(f"the launcher did not start: {error}") from error
