"""The client of the worker: a pytest that stays loaded in the project's own interpreter."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import struct
import subprocess
import threading
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...sandbox.protocol import Command, View
from ..job import Cancelled
from ..model import Answer, Opened, Raised, RunnerGone, TestRun, Trial
from .place import Place

_ARCHIVE = "aionr_worker.pyz"
_OPTIONS = (
    "-q",
    "--capture=no",
    "-p",
    "no:randomly",
    "--continue-on-collection-errors",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
_MOST_RESTARTS = 5
_HELLO_SECONDS = 60.0


class WarmPytest:
    """One worker process in a view. A context manager: leaving it ends the process."""

    def __init__(
        self, view: View, python: tuple[str, ...], deadline: float, cancel: threading.Event, place: Place | None = None
    ) -> None:
        self._view = view
        self._place = place or Place()
        self._python = python
        self._deadline = deadline
        self._cancel = cancel
        self._answers: dict[int, Answer] = {}
        self._waiting: set[int] = set()
        self._number = 0
        self._starts = 0
        self._overlay: Mapping[str, str] = {}
        self.startup = 5.0
        self._start()

    def __enter__(self) -> WarmPytest:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def open(self, overlay: Mapping[str, str]) -> Opened:
        """Collect the whole suite with ``overlay`` over the project's files. Blocks."""
        self._overlay = dict(overlay)
        started = time.monotonic()
        opened = self._open(_extra_options(self._plugins))
        if opened["exit"] == 4 and not opened["errors"]:
            opened = self._open(())
        self.startup = max(2.0, 4 * (time.monotonic() - started))
        ours = self._place.from_root
        errors = tuple((ours(entry.get("id", "")), _raised(entry.get("error", entry))) for entry in opened["errors"])
        return Opened(tuple(map(ours, opened["items"])), errors, tuple(opened["files"]))

    def allow(self, seconds: float) -> None:
        """Let what follows take ``seconds`` from now, whatever the deadline was."""
        self._deadline = max(self._deadline, time.monotonic() + seconds)

    def submit(self, trial: Trial) -> int:
        """Start a trial; its number."""
        self._number += 1
        hot = not trial.cold and all(change.old is not None for change in trial.changes)
        request = {
            "op": "run",
            "id": self._number,
            "mode": "hot" if hot else "cold",
            "tests": [self._place.from_folder(name) for name in trial.tests],
            "change": [vars(change) for change in trial.changes],
            "probes": trial.probes,
            "stop": trial.stop,
            "limit": trial.limit,
            "limits": trial.limits,
            "hangs": trial.hangs,
            "total": trial.total,
            "cover": trial.cover,
            "startup": self.startup,
            "whole": trial.whole,
        }
        self._waiting.add(self._number)
        self._send(request)
        return self._number

    def wait(self, number: int) -> Answer:
        """The answer to trial ``number``; other answers that arrive meanwhile are kept."""
        while number not in self._answers:
            self._take(self._receive(self._deadline))
        self._waiting.discard(number)
        return self._answers.pop(number)

    def _take(self, message: dict[str, Any]) -> None:
        if message["op"] == "gone":
            self._reopen()
        elif message["op"] == "run" and message["id"] in self._waiting:
            lines = message["tests"]
            runs = tuple(_test_run(line, self._place) for line in lines)
            self._answers[message["id"]] = Answer(message["end"], runs)

    def _reopen(self) -> None:
        self._starts += 1
        if self._starts > _MOST_RESTARTS:
            raise RunnerGone("the suite's process died again and again")
        self._open(_extra_options(self._plugins))

    def _open(self, extra: tuple[str, ...]) -> dict[str, Any]:
        options = [*_OPTIONS, f"--rootdir={self._place.within(self._view.root)}", *self._place.options, *extra]
        self._send({"op": "open", "overlay": self._overlay, "args": options, "options": options})
        while True:
            message = self._receive(self._deadline)
            if message["op"] == "open":
                return message
            if message["op"] == "gone":
                return {"items": [], "errors": [], "files": [], "exit": -1}
            self._take(message)

    def _start(self) -> None:
        command = Command(
            argv=(*self._python, str(self._view.out / _ARCHIVE)),
            env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            files={_ARCHIVE: archive()},
        )
        self._process = self._view.spawn(command)
        self._buffer = bytearray()
        debug = bool(os.environ.get("AION_R_SEARCH_DEBUG"))
        folder = str(self._place.within(self._view.root))
        self._send({"root": str(self._view.root), "folder": folder, "debug": debug, "overlay": {}})
        hello = self._receive(min(self._deadline, time.monotonic() + _HELLO_SECONDS))
        self._plugins: tuple[str, ...] = tuple(hello.get("plugins", ()))

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin
        body = json.dumps(message).encode("ascii")
        try:
            self._process.stdin.write(struct.pack(">I", len(body)) + body)
            self._process.stdin.flush()
        except OSError as error:
            raise RunnerGone(f"the worker ended: {error}") from error

    def _receive(self, deadline: float) -> dict[str, Any]:
        while True:
            if len(self._buffer) >= 4:
                size = struct.unpack(">I", self._buffer[:4])[0]
                if len(self._buffer) >= 4 + size:
                    message: dict[str, Any] = json.loads(bytes(self._buffer[4 : 4 + size]))
                    del self._buffer[: 4 + size]
                    return message
            self._fill(deadline)

    def _fill(self, deadline: float) -> None:
        assert self._process.stdout
        fd = self._process.stdout.fileno()
        while True:
            left = deadline - time.monotonic()
            if self._cancel.is_set() or left <= 0:
                raise Cancelled
            if select.select([fd], [], [], min(left, 0.2))[0]:
                break
        part = os.read(fd, 1 << 20)
        if not part:
            raise RunnerGone("the worker ended")
        self._buffer += part


def archive() -> bytes:
    """The worker as one zip file that ``python`` runs."""
    folder = Path(__file__).parent / "worker"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        bundle.writestr("__main__.py", "from aionr_worker.main import main\n\nmain()\n")
        for file in sorted(folder.glob("*.py")):
            bundle.writestr(f"aionr_worker/{file.name}", file.read_bytes())
    return stream.getvalue()


def _extra_options(plugins: tuple[str, ...]) -> tuple[str, ...]:
    """What keeps plugins that the project may have from standing in the way."""
    options = {"xdist": "-n0", "pytest_cov": "--no-cov"}
    return tuple(option for name, option in options.items() if name in plugins)


def _test_run(line: dict[str, Any], place: Place) -> TestRun:
    error = line.get("error")
    lines = {file: frozenset(numbers) for file, numbers in line.get("lines", {}).items()}
    return TestRun(
        place.from_root(line["id"]), line["outcome"], line["seconds"], _raised(error) if error else None, lines
    )


def _raised(record: dict[str, Any]) -> Raised:
    frames = tuple((str(f[0]), int(f[1]), str(f[2])) for f in record["frames"])
    syntax = bool(record.get("syntax"))
    return Raised(record["type"], record["message"], frames, tuple(record.get("names", ())), syntax)
