"""What our runner writes of a test program's results, condensed while the tests run: standard library only.

The names of tests that passed are written many to a line; that a test began is written only where it is still under way
when the report is put on disk. Lines are libtest's own events, and ours: ``program``, ``end``, ``passed`` (``names``),
and ``test`` events ``crashed``, ``hung`` and ``gone`` (there is no such test: another one printed its event).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KEPT_HEAD, KEPT_TAIL = 400_000, 400_000
"""Bytes of what one program prints beside its results that are kept."""
LONGEST_TEXT = 40_000
MOST_NAMES = 5_000
"""Names of passed tests that one line holds: a line that is cut off must not cost many."""


class Kept:
    """Bytes as they come: the first ones and the last ones."""

    def __init__(self) -> None:
        self.head, self.tail = bytearray(), bytearray()

    def add(self, data: bytes) -> None:
        """Keep what fits."""
        room = KEPT_HEAD - len(self.head)
        self.head += data[:room] if room > 0 else b""
        self.tail += data[max(room, 0) :]
        if len(self.tail) > 2 * KEPT_TAIL:
            del self.tail[:-KEPT_TAIL]

    def read(self, pieces: Iterable[bytes]) -> None:
        """Keep what fits of all of them."""
        for piece in pieces:
            self.add(piece)

    def text(self, limit: int = LONGEST_TEXT) -> str:
        """What was kept, its middle left out where it is longer than ``limit`` bytes."""
        data = bytes(self.head + self.tail)
        if len(data) > limit:
            data = data[: limit // 2] + b"\n... left out ...\n" + data[-limit // 2 :]
        return data.decode("utf-8", "replace")


def capped(text: str) -> str:
    """``text`` without its middle where it is too long."""
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]}\n... left out ...\n{text[-half:]}"


class Record:
    """The report of one program. Names are bytes as they stand in JSON, so that nothing is decoded on the way."""

    def __init__(self, path: Path) -> None:
        self.stream = path.open("ab", buffering=1 << 16)
        self.lock = threading.Lock()
        self.begun: dict[str, None] = {}
        self.passed: dict[str, None] = {}

    def begins(self, name: str) -> None:
        """A test is under way."""
        with self.lock:
            self.begun[name] = None

    def passes(self, name: str) -> None:
        """A test has passed."""
        with self.lock:
            self.begun.pop(name, None)
            self.passed[name] = None
            if len(self.passed) >= MOST_NAMES:
                self._write_passed()

    def write(self, event: dict[str, Any]) -> None:
        """Any other event. What libtest says itself may wait for the next ``sync``, what we say of it is on disk."""
        own = event.get("type") != "test" or event.get("event") not in ("failed", "ignored")
        with self.lock:
            self.begun.pop(str(event.get("name")), None)
            if own or event.get("name") in self.passed:
                self._write_passed()
            self._write(event)
            if own:
                self.stream.flush()

    def sync(self) -> None:
        """Put on disk what has ended, and which tests are under way."""
        with self.lock:
            self._write_passed()
            for name in self.begun:
                self._write({"type": "test", "event": "started", "name": name})
            self.begun.clear()
            self.stream.flush()

    def _write_passed(self) -> None:
        if self.passed:
            self._write({"type": "passed", "names": list(self.passed)})
            self.passed.clear()

    def _write(self, event: dict[str, Any]) -> None:
        self.stream.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")
