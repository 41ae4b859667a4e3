"""Whole repairs of Go and Rust projects with no model: tests, search, confirmation, and the file written.

The others of ``planted_go`` and ``planted_rust`` are run by ``benchmarks/offline_trees.py``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.settings import read_environment
from support.projects import write

from . import planted_go, planted_rust
from .planted import Planted

CHOSEN = {
    "stock": "a table test with subtests",
    "routes": "two modules of a workspace, the fault in the one that no failing test is in",
    "scores": "two faults in one package",
    "matrix": "unit tests beside the code",
    "ledger": "integration tests",
    "roman": "two faults",
}
PLAIN = {
    "go": {"routes": ["go", "test", "./graph/...", "./planner/..."], "": ["go", "test", "./..."]},
    "cargo": {"": ["cargo", "test", "-q", "--offline"]},
}
PROJECTS = [project for project in (*planted_go.PROJECTS, *planted_rust.PROJECTS) if project.name in CHOSEN]


@pytest.mark.parametrize("planted", [pytest.param(project, id=project.name) for project in PROJECTS])
def test_planted_faults_are_repaired(planted: Planted, tmp_path: Path) -> None:
    project = write(tmp_path / "project", dict(planted.files))
    environment = read_environment(environ={"AION_R_HOME": str(tmp_path / "home")})
    result = AutocorrectionCycle(providers=["offline"], environment=environment).run_autocorrection(project)
    assert result.success, (result.message, result.providers)
    changed = {path for path, text in planted.files.items() if (project / path).read_text() != text}
    assert changed and changed <= {fault.path for fault in planted.faults}
    assert "candidates tried" in result.corrections_applied[0].fixes_applied[0].explanation
    commands = PLAIN[planted.framework]
    plain = subprocess.run(commands.get(planted.name, commands[""]), cwd=project, capture_output=True, timeout=120)
    assert plain.returncode == 0, plain.stdout


def test_all_are_there() -> None:
    assert {project.name for project in PROJECTS} == set(CHOSEN)
