"""One warm process of a Node test framework in a view: requests go in as JSON lines, marked lines come back."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...sandbox.protocol import Command, View
from ..job import Cancelled

_KILL_SECONDS, _REAP_SECONDS = 5.0, 0.1
_KEPT = 20_000
"""Bytes of what a process prints that are kept."""


class Gone(Exception):
    """The process ended, ``text`` is what it printed last."""

    def __init__(self, returncode: int, text: bytes) -> None:
        super().__init__(text.decode("utf-8", "replace"))
        self.returncode, self.text = returncode, text


class TooLong(Exception):
    """No answer came in time."""


class WarmProcess:
    """A process that answers; made by ``command``, whose environment gets the mark of its answers.

    Whoever waits for one gets ``Cancelled`` soon after ``cancel`` is set, or when the clock is past ``until``.
    """

    def __init__(self, view: View, command: Command, cancel: threading.Event, until: float) -> None:
        self._mark = secrets.token_hex(12).encode()
        self._cancel, self._until = cancel, until
        env = {**command.env, "AION_R_BENCH": self._mark.decode()}
        self._process = view.spawn(replace(command, env=env))
        self._printed = bytearray()
        self._ready = False

    def warm(self, seconds: float) -> None:
        """Wait until it takes requests. Raises ``Gone``, ``TooLong``, ``Cancelled``."""
        if not self._ready:
            self._answer(time.monotonic() + seconds)
            self._ready = True

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send one request. Raises ``Gone``."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def answer(self, seconds: float) -> dict[str, Any]:
        """The answer to the last request. Raises ``Gone``, ``Cancelled``, and ``TooLong``, after which it may be asked
        for once more."""
        return self._answer(time.monotonic() + seconds)

    @property
    def printed(self) -> bytes:
        """The end of what it printed."""
        return bytes(self._printed)

    def _answer(self, deadline: float) -> dict[str, Any]:
        while True:
            start = self._printed.find(b"\n" + self._mark + b" ")
            end = self._printed.find(b"\n", start + 1)
            if start >= 0 and end >= 0:
                message: dict[str, Any] = json.loads(self._printed[start + len(self._mark) + 2 : end])
                del self._printed[start : end + 1]
                return message
            if start < 0:
                del self._printed[:-_KEPT]
            self._fill(deadline)

    def _fill(self, deadline: float, heed: bool = True) -> None:
        assert self._process.stdout
        fd = self._process.stdout.fileno()
        while not select.select([fd], [], [], min(0.2, max(0.0, deadline - time.monotonic())))[0]:
            if heed and (self._cancel.is_set() or time.monotonic() > self._until):
                raise Cancelled
            if time.monotonic() >= deadline:
                raise TooLong
        part = os.read(fd, 1 << 16)
        if not part:
            raise self._gone()
        self._printed += part

    def _gone(self) -> Gone:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_REAP_SECONDS)
        code = self._process.poll()
        return Gone(-9 if code is None else code, self.printed)

    def end(self) -> None:
        """Kill it. Its output is over when everything that it started is gone."""
        self._process.kill()
        with contextlib.suppress(Gone, TooLong, OSError, ValueError):
            while True:
                self._fill(time.monotonic() + _KILL_SECONDS, heed=False)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
