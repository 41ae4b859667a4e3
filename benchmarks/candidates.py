"""What one candidate of the offline search costs beside a fresh ``python -m pytest`` of the same project.

    python benchmarks/candidates.py [--seconds S] [--rounds N]

The project's one failing test cannot be repaired, so that the search goes on for S seconds. Fresh runs of pytest, as
found and without plugins, take turns with it. Prints medians and ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from aion_r import AutocorrectionCycle
from support.projects import calc

WITNESS = "from calc import add\n\n\ndef test_witness():\n    assert add('roman', 'numeral') == {'MCMXCIV': 1994}\n"


def fresh(project: Path, *, plugins: bool) -> float:
    """Milliseconds of one run of pytest in a process of its own."""
    environment = os.environ | ({} if plugins else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    command = [sys.executable, "-m", "pytest", "-q", str(project)]
    started = time.perf_counter()
    subprocess.run(command, cwd=project, env=environment, stdout=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - started) * 1000


def candidate(project: Path, home: Path, seconds: float) -> tuple[float, int]:
    """Milliseconds a candidate, start-up of the search and all, and how many were run."""
    cycle = AutocorrectionCycle(providers=["offline"], search_seconds=seconds, home=home, apply=False)
    result = cycle.run_autocorrection(project)
    message = result.providers[0]["errors"][0]["message"]
    count = int("".join(ch for ch in message.split("tried")[1].split("candidates")[0] if ch.isdigit()))
    return result.timing["search_s"] * 1000 / max(count, 1), count


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=15)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    rows: dict[str, list[float]] = {"python -m pytest": [], "the same without plugins": [], "one candidate": []}
    counts = []
    with tempfile.TemporaryDirectory() as folder:
        project = calc(Path(folder) / "project", test_witness=WITNESS)
        for _ in range(given.rounds):
            rows["python -m pytest"].append(fresh(project, plugins=True))
            rows["the same without plugins"].append(fresh(project, plugins=False))
            each, count = candidate(project, Path(folder) / "home", given.seconds)
            rows["one candidate"].append(each)
            counts.append(count)
    base = statistics.median(rows["python -m pytest"])
    print(f"load {os.getloadavg()[0]:.1f}, {given.rounds} rounds, medians; candidates run: {counts}")
    print("| | ms | ratio |\n|---|---|---|")
    for name, values in rows.items():
        print(f"| {name} | {statistics.median(values):.1f} | {statistics.median(values) / base:.3f} |")


if __name__ == "__main__":
    main()
