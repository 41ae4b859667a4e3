"""How many planted faults the offline search repairs in JavaScript and TypeScript, and what a candidate costs there.

    python benchmarks/offline_node.py [mocha] [jest] [vitest] [NAME…] [--seconds S] [--patience S]

For each project of ``tests/search_batches/planted_node.py``: whether it was repaired, whether the repair is the text as
it was before, how many candidates were run, the whole search in seconds (start and confirmation included), what one run
of tests with a variant in force took (the median), and one plain run of the project's tests by its own tool.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from search_batches.planted import Planted
from search_batches.planted_node import PACKAGES, PROJECTS
from search_batches.searched import searched

from aion_r.tools.search_repair import SearchResult, search
from aion_r.tools.search_repair.batches.node_home import Home
from support.node import installed

_COMMANDS = {"mocha": ("mocha",), "jest": ("jest",), "vitest": ("vitest", "run")}


@dataclass(frozen=True)
class Row:
    """One project's search; ``plain_ms`` is a plain run of its tests."""

    project: Planted
    result: SearchResult
    same: bool
    run_ms: float
    plain_ms: float


@contextmanager
def timed() -> Iterator[list[float]]:
    """Milliseconds of every run on the bench."""
    original, taken = Home.run, list[float]()

    def run(home: Home, number: int, tests: Sequence[str], limit: float) -> object:
        started = time.perf_counter()
        try:
            return original(home, number, tests, limit)
        finally:
            taken.append((time.perf_counter() - started) * 1000)

    with mock.patch.object(Home, "run", run):
        yield taken


def measure(project: Planted, seconds: float, patience: float) -> Row:
    """Search one project in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        root.mkdir()
        (root / "node_modules").symlink_to(installed(PACKAGES[project.name]))
        more = {"seconds": seconds, "patience": patience}
        with searched(Path(folder), project.framework, project.files, **more) as (view, job), timed() as taken:
            result = search(job, view)
        same = bool(result.edits) and all((e.after or b"").decode() == project.sound(e.path) for e in result.edits)
        return Row(project, result, same, statistics.median(taken or [0.0]), plain_run(project, root))


def plain_run(project: Planted, root: Path) -> float:
    """Milliseconds of the project's own test command, the second time."""
    place = root / Path(project.faults[0].path).parent if "packages/" in project.faults[0].path else root
    program, *words = _COMMANDS[project.framework]
    argv, taken = [str(root / "node_modules" / ".bin" / program), *words], 0.0
    for _ in range(2):
        started = time.perf_counter()
        subprocess.run(argv, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        taken = (time.perf_counter() - started) * 1000
    return taken


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--patience", type=float, default=2)
    given = options.parse_args()
    chosen = [p for p in PROJECTS if not given.names or {p.name, p.framework}.intersection(given.names)]
    print(
        "| project | | candidates | search s | ms a run with a variant | one plain run ms |\n|---|---|---|---|---|---|"
    )
    rows = []
    for project in chosen:
        rows.append(row := measure(project, given.seconds, given.patience))
        plausible = row.result.plausible
        verdict = "same" if row.same and plausible else "repaired" if plausible else "not repaired"
        numbers = f"{row.result.candidates} | {row.result.seconds:.1f} | {row.run_ms:.0f} | {row.plain_ms:.0f}"
        print(f"| {project.name} | {verdict} | {numbers} |", flush=True)
        print(f"  {row.result.explanation}", file=sys.stderr, flush=True)
    for framework in dict.fromkeys(row.project.framework for row in rows):
        own = [row for row in rows if row.project.framework == framework]
        repaired, same = sum(row.result.plausible for row in own), sum(row.same for row in own)
        run, plain = statistics.median(row.run_ms for row in own), statistics.median(row.plain_ms for row in own)
        medians = f"{run:.0f} ms a run with a variant, {plain:.0f} ms a plain run (load {os.getloadavg()[0]:.1f})"
        print(f"{framework}: {repaired} of {len(own)} repaired, {same} same; medians: {medians}")


if __name__ == "__main__":
    main()
