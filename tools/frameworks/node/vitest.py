"""Vitest, run by the project's own installation and configuration with a reporter of ours beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..protocol import TestJob
from .node_framework import NodeFramework
from .node_project import Package


@dataclass
class Vitest(NodeFramework):
    """Vitest 1 and later."""

    name: str = "vitest"
    REPORTER: ClassVar[str] = "aion_r_vitest_reporter.mjs"
    FILES: ClassVar[tuple[str, ...]] = (
        "node_events.cjs", "vitest_reporter.mjs", "vitest_tracker.mjs", "node_hook.cjs", "node_packages.cjs",
    )  # fmt: skip

    def configured(self, package: Package) -> str | None:
        """``vitest.config.*``, a workspace file, or a ``vite.config.*`` of a package that depends on Vitest."""
        own = package.config_file("vitest.config.*") or package.config_file("vitest.workspace.*")
        if own or "vitest" not in package.declared:
            return own
        return package.config_file("vite.config.*")

    def first(self) -> tuple[str, ...]:
        """One run, no watching."""
        return ("run",)

    def options(self, job: TestJob, version: int) -> list[str]:
        """``CI`` is not set: snapshots that are not there yet are written, into the view, as on a desk."""
        located = ["--includeTaskLocation"] if version >= 2 else []
        return [
            f"--reporter={job.out / self.REPORTER}", "--watch=false", "--bail=0", "--silent=false",
            "--passWithNoTests", *located,
        ]  # fmt: skip

    def selection(self, files: Sequence[Path], names: str | None) -> list[str]:
        """Files by their whole paths (Vitest takes a path that merely contains one as well), exact full names."""
        return [*([f"--testNamePattern={names}"] if names else []), *map(str, files)]
