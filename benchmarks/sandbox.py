"""What a view costs, by level and size of the project: medians of entering, of two commands, of leaving.

Run it from anywhere: ``python benchmarks/sandbox.py [ROUNDS]``. Compare figures of one run only.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from aion_r.core.domain import Edit, Patch
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import Command, Sandbox

SIZES = (10, 1_000, 100_000)
LARGEST_COPY = 1_000
PATCH = Patch((Edit("f0.txt", b"x", b"patched"),))


def main() -> None:
    """Print one row a level and size."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"{'level':8} {'files':>6} {'enter':>8} {'first':>8} {'second':>8} {'leave':>8}   (ms, median of {rounds})")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            project = _project(Path(folder, str(size)), size)
            for level in ("overlay", "landlock", "copy") if size <= LARGEST_COPY else ("overlay",):
                sandbox = open_sandbox(project, level, scratch=Path(folder, "scratch"))  # type: ignore[arg-type]
                times = [
                    statistics.median(column) for column in zip(*(_once(sandbox) for _ in range(rounds)), strict=True)
                ]
                print(f"{level:8} {size:6}" + "".join(f" {ms:8.1f}" for ms in times), flush=True)


def _project(root: Path, size: int) -> Path:
    for number in range(size):
        place = root / f"d{number // 500}" if number else root
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{number}.txt").write_text("x")
    return root


def _once(sandbox: Sandbox) -> tuple[float, ...]:
    marks = [time.perf_counter()]
    with sandbox.view(PATCH) as view:
        marks.append(time.perf_counter())
        for _ in range(2):
            done = view.run(Command(("cat", "f0.txt")), 60)
            assert done.output == b"patched", done
            marks.append(time.perf_counter())
    marks.append(time.perf_counter())
    return tuple((b - a) * 1000 for a, b in pairwise(marks))


if __name__ == "__main__":
    main()
