"""Sandboxes over small projects with hostile names; real processes throughout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aion_r.tools.sandbox.protocol import Command, Sandbox
from support.levels import LEVELS, opened


def python(code: str, *args: object, **more: object) -> Command:
    """A command that runs ``code`` in this interpreter, without its site packages."""
    return Command((sys.executable, "-I", "-S", "-c", code, *(str(arg) for arg in args)), **more)  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home of the user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    root = tmp_path / "the project"
    (root / "pkg").mkdir(parents=True)
    (root / "calc.py").write_text("VALUE = 1\n")
    (root / "pkg" / "old.txt").write_text("old\n")
    script = root / "run.sh"
    script.write_text("#!/bin/sh\necho original\n")
    script.chmod(0o755)
    return root


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sandbox(level: str, project: Path, scratch: Path) -> Sandbox:
    return opened(project, level, scratch)


@pytest.fixture
def overlay(project: Path, scratch: Path) -> Sandbox:
    return opened(project, "overlay", scratch)


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """Every entry below ``root`` with kind, bytes, mode and times."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        stat = path.lstat()
        data = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(root))] = (data, stat.st_mode, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    return found


def processes_with(marker: str) -> list[int]:
    """The host's processes whose command line holds ``marker``."""
    return list(_with(marker.encode()))


def _with(marker: bytes) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (entry / "cmdline").read_bytes() and int(entry.name) != os.getpid():
                yield int(entry.name)
        except OSError:
            continue


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    import time

    def wait(true: Callable[[], bool], seconds: float = 10.0) -> bool:
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            time.sleep(0.02)
        return true()

    return wait
