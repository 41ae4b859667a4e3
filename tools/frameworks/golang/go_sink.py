"""What our runner writes of the events of ``go test -json``, condensed while the tests run: standard library only.

A test's output is kept until the test ends, and dropped where it passed; the names of tests that passed are written
many to a line. So the report stays small however much a suite prints, and reading it costs next to nothing. Lines that
are ours and not Go's: ``passed`` (``Tests`` instead of ``Test``, none of them a parent), ``parent`` (a subtest of it
began), ``inherited`` (the ``fail`` of a parent below which a test failed), ``hang``, and a ``fail`` or ``skip`` that
carries the test's whole ``Output``. Nothing that a test prints can look like them: it stands in the ``Output`` of Go's
own events.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

LONGEST_LINE = 4_000_000
KEPT_HEAD, KEPT_TAIL, KEPT_WORDS = 48_000, 32_000, 16_000
"""Bytes of one test's output that are kept, as they stand in JSON: its beginning, its end, what ``t.Error`` and its kin
said between."""
MOST_LEVELS = 50
"""Subtests in subtests whose parents are all sought."""
_WORDS = re.compile(rb" {4,}[^\s:/\\]{1,200}\.go:\d{1,9}: ")
MOST_NAMES = 5_000
"""Names of passed tests that one line holds: a line that is cut off must not cost many."""
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_KEY = rb'"Package":' + _STRING + rb',"Test":' + _STRING
_HEAD = rb'\{"Time":"[^"]*","Action":"'
_FRAME = rb'(?:,"OutputType":"frame")?\}\n'
_EVENTS = re.compile(
    # a test that passed and printed nothing, in one piece: what nearly all of a large suite consists of
    _HEAD + rb'run",(' + _KEY + rb")\}\n"
    + _HEAD + rb'output",\1,"Output":"=== RUN ' + rb'[^"\\]*(?:\\.[^"\\]*)*' + rb'"' + _FRAME
    + _HEAD + rb'output",\1,"Output":"--- PASS: ' + rb'[^"\\]*(?:\\.[^"\\]*)*' + rb'"' + _FRAME
    + _HEAD + rb'pass",\1,"Elapsed":[0-9.e+-]+\}\n'
    rb"|" + _HEAD + rb'(\w+)",("Package":' + _STRING + rb'(?:,"Test":' + _STRING + rb")?)"
    rb'(?:,"Output":(' + _STRING + rb'))?([^\n]*)\n'
    rb"|[^\n]*\n"
)  # fmt: skip
_BUILD = (b'{"ImportPath":', b'{"Action":"build-')


class Kept:
    """What one running test printed, as JSON shows it: the first pieces, the latest ones of the rest, and what stands
    at the beginning of a message between them: a long line comes in many pieces, the first of which names the place."""

    def __init__(self) -> None:
        self.head: list[bytes] = []
        self.tail: deque[bytes] = deque()
        self.head_size = self.tail_size = self.words_size = 0

    def add(self, piece: bytes) -> None:
        """Keep ``piece``, which is whole in itself."""
        if self.head_size < KEPT_HEAD:
            self.head.append(piece)
            self.head_size += len(piece)
            return
        self.tail.append(piece)
        self.tail_size += len(piece)
        while self.tail_size > KEPT_TAIL and len(self.tail) > 1:
            self._drop(self.tail.popleft())

    def _drop(self, piece: bytes) -> None:
        self.tail_size -= len(piece)
        if self.words_size < KEPT_WORDS and _WORDS.match(piece):
            self.words_size += len(piece)
            self.head.append(piece if self.head[-1].endswith(rb"\n") else rb"\n" + piece)

    def text(self) -> bytes:
        """All of it as one JSON string."""
        return b'"' + b"".join((*self.head, *self.tail)) + b'"'


class Sink:
    """Writes the report. Keys are ``"Package":…,"Test":…`` as Go writes them, so that nothing is decoded on the way."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.lock = threading.Lock()
        self.rest = b""
        self.kept: dict[bytes, Kept] = {}
        self.begun: dict[bytes, bytes] = {}
        """Tests under way whose latest event (``run``, ``pause``, ``cont``) is not written yet."""
        self.passed: dict[bytes, None] = {}
        """Tests that passed and are not written yet."""
        self.running: dict[bytes, bool] = {}
        """Tests that began and have not ended: whether they run, or are paused."""
        self.parents: set[bytes] = set()
        self.failing: set[bytes] = set()
        """Parents below which a test has failed."""
        self.alive: dict[bytes, float] = {}
        """When each package whose tests run gave its last sign of life."""

    def feed(self, data: bytes) -> None:
        """Take in a piece of the stream."""
        whole, end, self.rest = (self.rest + data).rpartition(b"\n")
        self.rest = self.rest if len(self.rest) < LONGEST_LINE else b""
        with self.lock:
            now = time.monotonic()
            for event in _EVENTS.finditer(whole + end):
                quick, action, key, output, more = event.groups()
                if quick is not None:
                    self._heard(quick, now)
                    self._forget(quick)
                    self._adopt(quick)
                    self._pass(quick)
                elif key is not None:
                    self._heard(key, now, begins=action == b"run")
                    self._take(action, key, output, more, event[0])
                else:
                    self._write_loose(event[0])
            if len(self.passed) >= MOST_NAMES:
                self._write_passed()

    def _heard(self, key: bytes, now: float, *, begins: bool = True) -> None:
        package = key[: key.find(b',"Test":')] if b',"Test":' in key else key
        if begins or package in self.alive:
            self.alive[package] = now

    def _take(self, action: bytes, key: bytes, output: bytes | None, more: bytes, line: bytes) -> None:
        if action == b"output":
            if output is not None:
                self.kept.setdefault(key, Kept()).add(output[1:-1])
        elif action in (b"run", b"pause", b"cont"):
            self._forget(key)
            if action == b"run":
                self._adopt(key)
            self.running[key] = action != b"pause"
            self.begun[key] = action
        elif action == b"pass" and b',"Test":' in key:
            self._pass(key)
        elif action in (b"pass", b"fail", b"skip"):
            self._end(action, key, more)
        elif action == b"start":
            self.stream.write(line)
        # attr and bench events say nothing about how a test ended

    def _adopt(self, key: bytes) -> None:
        """A parent runs while its child begins. By the name alone ``t.Run("a")`` beside ``t.Run("a/b")`` seems one."""
        for parent in _above(key):
            if self.running.get(parent) and parent not in self.parents:
                self.parents.add(parent)
                self._write(b"parent", parent)

    def _pass(self, key: bytes) -> None:
        self.begun.pop(key, None)
        self.kept.pop(key, None)
        self.running.pop(key, None)
        if key in self.parents:
            self._write(b"pass", key)
        else:
            self.passed[key] = None

    def _forget(self, key: bytes) -> None:
        """A test that begins again has not passed yet: what it did before is written first."""
        if key in self.passed:
            self._write_passed()

    def _end(self, action: bytes, key: bytes, more: bytes) -> None:
        self._forget(key)
        self.begun.pop(key, None)
        self.running.pop(key, None)
        kept = self.kept.pop(key, None)
        if action == b"fail":
            self.failing.update(self.parents.intersection(_above(key)))
            action = b"inherited" if key in self.failing else action
        if b',"Test":' not in key:
            self._write_passed()
            self.alive.pop(key, None)
        said = b',"Output":' + kept.text() if kept and action != b"pass" else b""
        self._write(action, key, said + more.removesuffix(b"}"))

    def _write(self, action: bytes, key: bytes, more: bytes = b"") -> None:
        self.stream.write(b'{"Action":"' + action + b'",' + key + more + b"}\n")

    def _write_loose(self, line: bytes) -> None:
        """Go's own words, and the compiler's before Go 1.24. Nothing but an event may begin as one does."""
        self.stream.write(b" " + line if line.startswith(b"{") and not line.startswith(_BUILD) else line)

    def _write_passed(self) -> None:
        names: dict[bytes, list[bytes]] = {}
        for key in self.passed:
            package, _, test = key.partition(b',"Test":')
            names.setdefault(package, []).append(test)
        for package, tests in names.items():
            self._write(b"passed", package, b',"Tests":[' + b",".join(tests) + b"]")
        self.passed.clear()

    def _write_begun(self) -> None:
        self._write_passed()
        for key, action in self.begun.items():
            self._write(action, key)
        self.begun.clear()

    def sync(self) -> None:
        """Put on disk what has ended, and which tests are under way."""
        with self.lock:
            self._write_begun()
            self.stream.flush()

    def silent(self, limit: float) -> list[str]:
        """The packages that gave no sign of life for ``limit`` seconds; each is named once."""
        with self.lock:
            silent = [package for package, at in self.alive.items() if time.monotonic() - at > limit]
            for package in silent:
                del self.alive[package]
                self._write(b"hang", package, b',"Elapsed":' + repr(limit).encode())
        return [str(json.loads(b"{" + package + b"}")["Package"]) for package in silent]

    def flush(self) -> None:
        """Write what is still kept, for a run that may be ended any moment."""
        with self.lock:
            self._write_begun()
            for key, kept in self.kept.items():
                self._write(b"output", key, b',"Output":' + kept.text())
            self.kept.clear()
            self.stream.flush()

    def close(self) -> None:
        """Write all there is, a last line without its end as well."""
        self.feed(b"\n" if self.rest else b"")
        self.flush()


def _above(key: bytes) -> Iterator[bytes]:
    """The keys of the tests whose subtest the one of ``key`` may be, outermost first."""
    at = key.find(b"/", key.find(b',"Test":'))
    for _ in range(MOST_LEVELS):
        if at < 0:
            return
        yield key[:at] + b'"'
        at = key.find(b"/", at + 1)
