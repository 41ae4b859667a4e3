"""Report how many of our own bugs the search repairs: ``python tests/search/bench_own.py [NAME…]``."""

from __future__ import annotations

import ast
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bugs import BUGS, Bug
from projects import repair_project


def main() -> None:
    wanted = sys.argv[1:]
    chosen = [b for b in BUGS if not wanted or b.name in wanted]
    plausible = same = 0
    for bug in chosen:
        with tempfile.TemporaryDirectory() as folder:
            result = repair_project(Path(folder), bug.tree(), 60.0)
        equal = bool(result.edits) and _same(bug, {e.path: (e.after or b"").decode() for e in result.edits})
        plausible += result.plausible
        same += result.plausible and equal
        verdict = "same" if equal else "plausible" if result.plausible else "-"
        numbers = f"{result.candidates:5} {result.plausible_found:3} {result.seconds:5.1f}"
        print(f"{bug.name:28} {verdict:10} {numbers} {result.explanation}", flush=True)
    print(f"{plausible} of {len(chosen)} plausible, {same} same")


def _same(bug: Bug, after: dict[str, str]) -> bool:
    reference = bug.files[bug.path].replace(bug.wrong, bug.right, 1)
    return set(after) == {bug.path} and ast.dump(ast.parse(after[bug.path])) == ast.dump(ast.parse(reference))


if __name__ == "__main__":
    main()
