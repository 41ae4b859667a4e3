"""Jest, run by the project's own installation and configuration with a reporter of ours beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..protocol import TestJob
from .node_framework import NodeFramework
from .node_project import Package


@dataclass
class Jest(NodeFramework):
    """Jest 25 and later; live progress and culprits need its default runner, jest-circus."""

    name: str = "jest"
    REPORTER: ClassVar[str] = "aion_r_jest_reporter.cjs"
    FILES: ClassVar[tuple[str, ...]] = ("node_events.cjs", "jest_reporter.cjs", "node_hook.cjs", "node_packages.cjs")

    def configured(self, package: Package) -> str | None:
        """``jest.config.*`` or the key ``jest`` of the manifest."""
        if file := package.config_file("jest.config.*"):
            return file
        return "the key jest of package.json" if isinstance(package.manifest.get("jest"), dict) else None

    def options(self, job: TestJob, version: int) -> list[str]:
        """Snapshots are written as on a developer's machine (``--ci=false``): they stay in the view."""
        return [
            f"--reporters={job.out / self.REPORTER}", "--watchAll=false", "--ci=false", "--bail=0",
            "--forceExit", "--verbose=false", "--silent=false", "--passWithNoTests", "--testLocationInResults",
        ]  # fmt: skip

    def selection(self, files: Sequence[Path], names: str | None) -> list[str]:
        """Exact files, exact full names (Jest compares them without case)."""
        chosen = [f"--testNamePattern={names}"] if names else []
        return [*chosen, "--runTestsByPath", *map(str, files)] if files else chosen

    def environment(self) -> dict[str, str]:
        """Without ``CI``, react-scripts would watch."""
        return {"CI": "true"}
