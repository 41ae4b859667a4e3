"""Runs ``go test`` inside a view and keeps what its JSON stream says. A program of its own: standard library only.

It buffers a test's output until the test ends and drops that of passing tests, so that the report stays small however
much a suite prints; what starts and what ends is written at once, so that a kill leaves the culprit named. Shortly
before the time is over it asks the test programs for their stacks (SIGQUIT), which the axe itself would not.

``RUNNER SETTINGS`` runs the steps of the settings; ``RUNNER SETTINGS go ARGUMENTS`` stands in for the ``go`` of a
user's own command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO

KEPT_HEAD, KEPT_TAIL = 48_000, 32_000
"""Bytes of one test's output events that are kept."""
LONGEST_LINE = 1_000_000


class Buffer:
    """One running test's output events: the first ones, and the latest ones of the rest."""

    def __init__(self) -> None:
        self.head: list[bytes] = []
        self.tail: deque[bytes] = deque()
        self.head_size = self.tail_size = 0

    def add(self, line: bytes) -> None:
        if self.head_size < KEPT_HEAD:
            self.head.append(line)
            self.head_size += len(line)
            return
        self.tail.append(line)
        self.tail_size += len(line)
        while self.tail_size > KEPT_TAIL and len(self.tail) > 1:
            self.tail_size -= len(self.tail.popleft())


class Sink:
    """Writes the report: events at once, output when its test has ended otherwise than well."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.buffers: dict[bytes, Buffer] = {}
        self.lock = threading.Lock()
        self.begun: dict[bytes, bytes] = {}
        """The events of tests that began since the last ``sync``; one that has ended by then needs none."""
        self.alive: dict[bytes, float] = {}
        """When each package whose tests run gave its last sign of life."""

    def take(self, line: bytes) -> None:
        """Take in one line of the stream."""
        with self.lock:
            action = line.find(b'"Action":"')
            kind = line[action + 10 : action + 16]
            key = line[action:].partition(b'"Package":')[2]
            if action < 0 or not key:
                self.stream.write(line)
                return
            package = key[1 : key.find(b'"', 1)]
            if package in self.alive or kind == b'run","':
                self.alive[package] = time.monotonic()
            if kind == b'run","':
                self.begun[key.rstrip(b"}\n")] = line
            elif kind in (b'start"', b'pause"', b'cont",'):
                self._write_begun()
                self.stream.write(line)
            elif kind == b"output":
                key = key.partition(b'"Output":')[0]
                self.buffers.setdefault(key.partition(b',"OutputType"')[0].rstrip(b","), Buffer()).add(line)
            elif kind.startswith((b"pass", b"fail", b"skip")):
                self._end(key.partition(b',"Elapsed"')[0].rstrip(b",}\n"), line, keep=not kind.startswith(b"pass"))
            # attr and bench events say nothing about how a test ended

    def _end(self, key: bytes, line: bytes, *, keep: bool) -> None:
        self.begun.pop(key, None)
        buffer = self.buffers.pop(key, None)
        if keep and buffer:
            self.stream.writelines((*buffer.head, *buffer.tail))
        self.stream.write(line)
        if b'"Test":' not in key:
            self.alive.pop(key[1 : key.find(b'"', 1)], None)

    def _write_begun(self) -> None:
        self.stream.writelines(self.begun.values())
        self.begun.clear()

    def sync(self) -> None:
        """Put on disk what has ended, and which tests are under way."""
        with self.lock:
            self._write_begun()
            self.stream.flush()

    def silent(self, limit: float) -> list[bytes]:
        """The packages that gave no sign of life for ``limit`` seconds; each is named once."""
        with self.lock:
            silent = [package for package, at in self.alive.items() if time.monotonic() - at > limit]
            for package in silent:
                del self.alive[package]
                self.stream.write(
                    json.dumps({"Action": "hang", "Package": package.decode(), "Elapsed": limit}).encode() + b"\n"
                )
            return silent

    def flush(self) -> None:
        """Write what is still buffered, for a run that may be ended any moment."""
        with self.lock:
            self._write_begun()
            for buffer in self.buffers.values():
                self.stream.writelines((*buffer.head, *buffer.tail))
            self.buffers.clear()
            self.stream.flush()


def run_go(arguments: list[str], folder: str, settings: dict[str, Any], *, echo: bool = False) -> int:
    """Run one ``go test -json``; with ``echo`` its text goes to our stdout as plain ``go test`` would print it."""
    out = Path(settings["out"])
    with (
        (out / settings["report"]).open("ab", buffering=1 << 16) as report,
        (out / settings["stderr"]).open("ab") as errors,
    ):
        process = subprocess.Popen([settings["go"], *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=errors)
        sink = Sink(report)
        over = threading.Event()
        threading.Thread(target=_watch, args=(settings, sink, over), daemon=True).start()
        assert process.stdout is not None
        while line := process.stdout.readline(LONGEST_LINE):
            sink.take(line)
            if echo:
                _echo(line)
        over.set()
        sink.flush()
        return process.wait()


def _watch(settings: dict[str, Any], sink: Sink, over: threading.Event) -> None:
    limit = settings["started"] + settings["timeout"]
    dump = limit - max(1.0, min(10.0, settings["timeout"] * 0.06))
    while not over.wait(0.1):
        sink.sync()
        if time.time() >= dump:
            break
        for package in sink.silent(settings["silence"]):
            folder = _folder_of(package.decode(), settings)
            for pid in _test_programs(folder):
                _kill(pid)
    else:
        return
    for pid in _test_programs():
        _kill(pid)
    if not over.wait((limit - dump) * 0.7):
        sink.flush()


def _folder_of(package: str, settings: dict[str, Any]) -> str:
    """Where the tests of ``package`` run."""
    holding = [
        (path, folder) for path, folder in settings["modules"] if package == path or package.startswith(path + "/")
    ]
    path, folder = max(holding, default=("", "."))
    return str((Path(settings["root"]) / folder / package[len(path) :].strip("/")).resolve())


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGQUIT)
    except OSError:
        return


def _test_programs(folder: str | None = None) -> list[int]:
    """Our descendants that are test programs (of ``folder``), where the system has ``/proc``."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    found = []
    for pid in parents:
        above: int | None = pid
        while above and above != os.getpid():
            above = parents.get(above)
        if (
            above
            and _link(pid, "exe").removesuffix(" (deleted)").endswith(".test")
            and folder in (None, _link(pid, "cwd"))
        ):
            found.append(pid)
    return found


def _link(pid: int, name: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/{name}").readlink())
    except OSError:
        return ""


def _echo(line: bytes) -> None:
    try:
        text = json.loads(line).get("Output", "")
    except (ValueError, AttributeError):
        text = line.decode("utf-8", "replace")
    sys.stdout.write(text)


def stand_in(arguments: list[str], settings: dict[str, Any]) -> int:
    """Be ``go`` for a user's command: ``go test`` is recorded, all else is handed on."""
    if arguments[:1] != ["test"] or {"-c", "-n", "-h", "-help", "--help"}.intersection(arguments):
        os.execv(settings["go"], [settings["go"], *arguments])
    quiet = {
        "-json",
        "--json",
        "-json=true",
        "-v",
        "-v=true",
        "-test.v",
    }  # -v would let tests print what looks like a result
    rest = [word for word in arguments[1:] if word not in quiet]
    extra = ["-json", "-count=1"] if not any(word.lstrip("-").startswith("count=") for word in rest) else ["-json"]
    if settings["run"]:
        extra.append(f"-run={settings['run']}")
    at = rest.index("-args") if "-args" in rest else len(rest)
    chosen = [word for word in rest[:at] if not (settings["run"] and word.lstrip("-").startswith("run="))]
    return run_go(["test", *extra, *chosen, *rest[at:]], ".", settings, echo=True)


def run_command(settings: dict[str, Any], path: Path) -> int:
    """Run the user's command with our stand-in first on its PATH."""
    folder = Path(settings["out"]) / "aion_r_go_bin"
    folder.mkdir(exist_ok=True)
    program = folder / "go"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{path}" go "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.call(settings["command"], env=env)


def main(arguments: list[str]) -> int:
    """See the module."""
    path = Path(arguments[0])
    settings: dict[str, Any] = json.loads(path.read_bytes())
    if arguments[1:2] == ["go"]:
        return stand_in(arguments[2:], settings)
    settings["started"] = time.time()
    path.write_text(json.dumps(settings), encoding="utf-8")
    if settings["command"]:
        return run_command(settings, path)
    statuses = [run_go(step["arguments"], step["folder"], settings) for step in settings["steps"]]
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
