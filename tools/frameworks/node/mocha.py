"""Mocha, run by the project's own installation and configuration with a reporter of ours in place of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..protocol import TestJob
from .node_framework import NodeFramework
from .node_project import Package


@dataclass
class Mocha(NodeFramework):
    """Mocha 8 and later, CommonJS and ES modules."""

    name: str = "mocha"
    REPORTER: ClassVar[str] = "aion_r_mocha_reporter.cjs"
    FILES: ClassVar[tuple[str, ...]] = (
        "node_events.cjs", "mocha_reporter.cjs", "mocha_loading.cjs", "mocha_coverage.cjs", "node_hook.cjs",
        "node_packages.cjs",
    )  # fmt: skip
    LIVE: ClassVar[str] = "test"

    def configured(self, package: Package) -> str | None:
        """``.mocharc*``, ``test/mocha.opts`` or the key ``mocha`` of the manifest."""
        file = package.config_file(".mocharc*") or package.config_file("test/mocha.opts")
        return file or ("the key mocha of package.json" if isinstance(package.manifest.get("mocha"), dict) else None)

    def options(self, job: TestJob, version: int) -> list[str]:
        """``--exit``: what is left behind after the last test cannot hold the run. ``--full-trace``: else the folder of
        a workspace's package is cut from the frames."""
        return [
            "--reporter", str(job.out / self.REPORTER), "--require", str(job.out / "aion_r_mocha_loading.cjs"),
            "--no-bail", "--exit", "--full-trace",
        ]  # fmt: skip

    def selection(self, files: Sequence[Path], names: str | None) -> list[str]:
        """By exact full names; the files are left to ``mocha_loading.cjs``: Mocha adds those of its configuration."""
        return ["--grep", names] if names else []
