"""Repair the Python programs of QuixBugs offline.

``python benchmarks/quixbugs.py CHECKOUT [NAME…] [--seconds S] [--json FILE]``

The set itself is not part of this project; give the folder of a checkout. One small project is built for each program,
repaired, and its tests are run again by a plain pytest. "Same" means: equal to the reference's syntax tree.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from aion_r.core.domain import TestFailure
from aion_r.tools.search_repair import SearchJob, SearchResult, search

_ENVIRONMENT = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
_CONFTEST = """import pytest


def pytest_configure(config):
    pytest.use_correct = False
    pytest.run_slow = False
"""


@dataclass
class Row:
    """What happened to one program."""

    name: str
    plausible: bool
    same: bool
    candidates: int
    plausible_found: int
    executions: int
    seconds: float
    explanation: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_intermixed_args()
    tests = sorted((options.checkout / "python_testcases").glob("test_*.py"))
    names = options.names or [test.stem.removeprefix("test_") for test in tests]
    rows = []
    for name in names:
        rows.append(repair(options.checkout, name, options.seconds))
        print(_line(rows[-1]), flush=True)
    print(_summary(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))


def _line(row: Row) -> str:
    verdict = "same" if row.same else "plausible" if row.plausible else "-"
    numbers = f"{row.candidates:6} {row.plausible_found:3} {row.executions:7} {row.seconds:6.1f}"
    return f"{row.name:30} {verdict:10} {numbers}  {row.explanation}"


def _summary(rows: list[Row]) -> str:
    plausible, same = sum(r.plausible for r in rows), sum(r.same for r in rows)
    candidates, executions = sum(r.candidates for r in rows), sum(r.executions for r in rows)
    seconds = sum(r.seconds for r in rows)
    cost = f"{candidates} candidates, {executions} tests, {seconds:.0f} s"
    return f"{plausible} of {len(rows)} plausible, {same} same; {cost}"


def repair(checkout: Path, name: str, seconds: float) -> Row:
    """Build the project of one program, search, verify."""
    with tempfile.TemporaryDirectory(prefix="quixbugs-") as folder:
        project = Path(folder) / "project"
        build(checkout, name, project)
        result = offline(project, seconds)
        for edit in result.edits:
            (project / edit.path).write_bytes(edit.after or b"")
        plausible = result.plausible and _passes(project)
        same = plausible and _same(
            project / f"python_programs/{name}.py", checkout / f"correct_python_programs/{name}.py"
        )
    return Row(
        name,
        plausible,
        same,
        result.candidates,
        result.plausible_found,
        result.test_executions,
        result.seconds,
        result.explanation,
    )


def build(checkout: Path, name: str, project: Path) -> None:
    """Lay out the small project: the program, its test, its data, what both import."""
    for folder in ("python_programs", "python_testcases", "json_testcases"):
        (project / folder).mkdir(parents=True)
    files = [f"python_programs/{name}.py", f"python_testcases/test_{name}.py", f"json_testcases/{name}.json"]
    files += ["python_programs/node.py", "python_testcases/node.py", "python_testcases/load_testdata.py"]
    for file in files:
        if (checkout / file).exists():
            shutil.copy(checkout / file, project / file)
    (project / "conftest.py").write_text(_CONFTEST)


def offline(project: Path, seconds: float) -> SearchResult:
    """The search alone, in a scratch view of the project."""
    tests = _collected(project)
    from aion_r.core.domain import Patch
    from aion_r.tools.sandbox import open_sandbox

    with open_sandbox(project, scratch=project.parent / "scratch").view(Patch()) as view:
        job = SearchJob(
            "python",
            "pytest",
            tuple(TestFailure(test) for test in tests),
            (),
            (sys.executable,),
            lambda path: path.startswith("python_programs/"),
            lambda path: (project / path).read_bytes(),
            seconds,
        )
        return search(job, view)


def _collected(project: Path) -> list[str]:
    """Every test's id. The search itself finds out which fail: several of the bugs never end under a plain run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "."]
    listed = subprocess.run(command, cwd=project, env=_ENVIRONMENT, capture_output=True, text=True, check=False).stdout
    return [line for line in listed.splitlines() if "::" in line]


def _passes(project: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    try:
        return (
            subprocess.run(
                command, cwd=project, env=_ENVIRONMENT, capture_output=True, check=False, timeout=120
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


def _same(ours: Path, reference: Path) -> bool:
    return _functions(ours) == _functions(reference)


def _functions(file: Path) -> list[str]:
    tree = ast.parse(file.read_text())
    return [ast.dump(node) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s in all")
