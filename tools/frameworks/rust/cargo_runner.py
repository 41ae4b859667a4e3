"""Runs ``cargo test`` inside a view and records what it builds. A program of its own: standard library only.

Cargo starts each test program through ``cargo_program`` (``target.….runner``), which records its tests. ``RUNNER
SETTINGS`` runs the steps of the settings; ``RUNNER SETTINGS cargo ARGUMENTS`` stands in for the ``cargo`` of a
user's own command.
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

PROGRAM = "aion_r_cargo_program.py"
LONGEST_LINE = 64_000_000
MOST_TEXT = 1_000_000
"""Bytes that are kept of what cargo and rustdoc print as text."""
OURS = {"-q", "--quiet", "--nocapture", "--no-capture", "--show-output"}
"""Options for test programs that would change or drop what we read."""


def run_cargo(arguments: list[str], folder: str, settings: dict[str, Any], path: Path, *, echo: bool = False) -> int:
    """Run one ``cargo test``; its messages go to the stream file, what it built to the file of targets."""
    out = Path(settings["out"])
    targets = out / settings["targets"]
    targets.unlink(missing_ok=True)
    words = [settings["cargo"], "--config", _runner_option(path), *arguments]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    built: list[dict[str, Any]] = []
    written = 0
    with (out / settings["stream"]).open("ab") as stream:
        while line := process.stdout.readline(LONGEST_LINE):
            if line.startswith(b'{"reason":"'):
                _message(line, built, stream, targets)
            else:
                written += len(line)
                stream.write(line if written < MOST_TEXT else b"")
                if echo:
                    sys.stdout.buffer.write(line)
                    sys.stdout.buffer.flush()
        stream.write(b"\n")
    return process.wait()


def _runner_option(path: Path) -> str:
    program = path.with_name(PROGRAM)
    words = [sys.executable, "-I", "-S", str(program), str(path)]
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


def stand_in(arguments: list[str], settings: dict[str, Any], path: Path) -> int:
    """Be ``cargo`` for a user's command: ``cargo test`` is recorded, all else is handed on."""
    at = next((at for at, word in enumerate(arguments) if not word.startswith(("-", "+"))), len(arguments))
    if arguments[at : at + 1] not in (["test"], ["t"]) or "--no-run" in arguments:
        os.execv(settings["cargo"], [settings["cargo"], *arguments])
    split = arguments.index("--") if "--" in arguments else len(arguments)
    ours = [word for word in ("--no-fail-fast", "--message-format=json") if word not in arguments]
    own = [word for word in arguments[at + 1 : split] if not word.startswith("--message-format=") or word in ours]
    own = [word for word in own if word not in ("-q", "--quiet")]
    words = [*arguments[:at], "test", *ours, *own, *_foreign_options(arguments[split:])]
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
