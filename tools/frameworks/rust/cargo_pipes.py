"""Reads what a program prints until the program has ended: standard library only.

The end of a pipe is not waited for: a process that the program has left running may hold it open for ever.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

GRACE = 0.5
"""Seconds without a byte, after which a program that has ended is taken to have said all."""
ROOM = 1 << 20
"""Bytes that can stand in a pipe when its program ends; what comes after them is another's."""
LONGEST_LINE = 64_000_000


class Pipe(threading.Thread):
    """One pipe of a program; ``take`` is called with its pieces as they come."""

    def __init__(self, stream: Any, take: Callable[[Iterable[bytes]], None]) -> None:
        super().__init__(daemon=True)
        self.stream, self.take = stream, take
        self.ended = self.over = self.idle = False
        self.heard = time.monotonic()

    def run(self) -> None:
        """See ``Thread``."""
        self.take(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """What is printed, until the pipe or our patience ends."""
        room = ROOM
        while room > 0:
            self.idle = True
            data = self.stream.read1(65_536)
            self.idle = False
            if not data or self.over:
                return
            self.heard = time.monotonic()
            room -= len(data) if self.ended else 0
            yield data

    def settle(self) -> None:
        """Wait for the rest of what a program has said that has ended."""
        since = time.monotonic()
        self.ended = True
        while self.is_alive() and not (self.idle and time.monotonic() - max(since, self.heard) > GRACE):
            self.join(0.02)
        self.over = True


def read_out(process: subprocess.Popen[bytes], *pipes: Pipe) -> int:
    """Read ``pipes`` until ``process`` has ended; its exit status."""
    for pipe in pipes:
        pipe.start()
    status = process.wait()
    for pipe in pipes:
        pipe.settle()
    return status


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that ``pieces`` make, with their ends; one that is longer than ``LONGEST_LINE`` comes in parts."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join((*held, end, b"\n"))
            held, size = [], 0
        held.append(rest)
        size += len(rest)
        if size > LONGEST_LINE:
            yield b"".join(held)
            held, size = [], 0
    if any(held):
        yield b"".join(held)
