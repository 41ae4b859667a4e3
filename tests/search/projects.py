"""Build a small project, run its tests once in plain pytest, search in a real scratch view."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from aion_r.core.domain import Patch, TestFailure
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.search_repair import SearchJob, SearchResult, search
from support.subject import PYTHON

ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def build(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write ``files`` below ``folder/project``."""
    project = folder / "project"
    for path, content in files.items():
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return project


def run_plain(project: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Failing and passed ids of a plain pytest run in a fresh process."""
    command = [str(PYTHON), "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider"]
    run = subprocess.run(
        command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120
    )
    lines = [line.split(" ", 1) for line in run.stdout.splitlines() if re.match(r"(PASSED|FAILED|ERROR) ", line)]
    failing = tuple(re.sub(r" - .*", "", rest) for word, rest in lines if word != "PASSED")
    return failing, tuple(rest for word, rest in lines if word == "PASSED")


def is_source(path: str) -> bool:
    return not re.search(r"(^|/)(test_|conftest)", path)


def job_for(
    project: Path, failing: tuple[str, ...], passed: tuple[str, ...], seconds: float, patience: float
) -> SearchJob:
    def read(path: str) -> bytes | None:
        file = project / path
        return file.read_bytes() if file.is_file() else None

    failures = tuple(TestFailure(name) for name in failing)
    return SearchJob("python", "pytest", failures, passed, (str(PYTHON),), is_source, read, seconds, patience=patience)


def repair_project(
    folder: Path, files: Mapping[str, str | bytes], seconds: float = 60.0, patience: float = 2.0
) -> SearchResult:
    """Build, run, search; the project itself stays as it was built."""
    project = build(folder, files)
    failing, passed = run_plain(project)
    with open_sandbox(project, scratch=folder / "scratch").view(Patch()) as view:
        return search(job_for(project, failing, passed, seconds, patience), view)
