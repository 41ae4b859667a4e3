"""An open view gets another patch; what was built in it stays, the project stays."""

from __future__ import annotations

import py_compile
import sys
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.patching import update
from aion_r.tools.sandbox.protocol import Command

SHOW = Command(("sh", "-c", "cat a.txt; cat new/b.txt 2>/dev/null; cat built.txt"))


@pytest.mark.parametrize("level", ["auto", "copy"])
def test_patches_follow_one_another(level: str, tmp_path: Path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.txt").write_text("found ")
    first = Patch((Edit("a.txt", b"found ", b"first "), Edit("new/b.txt", None, b"more ")))
    second = Patch((Edit("a.txt", b"found ", b"second "),))
    with open_sandbox(project, level, scratch=tmp_path / "scratch").view(first) as view:
        view.run(Command(("sh", "-c", "echo built > built.txt")), 10)
        assert view.run(SHOW, 10).output == b"first more built\n"
        update(view, first, second)
        assert view.run(SHOW, 10).output == b"second built\n"
        update(view, second, Patch())
        assert view.run(SHOW, 10).output == b"found built\n"
    assert [path.name for path in project.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("level", ["auto", "copy"])
def test_stale_byte_code_does_not_hide_a_patch(level: str, tmp_path: Path):
    """Same size, same second: Python would take the old byte code for the new source's."""
    project = tmp_path / "project"
    project.mkdir()
    source = project / "value.py"
    source.write_text("VALUE = 1\n")
    py_compile.compile(str(source))
    patch = Patch((Edit("value.py", b"VALUE = 1\n", b"VALUE = 2\n"),))
    show = f"import os; os.utime('value.py', ns=(0, {source.stat().st_mtime_ns})); import value; print(value.VALUE)"
    with open_sandbox(project, level, scratch=tmp_path / "scratch").view(patch) as view:
        assert view.run(Command((sys.executable, "-c", show)), 30).output == b"2\n"
