"""``make demo``: red tests, a diff, green tests, and the shipped example as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MAKE_RUNS = {"demo": "examples/demo.sh", "bench": "benchmarks/startup.py"}
RED = "2 failed, 10 passed"
GREEN = "12 passed"


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def environment(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "VIRTUAL_ENV": sys.prefix, "TMPDIR": str(home), "LANG": "C.UTF-8"}


def test_the_demo_repairs_a_copy_of_the_example(root: Path, tmp_path: Path) -> None:
    before = content(root / "examples" / "broken_cart")
    script = str(root / "examples/demo.sh")
    done = subprocess.run(["sh", script], env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True)
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    red, green = shown.index(RED), shown.rindex(GREEN)
    between = shown[red + len(RED) : green]
    assert "-    if quantity > BULK_QUANTITY:" in between
    assert "+    if quantity >= BULK_QUANTITY:" in between
    assert "+        self.lines[article] = (unit_price, present - quantity)" in between
    assert content(root / "examples" / "broken_cart") == before
    assert list(tmp_path.iterdir()) == [], "the demo leaves something behind"


def test_make_runs_what_is_tested_here(root: Path) -> None:
    for target, program in MAKE_RUNS.items():
        done = subprocess.run(["make", "-n", target], cwd=root, capture_output=True, text=True)
        assert program in done.stdout, done.stderr


def test_the_startup_benchmark_prints_its_rows(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(root / "benchmarks/startup.py"), "--rounds", "1"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split("`")[1] for line in done.stdout.splitlines() if line.startswith("| `")] == [
        "python -c pass",
        "import click",
        "import typer",
        "aion-r --help",
    ]
