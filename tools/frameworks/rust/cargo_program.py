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
import sys
import threading
import time
from pathlib import Path
from typing import Any

KEPT_HEAD, KEPT_TAIL = 400_000, 400_000
"""Bytes of what one program prints beside its results that are kept."""
LONGEST_LINE = 64_000_000
LONGEST_TEXT = 40_000
MOST_DEATHS = 20
_STARTED = re.compile(rb'\{ "type": "test", "event": "started", "name": "([^"\\]*)" \}\n')
_PASSED = re.compile(rb'\{ "type": "test", "name": "([^"\\]*)", "event": "ok"(?:, "exec_time": [0-9.e-]+)? \}\n')


class Kept:
    """Bytes as they come: the first ones and the last ones."""

    def __init__(self) -> None:
        self.head, self.tail = bytearray(), bytearray()

    def add(self, data: bytes) -> None:
        room = KEPT_HEAD - len(self.head)
        self.head += data[:room] if room > 0 else b""
        self.tail += data[max(room, 0) :]
        if len(self.tail) > 2 * KEPT_TAIL:
            del self.tail[:-KEPT_TAIL]

    def text(self, limit: int = LONGEST_TEXT) -> str:
        data = bytes(self.head + self.tail)
        if len(data) > limit:
            data = data[: limit // 2] + b"\n... left out ...\n" + data[-limit // 2 :]
        return data.decode("utf-8", "replace")


class Program:
    """One test program, run to its end, over its crashes."""

    def __init__(self, exe: str, arguments: list[str], what: dict[str, Any], settings: dict[str, Any]) -> None:
        self.exe, self.what, self.settings = exe, what, settings
        self.arguments = arguments
        self.report = (Path(settings["out"]) / settings["report"]).open("ab", buffering=1 << 16)
        self.lock = threading.Lock()
        self.done: set[str] = set()
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
        reader = threading.Thread(target=_drain, args=(process.stderr, said), daemon=True)
        reader.start()
        threading.Thread(target=self.watch, args=(process, over), daemon=True).start()
        while line := process.stdout.readline(LONGEST_LINE):
            self.take(line)
        status = process.wait()
        over.set()
        reader.join(1.0)
        return status, said.text()

    def take(self, line: bytes) -> None:
        """One line of the program's stdout: an event of libtest's, perhaps behind text that a test printed."""
        self.heard = time.monotonic()
        plain = _STARTED.fullmatch(line) or _PASSED.fullmatch(line)
        if plain and (name := plain[1].decode("utf-8", "replace")) not in self.done:
            if plain.re is _STARTED:
                self.started[name] = None
            elif name in self.started:
                del self.started[name]
                self.done.add(name)
            else:
                return
            with self.lock:
                self.report.write(line)
            return
        at = line.rfind(b'{ "type": "', 0, 200_000)
        try:
            event = json.loads(line[at:]) if at >= 0 else None
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            return
        name, kind = event.get("name"), event.get("event")
        if event.get("type") == "suite":
            self.complete |= kind in ("ok", "failed")
        elif event.get("type") != "test" or not isinstance(name, str):
            return
        elif kind == "started":
            self.started[name] = None
        elif kind in ("ok", "failed", "ignored"):
            if name not in self.started or name in self.done:  # printed by a test, not by libtest
                return
            self.started.pop(name)
            self.done.add(name)
            self.failed |= kind == "failed"
            for key in ("stdout", "message"):
                if isinstance(event.get(key), str):
                    event[key] = _capped(event[key])
        self.write(event)

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
        _drain(process.stdout, said)
        status = process.wait()
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
            with self.lock:
                self.report.flush()
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
        with self.lock:
            self.report.write(json.dumps(event).encode() + b"\n")
            self.report.flush()


def _drain(stream: Any, kept: Kept) -> None:
    while data := stream.read1(65_536):
        kept.add(data)


def _capped(text: str) -> str:
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]}\n... left out ...\n{text[-half:]}"


def run_program(exe: str, arguments: list[str], settings: dict[str, Any]) -> int:
    """What cargo calls for each program; one that cargo has not announced as a test is simply run."""
    targets = Path(settings["out"]) / settings["targets"]
    for _ in range(1000):  # cargo announces them before it starts the first, but we may be faster than our reader
        if targets.exists():
            break
        time.sleep(0.005)
    known: dict[str, Any] = json.loads(targets.read_bytes()) if targets.exists() else {}
    if exe not in known:
        os.execv(exe, [exe, *arguments])
    return Program(exe, arguments, known[exe], settings).run()


def main(arguments: list[str]) -> int:
    """See the module."""
    settings: dict[str, Any] = json.loads(Path(arguments[0]).read_bytes())
    return run_program(arguments[1], arguments[2:], settings)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
