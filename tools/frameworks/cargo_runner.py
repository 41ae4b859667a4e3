"""Runs ``cargo test`` inside a view and records every test. A program of its own: standard library only.

Cargo starts each test program through us (``target.….runner``), so programs run with the environment and folder that
cargo gives them, and are asked for libtest's JSON; the variable that stable needs for it is set for them alone, never
for the build. A program that dies is started again without its culprit, so that one crash does not hide the rest.

``RUNNER SETTINGS`` runs the steps of the settings; ``RUNNER SETTINGS cargo …`` stands in for the ``cargo`` of a user's
own command; ``RUNNER SETTINGS program EXE …`` is what cargo calls for each program.
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
import tomllib
from pathlib import Path
from typing import Any, BinaryIO

KEPT_HEAD, KEPT_TAIL = 400_000, 400_000
"""Bytes of text that are kept of what cargo, or one program, prints."""
LONGEST_LINE = 64_000_000
LONGEST_TEXT = 40_000
MOST_DEATHS = 20
OURS = {"-q", "--quiet", "--nocapture", "--no-capture", "--show-output"}
"""Options for test programs that would change or drop what we read."""

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


def run_cargo(arguments: list[str], folder: str, settings: dict[str, Any], path: Path, *, echo: bool = False) -> int:
    """Run one ``cargo test``; its messages go to the stream file, what it built to the file of targets."""
    out = Path(settings["out"])
    targets = out / settings["targets"]
    targets.unlink(missing_ok=True)
    words = [settings["cargo"], "--config", _runner_option(path), *arguments]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    built: list[dict[str, Any]] = []
    kept = Kept()
    with (out / settings["stream"]).open("ab") as stream:
        while line := process.stdout.readline(LONGEST_LINE):
            if line.startswith(b'{"reason":"'):
                _message(line, built, stream, targets)
            else:
                kept.add(line)
                if echo:
                    sys.stdout.buffer.write(line)
                    sys.stdout.buffer.flush()
        stream.write(bytes(kept.head + kept.tail) + b"\n")
    return process.wait()


def _runner_option(path: Path) -> str:
    words = [sys.executable, "-I", "-S", os.path.abspath(__file__), str(path), "program"]
    return f"target.'cfg(all())'.runner={json.dumps(words)}"


def _message(line: bytes, built: list[dict[str, Any]], stream: BinaryIO, targets: Path) -> None:
    try:
        message = json.loads(line)
    except ValueError:
        return
    reason = message.get("reason")
    if reason == "compiler-artifact":
        built.append({key: message.get(key) for key in ("manifest_path", "target", "executable")})
    elif reason == "compiler-message":
        said = message.get("message", {})
        if said.get("level", "").startswith("error"):
            (said.get("code") or {}).pop("explanation", None)
            stream.write(json.dumps(message).encode() + b"\n")
            stream.flush()
    elif reason == "build-finished":
        targets.with_suffix(".part").write_text(json.dumps(_named(built)), encoding="utf-8")
        targets.with_suffix(".part").replace(targets)
        if message.get("success"):
            stream.write(json.dumps({"reason": "targets", "libraries": _libraries(built)}).encode() + b"\n")
        stream.flush()


def _named(built: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Executable → what it is. Programs without libtest's harness are marked."""
    named = {}
    for one in built:
        if one["executable"] and one["manifest_path"]:
            manifest = _manifest(one["manifest_path"])
            target = one["target"]
            named[one["executable"]] = {
                "id": _identifier(manifest, target),
                "folder": str(Path(one["manifest_path"]).parent),
                "source": target.get("src_path", ""),
                "harness": _harness(manifest, target),
            }
    return named


def _libraries(built: list[dict[str, Any]]) -> dict[str, list[str]]:
    found = {}
    for one in built:
        target = one["target"]
        if one["manifest_path"] and {"lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"} & set(target["kind"]):
            name = _package(_manifest(one["manifest_path"]))
            found[target["name"].replace("-", "_")] = [name, str(Path(one["manifest_path"]).parent)]
    return found


def _manifest(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8", errors="replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _package(manifest: dict[str, Any]) -> str:
    return str(manifest.get("package", manifest.get("project", {})).get("name", "package"))


def _identifier(manifest: dict[str, Any], target: dict[str, Any]) -> str:
    package, kinds = _package(manifest), target["kind"]
    for kind, prefix in (("test", ""), ("bin", "bin/"), ("example", "example/"), ("bench", "bench/")):
        if kind in kinds:
            return f"{package}::{prefix}{target['name']}"
    return package


def _harness(manifest: dict[str, Any], target: dict[str, Any]) -> bool:
    tables = [manifest.get("lib", {})] if {"lib", "rlib", "proc-macro"} & set(target["kind"]) else []
    tables += [table for kind in target["kind"] for table in manifest.get(kind, []) if table.get("name") == target["name"]]
    return all(table.get("harness", True) for table in tables)


class Program:
    """One test program, run to its end, over its crashes."""

    def __init__(self, exe: str, arguments: list[str], what: dict[str, Any], settings: dict[str, Any]) -> None:
        self.exe, self.what, self.settings = exe, what, settings
        self.arguments = _foreign_options(arguments)
        self.report = (Path(settings["out"]) / settings["report"]).open("ab", buffering=1 << 16)
        self.lock = threading.Lock()
        self.done: set[str] = set()
        self.started: dict[str, None] = {}
        self.failed = self.complete = self.late = False

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
            culprits = self.blame(status, said)
            listed = self.list() if exact is None else exact
            exact = [name for name in listed if name not in self.done]
            if not culprits or not exact:
                break
        self.write({"type": "end", "status": status, "stderr": said})
        return 101

    def once(self, names: list[str] | None, *extra: str) -> tuple[int, str]:
        """One start of the program: its status and what it said on stderr."""
        self.started, self.complete = {}, False
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
        listed = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False).stdout
        lines = listed.decode("utf-8", "replace").splitlines()
        return [line.removesuffix(": test") for line in lines if line.endswith(": test")]

    def run_whole(self) -> int:
        """A program without libtest's harness is one test."""
        self.write({"type": "test", "event": "started", "name": ""})
        process = subprocess.Popen([self.exe, *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        said, over = Kept(), threading.Event()
        self.started = {"": None}
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
        while not over.wait(0.1) and time.time() < limit:
            with self.lock:
                self.report.flush()
        if over.is_set():
            return
        self.late = True
        for name in list(self.started):
            self.write({"type": "test", "event": "hung", "name": name})
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

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


def _foreign_options(arguments: list[str]) -> list[str]:
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--format":
            next(words, None)
        elif word not in OURS and not word.startswith("--format="):
            kept.append(word)
    return kept


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


def stand_in(arguments: list[str], settings: dict[str, Any], path: Path) -> int:
    """Be ``cargo`` for a user's command: ``cargo test`` is recorded, all else is handed on."""
    at = next((at for at, word in enumerate(arguments) if not word.startswith(("-", "+"))), len(arguments))
    if arguments[at : at + 1] not in (["test"], ["t"]) or "--no-run" in arguments:
        os.execv(settings["cargo"], [settings["cargo"], *arguments])
    split = arguments.index("--") if "--" in arguments else len(arguments)
    ours = [word for word in ("--no-fail-fast", "--message-format=json") if word not in arguments]
    own = [word for word in arguments[at + 1 : split] if not word.startswith("--message-format=") or word in ours]
    own = [word for word in own if word not in ("-q", "--quiet")]
    words = [*arguments[:at], "test", *ours, *own, *arguments[split:]]
    return run_cargo(words, ".", settings, path, echo=True)


def run_command(settings: dict[str, Any], path: Path) -> int:
    """Run the user's command with our stand-in first on its PATH."""
    folder = Path(settings["out"]) / "aion_r_cargo_bin"
    folder.mkdir(exist_ok=True)
    program = folder / "cargo"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{path}" cargo "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.call(settings["command"], env=env)


def main(arguments: list[str]) -> int:
    """See the module."""
    path = Path(arguments[0])
    settings: dict[str, Any] = json.loads(path.read_bytes())
    if arguments[1:2] == ["program"]:
        return run_program(arguments[2], arguments[3:], settings)
    if arguments[1:2] == ["cargo"]:
        return stand_in(arguments[2:], settings, path)
    settings["started"] = time.time()
    path.write_text(json.dumps(settings), encoding="utf-8")
    if settings["command"]:
        return run_command(settings, path)
    statuses = [run_cargo(step["arguments"], step["folder"], settings, path) for step in settings["steps"]]
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
