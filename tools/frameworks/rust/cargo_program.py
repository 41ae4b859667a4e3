"""What cargo calls for each test program: runs it, records every test. A program of its own: standard library only.

The program runs with the environment and folder that cargo gave us, and is asked for libtest's JSON; the variable that
stable Rust needs for it is set for the test program alone, never for the build. A program that dies or hangs is started
again without its culprit, so that one crash does not hide the rest. ``PROGRAM SETTINGS EXE ARGUMENTS``.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .cargo_pipes import Pipe, lines, read_out
from .cargo_record import Kept, Record, capped

MOST_DEATHS = 20
MOST_DISPUTES = 200
MOST_BRACES = 20
_EVENT = b'{ "type": "'
_STARTED = re.compile(rb'\{ "type": "test", "event": "started", "name": "([^"\\]*)" \}\n')
_PASSED = re.compile(rb'\{ "type": "test", "name": "([^"\\]*)", "event": "ok"(?:, "exec_time": [0-9.e-]+)? \}\n')


class Program:
    """One test program, run to its end, over its crashes."""

    def __init__(self, exe: str, arguments: list[str], what: dict[str, Any], settings: dict[str, Any]) -> None:
        self.exe, self.what, self.settings = exe, what, settings
        self.arguments = arguments
        self.record = Record(Path(settings["out"]) / settings["report"])
        self.done: set[str] = set()
        self.disputed: set[str] = set()
        """Tests of which more than one end was told: a test printed what looks like libtest's own word."""
        self.alone = ""
        """The test that is run by itself: its last end counts, which is libtest's."""
        self.announced = -1
        self.started: dict[str, None] = {}
        self.failed = self.complete = self.late = False
        self.hung: list[str] = []
        self.heard = time.monotonic()

    def run(self) -> int:
        self.write({"type": "program", **self.what})
        chosen = self.settings["ids"]
        names = None if chosen is None else chosen.get(self.what["id"])
        if chosen is not None and names is None:
            return 0
        if not self.what["harness"]:
            return self.run_whole()
        wanted = [name for name in names or [] if name]
        exact = wanted if wanted and "" not in (names or []) else None
        for _ in range(MOST_DEATHS):
            status, said = self.once(exact)
            if self.complete:
                self.settle(exact)
            if self.complete or self.late:
                self.write({"type": "end", "status": status, "stderr": said})
                return 101 if self.failed else status
            culprits = self.hung or self.blame(status, said)
            listed = self.list() if exact is None else exact
            exact = [name for name in listed if name not in self.done]
            if not culprits or not exact:
                break
        self.write({"type": "end", "status": status, "stderr": said})
        return 101

    def once(self, names: list[str] | None, *extra: str) -> tuple[int, str]:
        """One start of the program: its status and what it said on stderr."""
        self.started, self.complete, self.hung, self.heard = {}, False, [], time.monotonic()
        words = [self.exe, *self.arguments, *extra, "--format", "json", "-Z", "unstable-options"]
        words += ["--exact", *names] if names is not None else []
        env = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        assert process.stdout is not None and process.stderr is not None
        said, over = Kept(), threading.Event()
        threading.Thread(target=self.watch, args=(process, over), daemon=True).start()
        status = read_out(process, Pipe(process.stdout, self.read), Pipe(process.stderr, said.read))
        over.set()
        return status, said.text()

    def read(self, pieces: Iterable[bytes]) -> None:
        """Take in the stdout of one start of the program."""
        for line in lines(pieces):
            self.take(line)

    def take(self, line: bytes) -> None:
        """One line of the program's stdout: an event of libtest's, perhaps behind text that a test printed."""
        self.heard = time.monotonic()
        plain = _STARTED.fullmatch(line)
        if plain:
            self.begin(plain[1].decode("utf-8", "replace"))
            return
        plain = _PASSED.fullmatch(line)
        if plain:
            name = plain[1].decode("utf-8", "replace")
            if self.end(name):
                self.record.passes(name)
            return
        event = _event(line)
        name, kind = event.get("name"), event.get("event")
        if event.get("type") == "suite":
            self.complete |= kind in ("ok", "failed")
            if kind == "started" and self.announced < 0 and isinstance(event.get("test_count"), int):
                self.announced = event["test_count"]
        elif event.get("type") != "test" or not isinstance(name, str):
            return
        elif kind == "started":
            self.begin(name)
        elif kind in ("ok", "failed", "ignored") and self.end(name):
            self.failed |= kind == "failed"
            if kind == "ok" and name != self.alone:
                self.record.passes(name)
                return
            for key in ("stdout", "message"):
                if isinstance(event.get(key), str):
                    event[key] = capped(event[key])
            self.write(event)

    def begin(self, name: str) -> None:
        """A test is said to begin; one that has ended, or is under way, cannot."""
        if name in self.done or name in self.started:
            self.disputed.add(name)
        else:
            self.started[name] = None
            self.record.begins(name)

    def end(self, name: str) -> bool:
        """A test is said to end: whether that is its first end. What never began was printed by a test."""
        if name in self.started or name == self.alone:
            self.started.pop(name, None)
            self.done.add(name)
            return True
        if name in self.done:
            self.disputed.add(name)
        return False

    def settle(self, names: list[str] | None) -> None:
        """Where tests printed what looks like results: strike those that do not exist, run the others alone, and go by
        the exit status, which no print can change."""
        if not self.disputed and self.announced in (-1, len(self.done)):
            return
        known = set(self.list() if names is None else names)
        for name in sorted(self.done - known):
            self.write({"type": "test", "event": "gone", "name": name})
        for name in sorted(self.disputed & known)[:MOST_DISPUTES]:
            self.done.discard(name)
            self.alone, self.failed, before = name, False, self.failed
            status, said = self.once([name], "--test-threads=1")
            if status and not self.failed:
                self.write({"type": "test", "event": "failed", "name": name, "stdout": said})
            elif not status:
                self.write({"type": "test", "event": "ok", "name": name})
            self.failed = before or bool(status)
        self.alone = ""
        self.complete = True

    def blame(self, status: int, said: str) -> list[str]:
        """Name the tests that the death of the program is due to; where it does not say so, each is tried alone."""
        lost = [name for name in self.started if name not in self.done]
        named = [name for name in lost if f"thread '{name}'" in said]
        found = named or (lost if len(lost) == 1 else [])
        said_by = dict.fromkeys(found, (status, said))
        if not found:
            for name in lost[:64]:
                alone = self.once([name], "--test-threads=1")
                if not self.complete and name not in self.done:
                    said_by[name] = alone
        for name, (how, words) in (said_by or dict.fromkeys(lost, (status, said))).items():
            self.failed = True
            self.done.add(name)
            self.write({"type": "test", "event": "crashed", "name": name, "status": how, "stdout": words})
        return list(said_by)

    def list(self) -> list[str]:
        """The names of the program's tests."""
        words = [self.exe, *[word for word in self.arguments if word.startswith("-")], "--list", "--format", "terse"]
        listed = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False
        ).stdout
        lines = listed.decode("utf-8", "replace").splitlines()
        return [line.removesuffix(": test") for line in lines if line.endswith(": test")]

    def run_whole(self) -> int:
        """A program without libtest's harness is one test."""
        self.write({"type": "test", "event": "started", "name": ""})
        process = subprocess.Popen([self.exe, *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        said, over = Kept(), threading.Event()
        self.started, self.heard = {"": None}, time.monotonic() + self.settings["timeout"]
        threading.Thread(target=self.watch, args=(process, over), daemon=True).start()
        status = read_out(process, Pipe(process.stdout, said.read))
        over.set()
        if not self.late:
            event = "ok" if status == 0 else "failed"
            self.write({"type": "test", "event": event, "name": "", "status": status, "stdout": said.text()})
        return status

    def watch(self, process: subprocess.Popen[bytes], over: threading.Event) -> None:
        """End the program shortly before the time is over, naming the tests that were under way."""
        limit = self.settings["started"] + self.settings["timeout"]
        limit -= max(1.0, min(10.0, self.settings["timeout"] * 0.06))
        while not over.wait(0.1) and time.time() < limit and not self.silent():
            self.record.sync()
        if over.is_set():
            return
        self.late = time.time() >= limit
        self.hung = list(self.started)
        self.failed = True
        for name in self.hung:
            self.done.add(name)
            silence = None if self.late else self.settings["silence"]
            self.write({"type": "test", "event": "hung", "name": name, "silence": silence})
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    def silent(self) -> bool:
        """Whether tests are under way and nothing was heard of any for the time that the settings allow."""
        return bool(self.started) and time.monotonic() - self.heard > self.settings["silence"]

    def write(self, event: dict[str, Any]) -> None:
        """See ``Record``."""
        self.record.write(event)


def _event(line: bytes) -> dict[str, Any]:
    """The event that ``line`` ends with, behind whatever a test printed without an end of line; empty without one."""
    at = len(line)
    for _ in range(MOST_BRACES):
        at = line.rfind(_EVENT, 0, at)
        if at < 0:
            break
        try:
            return dict(json.loads(line[at:]))
        except (ValueError, RecursionError):
            continue
    return {}
