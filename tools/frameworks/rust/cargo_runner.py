"""Runs ``cargo test`` inside a view and records what it builds. A program of its own: standard library only.

Cargo starts each test program through ``RUNNER SETTINGS program EXE ARGUMENTS`` (``target.….runner``), which records
its tests (``cargo_program``). ``cargo_nextest`` runs and reads nextest. ``stand_in`` tells how else it is called.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any, BinaryIO

from ..stand_in import Settings, serve
from .cargo_doc_watch import DOC_MARK, DocWatch
from .cargo_measuring import measured
from .cargo_nextest import UNABLE, run_nextest
from .cargo_program import Program

LONGEST_LINE = 64_000_000
MOST_TEXT = 1_000_000
"""Bytes that are kept of what cargo and rustdoc print as text."""
OURS = {"-q", "--quiet", "--nocapture", "--no-capture", "--show-output"}
"""Options for test programs that would change or drop what we read."""


def run_cargo(arguments: list[str], folder: str, settings: Settings, path: Path, *, echo: bool = False) -> int:
    """Run one ``cargo test``; its messages go to the stream file, what it built to the file of targets."""
    out = Path(settings["out"])
    targets = out / settings["targets"]
    targets.unlink(missing_ok=True)
    words = [settings["cargo"], "--config", _runner_option(path), *arguments]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    built: list[dict[str, Any]] = []
    written = 0
    with (out / settings["stream"]).open("ab") as stream, DocWatch(settings) as watch:
        while line := process.stdout.readline(LONGEST_LINE):
            if line.startswith(b'{"reason":"'):
                _message(line, built, stream, targets)
            else:
                written += len(line)
                stream.write(line if written < MOST_TEXT else b"")
                if line.startswith(b"test "):
                    stream.flush()  # a doc test has ended
                if echo:
                    sys.stdout.buffer.write(line)
                    sys.stdout.buffer.flush()
        stream.write(b"\n")
        if watch.ended:
            stream.write(json.dumps({"reason": "hung", "silence": settings["silence"]}).encode() + b"\n")
    return process.wait()


def _runner_option(path: Path) -> str:
    words = [sys.executable, "-I", "-S", sys.argv[0], str(path), "program"]
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
        targets.with_suffix(".part").write_text(json.dumps(programs_of(built)), encoding="utf-8")
        targets.with_suffix(".part").replace(targets)
        if message.get("success"):
            stream.write(json.dumps({"reason": "targets", "libraries": _libraries(built)}).encode() + b"\n")
        stream.flush()


def programs_of(built: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
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
    tables += [
        table for kind in target["kind"] for table in manifest.get(kind, []) if table.get("name") == target["name"]
    ]
    return all(table.get("harness", True) for table in tables)


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
        if DOC_MARK in exe:  # rustdoc says so itself, but not to a runner; without, one hang or crash hides all others
            os.environ.setdefault("RUSTDOC_DOCTEST_BIN_PATH", exe)
        os.execv(exe, [exe, *arguments])
    program = Program(exe, arguments, known[exe], settings)
    status = program.run()
    program.record.sync()
    return status


def stand_in(arguments: list[str], settings: Settings, path: Path) -> int:
    """Be ``cargo`` for a user's command: ``cargo test`` and ``cargo nextest run`` are recorded, the rest handed on."""
    at = next((at for at, word in enumerate(arguments) if not word.startswith(("-", "+"))), len(arguments))
    if arguments[at : at + 2] in (["nextest", "run"], ["nextest", "r"]) and "--no-run" not in arguments:
        return _nextest(arguments[at + 2 :], ".", settings, path, echo=True)
    if arguments[at : at + 1] not in (["test"], ["t"]) or "--no-run" in arguments:
        os.execv(settings["cargo"], [settings["cargo"], *arguments])
    split = arguments.index("--") if "--" in arguments else len(arguments)
    ours = [word for word in ("--no-fail-fast", "--message-format=json") if word not in arguments]
    own = [word for word in arguments[at + 1 : split] if not word.startswith("--message-format=") or word in ours]
    own = [word for word in own if word not in ("-q", "--quiet")]
    words = [*arguments[:at], "test", *ours, *own, *_foreign_options(arguments[split:])]
    return run_cargo(words, ".", settings, path, echo=True)


def _nextest(arguments: list[str], folder: str, settings: Settings, path: Path, *, echo: bool = False) -> int:
    """What nextest runs is built by plain cargo, whose messages we read; it is not built again."""
    targets = Path(settings["out"]) / settings["targets"]

    def build(options: list[str]) -> dict[str, Any] | None:
        words = ["test", "--no-run", "--message-format=json", *options]
        status = run_cargo(words, folder, settings, path, echo=echo)
        return json.loads(targets.read_bytes()) if status == 0 and targets.exists() else None

    return run_nextest(arguments, folder, settings, build, echo=echo)


def run_steps(settings: Settings, path: Path) -> list[int]:
    """One ``cargo test`` (or nextest, where the settings say so) for each step; their exit statuses."""
    statuses = []
    for step in settings["steps"]:
        if not step.get("documented") or _has_library(settings):
            statuses.append(_run_step(step, settings, path))
    return statuses


def _run_step(step: dict[str, Any], settings: Settings, path: Path) -> int:
    arguments, folder = step["arguments"], step["folder"]
    if not step.get("nextest"):
        return run_cargo(arguments, folder, settings, path)
    status = _nextest(arguments, folder, settings, path)
    if status != UNABLE:
        return status
    with (Path(settings["out"]) / settings["stream"]).open("ab") as stream:
        stream.write(b'{"reason": "unfinished", "message": ""}\n')  # cargo runs them all instead
    targets = ["--tests"] if settings["ids"] is None else []  # the doc tests are a step of their own
    words = ["test", "--no-fail-fast", "--message-format=json", *targets, *arguments]
    return run_cargo(words, folder, settings, path)


def run_measured(settings: Settings, path: Path) -> list[int]:
    """The steps, their lines counted where that is asked for."""
    with measured(settings["cargo"], settings["export"]):
        return run_steps(settings, path)


def _has_library(settings: Settings) -> bool:
    """Whether the step before has built one: without, ``cargo test --doc`` is an error."""
    targets = Path(settings["out"]) / settings["targets"]
    named = json.loads(targets.read_bytes()) if targets.exists() else {}
    return any("::" not in what["id"] for what in named.values())


def main(arguments: list[str]) -> int:
    """See the module."""
    if arguments[1:2] == ["program"]:
        return run_program(arguments[2], arguments[3:], json.loads(Path(arguments[0]).read_bytes()))
    return serve("cargo", arguments, run=run_measured, be=stand_in)
