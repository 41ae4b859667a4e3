"""Whole repairs of JavaScript and TypeScript projects with no model: tests, search, confirmation, and the file written.

The others of ``planted_node`` are run by ``benchmarks/offline_node.py``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.settings import read_environment
from support.node import installed
from support.projects import write

from .planted import Planted
from .planted_node import PACKAGES, PROJECTS

CHOSEN = {
    "jest-commonjs-pages": ["jest"],
    "vitest-loader": ["vitest", "run"],
    "mocha-modules-flatten": ["mocha"],
}
"""One of each framework, and what runs its tests."""
CASES = [project for project in PROJECTS if project.name in CHOSEN]


@pytest.mark.parametrize("planted", [pytest.param(project, id=project.name) for project in CASES])
def test_planted_faults_are_repaired(planted: Planted, tmp_path: Path) -> None:
    project = write(tmp_path / "project", dict(planted.files))
    (project / "node_modules").symlink_to(installed(PACKAGES[planted.name]))
    environment = read_environment(environ={"AION_R_HOME": str(tmp_path / "home")})
    result = AutocorrectionCycle(providers=["offline"], environment=environment).run_autocorrection(project)
    assert result.success, (result.message, result.providers)
    changed = {path for path, text in planted.files.items() if (project / path).read_text() != text}
    assert changed == {fault.path for fault in planted.faults}
    assert "candidates tried" in result.corrections_applied[0].fixes_applied[0].explanation
    program, *words = CHOSEN[planted.name]
    plain = [project / "node_modules" / ".bin" / program, *words]
    assert subprocess.run(plain, cwd=project, capture_output=True, timeout=120).returncode == 0


def test_all_are_there() -> None:
    assert {project.name for project in CASES} == set(CHOSEN)
