"""Projects of compiled languages, made for one test and run by their real toolchain as a view would run them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aion_r.core.domain import TestFailure, TestReport
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.registry import detect
from aion_r.tools.sandbox.protocol import Completed

KEPT = ("HOME", "LANG", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOFLAGS")


@dataclass
class Ran:
    """One run: what the adapter made of it."""

    framework: Framework
    job: TestJob
    completed: Completed
    report: TestReport

    def failure(self, name: str) -> TestFailure:
        """The only failure whose id ends in ``name``."""
        (found,) = [failure for failure in self.report.failures if failure.test_id.endswith(name)]
        return found

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Passed, failed, errors, skipped."""
        report = self.report
        return report.passed_tests, report.failed_tests, report.error_tests, report.skipped_tests

    @property
    def failing(self) -> list[str]:
        """The ids of the failures."""
        return [failure.test_id for failure in self.report.failures]


class Compiled:
    """A folder, and the smallest thing that runs an adapter's command in it."""

    def __init__(self, folder: Path, framework: str, files: dict[str, str | bytes]) -> None:
        self.root, self.out, self.framework = folder / "project", folder / "out", framework
        self.runs = 0
        self.root.mkdir(parents=True)
        self.write(files)

    def write(self, files: dict[str, str | bytes]) -> Compiled:
        """Write ``files`` into the project."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def run(self, ids: Sequence[str] | None = None, command: str | None = None, timeout: float = 100.0) -> Ran:
        """Run it all, or ``ids``."""
        framework, _ = detect(self.root, self.framework)
        self.runs += 1
        out = self.out / str(self.runs)
        out.mkdir(parents=True)
        job = TestJob(self.root, out, ids, command, timeout)
        wanted = framework.command(job)
        for name, content in wanted.files.items():
            (out / name).write_bytes(content)
        env = {name: os.environ[name] for name in KEPT if name in os.environ} | dict(wanted.env)
        sink, started, late = out / "output", time.monotonic(), False
        with sink.open("wb") as stream:
            process = subprocess.Popen(wanted.argv, cwd=self.root / wanted.cwd, env=env, stdout=stream, stderr=stream)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                late = True
                process.kill()
                process.wait()
        completed = Completed(process.returncode, sink.read_bytes()[:1_000_000], time.monotonic() - started, late)
        return Ran(framework, job, completed, framework.parse(job, completed))
