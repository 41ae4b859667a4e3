"""Views where there is no launcher (macOS, Windows): ordinary child processes, killed by their group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from typing import Any

from ...core.errors import UsageError
from . import environment, limits
from .capture import OutputReader
from .held import World
from .out_folder import put_file, settle
from .protocol import Command, Completed
from .running import explained, run_to_end
from .scratch import ScratchFolder


class PlainView:
    """A copied project and its child processes. See ``protocol.View``."""

    def __init__(self, world: World, edits: list[tuple[bytes, bytes | None, bool]], folder: ScratchFolder) -> None:
        self.root, self.out = world.root, world.out
        self._world, self._folder = world, folder
        self._lock = threading.Lock()
        self._closed = False
        self._processes: list[Popen[bytes]] = []
        for path, after, executable in edits:
            _write(self.root / os.fsdecode(path), after, executable)

    def run(self, command: Command, timeout: float, on_tick: Callable[[], None] | None = None) -> Completed:
        """See ``protocol.View.run``."""
        read, write = os.pipe()
        reader = OutputReader(read)
        try:
            process = self._start(command, stdin=DEVNULL, stdout=write, stderr=STDOUT)
        except OSError as error:
            message = f"{command.argv[0]}: {error.strerror}\n".encode()
            return Completed(126 if isinstance(error, PermissionError) else 127, message, 0.0)
        finally:
            os.close(write)
        done = run_to_end(process, reader, timeout, on_tick, lambda: _kill_group(process))
        if not self._closed:  # else another thread is removing all of it
            settle(self.out)
        return explained(done)

    def spawn(self, command: Command) -> Popen[bytes]:
        """See ``protocol.View.spawn``."""
        with (self.out / "stderr.txt").open("ab") as errors:
            return self._start(command, stdin=PIPE, stdout=PIPE, stderr=errors)

    def _start(self, command: Command, **streams: Any) -> Popen[bytes]:
        for name, data in command.files.items():
            put_file(self.out, name, data)
        env = {**environment.scrubbed(), **self._world.env, **command.env}
        kept = {name: value for name, value in env.items() if value is not None}
        cwd = self.root / command.cwd
        if os.name == "posix":
            streams["start_new_session"] = True
        with self._lock:
            if self._closed:
                raise UsageError("this view is closed")
            process = Popen(_limited(command, self._world.config["limits"]), env=kept, cwd=cwd, **streams)
            self._processes = [p for p in self._processes if p.poll() is None] + [process]
        return process

    def close(self) -> None:
        """End every process of the view and remove what it left."""
        with self._lock:
            self._closed = True
            for process in self._processes:
                _kill_group(process)
        self._folder.close()

    def __enter__(self) -> PlainView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _limited(command: Command, wanted: dict[str, int]) -> list[str]:
    # A bare interpreter is there for certain, which a shell's ulimit is not. No preexec_fn: we have threads.
    if os.name != "posix" or not wanted:
        return list(command.argv)
    code = (
        f"import sys, os; sys.path.append({str(Path(limits.__file__).parent)!r}); import limits; "
        f"limits.apply({wanted!r}); os.execvp(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-I", "-S", "-c", code, *command.argv]


def _kill_group(process: Popen[bytes]) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


def _write(target: Path, after: bytes | None, executable: bool) -> None:
    if after is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o777 if executable else 0o666
    with open(target, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
        stream.write(after)
