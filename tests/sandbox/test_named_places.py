"""What a test command names by absolute paths is in the view, wherever it lies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aion_r.core.domain import Patch
from aion_r.core.settings import Settings
from aion_r.tools.frameworks.node.node_installation import outside
from aion_r.tools.frameworks.node.node_project import Package
from aion_r.tools.named_places import named_places
from aion_r.tools.runs import RunStore
from aion_r.tools.suite import open_suite


def test_files_folders_and_whole_environments(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    tool = tmp_path / "tool"
    tool.write_text("")
    command = f"{tmp_path}/env/bin/python -m pytest --data {tool} {tmp_path}/nowhere relative/path"
    assert named_places(command) == [tmp_path / "env", tool]
    assert named_places("an 'open quote") == named_places(None) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems hide nothing")
def test_an_interpreter_in_the_home_folder_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    home, project = tmp_path / "home", tmp_path / "home" / "project"
    project.mkdir(parents=True)
    (project / "check.py").write_text("print('<testsuite><testcase name=\"a\"/></testsuite>', file=open('r.xml', 'w'))")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "envs" / "one"], check=True)
    monkeypatch.setenv("HOME", str(home))
    settings = Settings(framework="junit", test_command=f"{home}/envs/one/bin/python check.py")
    suite, _ = open_suite(project, settings, RunStore.create(tmp_path / "runs", project))
    try:
        report = suite.parse(asyncio.run(suite.execute(Patch())))
    finally:
        suite.close()
    assert report.passed_ids == ("a",), report.failures


def test_packages_that_are_linked_one_by_one(tmp_path: Path) -> None:
    cache, project = tmp_path / "cache" / "node_modules", tmp_path / "project"
    for name in ("left", "@scope/right"):
        (cache / name).mkdir(parents=True)
    (tmp_path / "alone").mkdir()
    (project / "node_modules" / "@scope").mkdir(parents=True)
    for name in ("left", "@scope/right"):
        (project / "node_modules" / name).symlink_to(cache / name)
    (project / "node_modules" / "alone").symlink_to(tmp_path / "alone")
    (project / "node_modules" / "gone").symlink_to(tmp_path / "gone")
    assert outside(Package(project, ".")) == [tmp_path / "alone", cache]
