"""Commands in a view at some milliseconds each: one program stays there and starts them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, TimeoutError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...sandbox.protocol import Command, View
from ...sandbox.quota import machine_memory
from ..job import Cancelled
from ..model import RunnerGone

_PROGRAM = "aion_r_starter.py"
_GRACE = 10.0
"""Seconds beyond its limit in which a command must be answered for."""
_PATIENCE = 0.05
"""Seconds between looks at whether the search was cancelled."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: ``status`` is negative for a signal; ``late`` says that it was killed at its limit."""

    status: int
    output: str
    seconds: float
    late: bool


class Commands:
    """Runs commands in ``view`` with what ``like`` (a framework's own command) lets them see. Safe for threads.

    Everything here raises ``Cancelled`` soon after ``cancel`` is set, and ``RunnerGone`` when the program is gone.
    """

    def __init__(self, view: View, like: Command, cancel: threading.Event) -> None:
        self._cancel = cancel
        self._numbers = iter(range(1, 1 << 62))
        self._lock = threading.Lock()
        self._open: dict[int, Future[dict[str, Any]]] = {}
        self._gone = ""
        source = Path(__file__).with_name("starter.py").read_bytes()
        argv = (sys.executable, "-I", "-S", str(view.out / _PROGRAM))
        readable = (*like.readable, Path(sys.base_prefix))
        self._process = view.spawn(Command(argv, env=like.env, files={_PROGRAM: source}, readable=readable))
        threading.Thread(target=self._listen, name="answers", daemon=True).start()

    def put(self, files: Mapping[str, str]) -> None:
        """Write texts to absolute paths in the view. Raises ``OSError`` where that fails."""
        error = self._ask({"put": dict(files)}, 60.0).get("error")
        if error:
            raise OSError(error)

    def run(
        self, argv: Sequence[str], cwd: str, limit: float, env: Mapping[str, str] | None = None, *, capped: bool = True
    ) -> Ended:
        """Run to the end, or for ``limit`` wall seconds. ``capped`` keeps it from taking much of the memory."""
        memory = machine_memory() // 6 if capped else None
        request = {"argv": list(argv), "cwd": cwd, "env": dict(env or {}), "limit": limit, "memory": memory}
        answer = self._ask(request, limit + _GRACE)
        return Ended(answer["status"], answer["output"], answer["seconds"], answer["late"])

    def close(self) -> None:
        """End the program and all that it has started."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and stream is not self._process.stdout:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        number = next(self._numbers)
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            self._open[number] = future
            self._send({**request, "id": number})
        until = time.monotonic() + limit
        while True:
            if self._cancel.is_set():
                raise Cancelled
            try:
                return future.result(_PATIENCE)
            except TimeoutError:
                if time.monotonic() > until:
                    raise RunnerGone("the view does not answer any more") from None

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._gone:
            raise RunnerGone(self._gone)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise RunnerGone(f"the view's program has ended: {error}") from error

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stdout:
                answer = json.loads(line)
                with self._lock:
                    future = self._open.pop(answer["id"], None)
                if future is not None:
                    future.set_result(answer)
        with self._lock:
            self._gone = "the view's program has ended"
            left, self._open = list(self._open.values()), {}
        for future in left:
            future.set_exception(RunnerGone(self._gone))


def under(root: Path, path: str) -> str:
    """A project-relative path as commands in the view see it."""
    return os.path.join(root, path)  # noqa: PTH118 - text, not a file
