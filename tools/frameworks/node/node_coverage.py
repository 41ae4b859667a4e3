"""Coverage of Node's test frameworks: Jest's own, Vitest's where a provider is installed, V8's for Mocha.

Jest and Vitest write Istanbul's JSON: by file ``statementMap`` (places by key) and ``s`` (counts by key). As its
summaries do, a line counts once, by the statements that begin on it. ``mocha_coverage.cjs`` writes lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..coverage import by_lines, document, lines_of, read
from ..protocol import TestJob
from .node_project import Package

FOLDER = "aion_r_node_coverage"
_PROVIDERS = ("v8", "istanbul")


def coverage_options(framework: str, job: TestJob, package: Package) -> list[str]:
    """The options that measure in ``package``, or that switch off what the project measures by itself."""
    folder = job.out / FOLDER / re.sub(r"\W", "_", package.folder)
    if framework == "jest":
        return _jest(job, package, folder) if job.coverage else ["--coverage=false"]
    if framework == "vitest":
        provider = next((one for one in _PROVIDERS if package.installed(f"@vitest/coverage-{one}")), None)
        return _vitest(provider, folder) if job.coverage and provider else ["--coverage.enabled=false"]
    return ["--require", str(job.out / "aion_r_mocha_coverage.cjs")] if job.coverage else []


def coverage_environment(framework: str, job: TestJob) -> dict[str, str]:
    """What Mocha's processes need to count."""
    return {"NODE_V8_COVERAGE": str(job.out / FOLDER)} if job.coverage and framework == "mocha" else {}


def _jest(job: TestJob, package: Package, folder: Path) -> list[str]:
    """The project's own provider for figures; V8's, which transforms nothing anew, for the lines of chosen tests."""
    quick = ["--coverageProvider=v8"] if job.ids is not None else []
    return ["--coverage", "--coverageReporters=json", f"--coverageDirectory={folder}", "--coverageThreshold={}", *quick]


def _vitest(provider: str, folder: Path) -> list[str]:
    return [
        "--coverage.enabled=true", f"--coverage.provider={provider}", "--coverage.reporter=json",
        f"--coverage.reportsDirectory={folder}", "--coverage.reportOnFailure=true",
    ]  # fmt: skip


def read_coverage(out: Path, root: Path, is_test_file: Callable[[str], bool]) -> dict[str, Any] | None:
    """The coverage of one run, its packages and processes joined; ``None`` where nothing was measured."""
    lines: dict[str, set[int]] = {}
    ran: dict[str, set[int]] = {}
    for name, executable, done in _entries(out / FOLDER):
        path = _relative(name, root)
        if path is not None:
            lines.setdefault(path, set()).update(executable)
            ran.setdefault(path, set()).update(done)
    return document({path: by_lines(lines[path], ran[path]) for path in lines}, "lines", is_test_file)


def _entries(folder: Path) -> Iterator[tuple[str, set[int], set[int]]]:
    for path in sorted([*folder.glob("*/coverage-final.json"), *folder.glob("lines-*.json")]):
        try:
            table = json.loads(read(path) or b"")
        except (ValueError, RecursionError):
            continue
        for name, one in table.items() if isinstance(table, dict) else ():
            if isinstance(one, dict) and isinstance(one.get("statementMap"), dict):
                yield name, *_statements(one)
            elif isinstance(one, dict):
                yield name, set(lines_of(one.get("lines"))), set(lines_of(one.get("ran")))


def _statements(one: dict[str, Any]) -> tuple[set[int], set[int]]:
    counts = one.get("s")
    lines, ran = set(), set()
    for key, place in one["statementMap"].items():
        line = _line(place)
        if line is not None:
            lines.add(line)
            if isinstance(counts, dict) and counts.get(key):
                ran.add(line)
    return lines, ran


def _line(place: object) -> int | None:
    start = place.get("start") if isinstance(place, dict) else None
    line = start.get("line") if isinstance(start, dict) else None
    return line if isinstance(line, int) and line > 0 else None


def _relative(name: str, root: Path) -> str | None:
    for home in (root, root.resolve()):
        if Path(name).is_relative_to(home):
            path = Path(name).relative_to(home)
            return None if "node_modules" in path.parts or ".." in path.parts else path.as_posix()
    return None
