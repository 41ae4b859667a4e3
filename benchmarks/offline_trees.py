"""How many planted faults the offline search repairs in Go and Rust, and what a candidate costs there.

    python benchmarks/offline_trees.py [go] [cargo] [NAME…] [--seconds S] [--patience S]

For each project of ``tests/search_batches/planted_*.py``: whether it was repaired, whether the repair is the text as it
was before, how many candidates were run, the whole search in seconds (builds and confirmation included), that divided
by the candidates, the median run of a test program with a variant in force, and one plain run of the project's tests by
its own tool with everything built (the second of two).
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
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from search_batches import planted_go, planted_rust
from search_batches.planted import Planted
from search_batches.searched import searched

from aion_r.tools.search_repair import SearchResult, search
from aion_r.tools.search_repair.batches.commands import Commands, Ended
from aion_r.tools.search_repair.variants import SWITCH

MEASURED = ("each_ms", "run_ms", "plain_ms")
PROJECTS = (*planted_go.PROJECTS, *planted_rust.PROJECTS)


@dataclass(frozen=True)
class Row:
    """One project's search; ``run_ms`` is a run with a variant, ``plain_ms`` a plain run of its tests."""

    project: Planted
    result: SearchResult
    same: bool
    run_ms: float
    plain_ms: float

    @property
    def each_ms(self) -> float:
        """What one candidate cost, builds and all."""
        return self.result.seconds * 1000 / max(1, self.result.candidates)


@contextmanager
def timed() -> Iterator[list[float]]:
    """Milliseconds of every run of a test program with a variant in force."""
    original, taken = Commands.run, list[float]()

    def run(commands: Commands, argv: Sequence[str], cwd: str, limit: float, *more: Any, **options: Any) -> Ended:
        done = original(commands, argv, cwd, limit, *more, **options)
        if more and more[0].get(SWITCH, "0") != "0":
            taken.append(done.seconds * 1000)
        return done

    with mock.patch.object(Commands, "run", run):
        yield taken


def measure(project: Planted, seconds: float, patience: float) -> Row:
    """Search one project in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        more = {"seconds": seconds, "patience": patience}
        with searched(Path(folder), project.framework, project.files, **more) as (view, job), timed() as taken:
            result = search(job, view)
        same = bool(result.edits) and all((e.after or b"").decode() == project.sound(e.path) for e in result.edits)
        run_ms = statistics.median(taken or [0.0])
        return Row(project, result, same, run_ms, plain_run(project, Path(folder) / "project"))


def plain_run(project: Planted, root: Path) -> float:
    """Milliseconds of the project's own test command with everything built."""
    modules = sorted(path.rpartition("/")[0] for path in project.files if path.endswith("/go.mod"))
    go = ["go", "test", "-count=1", *([f"./{one}/..." for one in modules] or ["./..."])]
    words = go if project.framework == "go" else ["cargo", "test", "--offline", "-q", "--no-fail-fast"]
    taken = 0.0
    for _ in range(2):
        started = time.perf_counter()
        subprocess.run(words, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
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
    print("| project | | candidates | search s | ms a candidate | ms a run | one plain run ms |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for project in chosen:
        row = measure(project, given.seconds, given.patience)
        rows.append(row)
        verdict = (
            "same" if row.same and row.result.plausible else "repaired" if row.result.plausible else "not repaired"
        )
        counted = f"{row.result.candidates} | {row.result.seconds:.1f}"
        times = f"{row.each_ms:.0f} | {row.run_ms:.0f} | {row.plain_ms:.0f}"
        print(f"| {project.framework} {project.name} | {verdict} | {counted} | {times} |", flush=True)
    for framework in dict.fromkeys(row.project.framework for row in rows):
        told([row for row in rows if row.project.framework == framework])


def told(rows: Sequence[Row]) -> None:
    """Print the sums of one framework."""
    repaired, same = sum(row.result.plausible for row in rows), sum(row.same for row in rows)
    each, run, plain = (statistics.median(getattr(row, name) for row in rows) for name in MEASURED)
    print(f"{rows[0].project.framework}: {repaired} of {len(rows)} repaired, {same} same; medians: ", end="")
    print(f"{each:.0f} ms a candidate, {run:.0f} ms a run, {plain:.0f} ms a plain run (load {os.getloadavg()[0]:.1f})")


if __name__ == "__main__":
    main()
