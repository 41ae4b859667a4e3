"""Ends doc tests that hang, so that rustdoc names them: it tells of a test when it is over. Standard library only."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from types import TracebackType

from ..stand_in import Settings

DOC_MARK = "rustdoctest"
"""What rustdoc's scratch folders are called, in which it builds the programs of doc tests."""


class DocWatch:
    """While it is entered, a doc test may take as long as the settings allow silence, and no longer than the run."""

    def __init__(self, settings: Settings) -> None:
        self.silence: float = settings["silence"]
        self.limit: float = settings["started"] + settings["timeout"] * 0.94 - 1
        self.ended = False
        self._seen: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> DocWatch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            running = _doc_tests()
            self._seen = {pid: self._seen.get(pid, time.monotonic()) for pid in running}
            late = time.time() > self.limit
            for pid, since in self._seen.items():
                if late or time.monotonic() - since > self.silence:
                    self.ended = True
                    _end(pid)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def _doc_tests() -> list[int]:
    """Our descendants that run one doc test each, where the system has ``/proc``. From edition 2024 on one program
    holds them all and starts itself once for each: those that it started count."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    found = {pid for pid in parents if _is_ours(pid, parents) and DOC_MARK in _program(pid)}
    return [pid for pid in found if not any(parents[other] == pid for other in found)]


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    above: int | None = pid
    while above and above != os.getpid():
        above = parents.get(above)
    return bool(above)


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
