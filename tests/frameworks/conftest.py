"""Projects made for one test and run by the real pytest, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from aion_r.core.domain import TestFailure, TestReport
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.registry import detect
from aion_r.tools.sandbox.protocol import Completed

KEPT = ("HOME", "LANG", "TMPDIR")
"""What a scrubbed environment keeps."""


@dataclass
class Ran:
    """One run: what the adapter made of it, and what pytest printed."""

    framework: Framework
    job: TestJob
    completed: Completed
    report: TestReport

    @property
    def text(self) -> str:
        return self.completed.output.decode("utf-8", "replace")

    def failure(self, name: str) -> TestFailure:
        """The only failure whose id ends in ``name``."""
        (found,) = [failure for failure in self.report.failures if failure.test_id.endswith(name)]
        return found


class Project:
    """A folder, and the smallest thing that runs an adapter's command in it as a view does."""

    def __init__(self, root: Path, out: Path) -> None:
        self.root, self.out = root, out

    def write(self, files: dict[str, str | bytes]) -> Project:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def run(
        self, ids: Sequence[str] | None = None, command: str | None = None, timeout: float = 60.0, axe: float = 60.0
    ) -> Ran:
        """``timeout`` is what the job is told, ``axe`` when it is really killed: a loaded machine starts slowly."""
        framework, _ = detect(self.root, "pytest")
        job = TestJob(self.root, self.out, ids, command, timeout)
        wanted = framework.command(job)
        for name, content in wanted.files.items():
            (self.out / name).write_bytes(content)
        env = {name: os.environ[name] for name in KEPT if name in os.environ} | dict(wanted.env)
        env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the plugins beside xdist take seconds to load
        completed = _execute(wanted.argv, self.root / wanted.cwd, env, self.out / "output", axe)
        return Ran(framework, job, completed, framework.parse(job, completed))


def _execute(argv: Sequence[str], cwd: Path, env: dict[str, str], sink: Path, timeout: float) -> Completed:
    started, timed_out = time.monotonic(), False
    with sink.open("wb") as stream:
        process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()
            process.wait()
    with sink.open("rb") as stream:
        output = stream.read(1_000_000)
    return Completed(process.returncode, output, time.monotonic() - started, timed_out)


@pytest.fixture
def with_xdist(monkeypatch: pytest.MonkeyPatch) -> None:
    """The projects run in the environment of these tests, which has it."""
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str | bytes]], Project]:
    """Makes a project of files. It runs in the environment that is active in these tests, see ``support.subject``."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    root, out = tmp_path / "project", tmp_path / "out"
    root.mkdir()
    out.mkdir()
    return Project(root, out).write
