"""SIGKILL at random instants of whole repairs: is the tree old or new, does ``runs resume`` complete, is anything left?

    python benchmarks/faults.py [--kills N] [--seconds S] [--seed N]

Kills repairs with a scripted model (two files to write; most with a quick test runner, some with pytest) and offline
(one file), one in four aimed at the write-back, until N kills are done or S seconds have passed. Every case is a
project, a home and a temporary folder of its own; the runs are forked from a process that has imported everything, so
that kills fall on work and not on imports.
Prints a table, and every problem; the exit status is 1 if there was one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.killing import KINDS, Kill, Killer, folder_for_kills

TURNS = ("quick", "quick", "quick", "quick", "model", "quick", "quick", "quick", "quick", "quick", "offline")


def run(count: int, seconds: float, seed: int) -> list[Kill]:
    """The kills, told as they come where something is wrong."""
    kills: list[Kill] = []
    end = time.monotonic() + seconds
    with folder_for_kills() as folder, Killer(Path(folder), seed) as killer:
        while len(kills) < count and time.monotonic() < end:
            number = len(kills)
            kill = killer.kill(TURNS[number % len(TURNS)], "write" if number % 4 == 3 else "anywhere")
            kills.append(kill)
            for problem in kill.problems:
                print(f"{number} {kill.kind} at {kill.after:.3f} s ({kill.stage}): {problem}", flush=True)
            if len(kills) % 25 == 0:
                print(f"{len(kills)} kills, {sum(bool(one.problems) for one in kills)} with a problem", flush=True)
    return kills


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=500)
    options.add_argument("--seconds", type=float, default=float("inf"))
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    kills = run(given.kills, given.seconds, given.seed)
    print(f"| killed while | {' | '.join(KINDS)} |")
    print("|---|" + "---|" * len(KINDS))
    stages = Counter((kill.stage if kill.killed else "ended before", kill.kind) for kill in kills)
    for stage in sorted({stage for stage, _ in stages}):
        print(f"| {stage} | {' | '.join(str(stages[stage, kind]) for kind in KINDS)} |")
    wrong = sum(bool(kill.problems) for kill in kills)
    torn = sum(kill.torn for kill in kills)
    print(f"{len(kills)} kills, {wrong} with a problem; {torn} times the next start had to make the tree whole")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
