"""Permission bits through a whole repair: in the view, in the project, in the patch file, and back."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command_line import CommandLine, document
from support.projects import block, write
from support.scripted_server import ScriptedServer

SUM = "#!/bin/sh\necho $(($1 - $2))\n"
GREET = "#!/bin/sh\necho hello\n"
LIST = "#!/usr/bin/env python3\nITEMS = ['a']\n"
TESTS = """\
import subprocess
from pathlib import Path

from items import ITEMS


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_edited():
    assert said("./sum.sh", "1", "2") == "3"


def test_moved():
    assert said("./bin/greet") == "hello"


def test_new():
    assert said("./bin/today") == "sunday"


def test_not_a_script():
    assert ITEMS == ["a", "b"]
"""
ANSWER = (
    block("sum.sh", "echo $(($1 - $2))", "echo $(($1 + $2))")
    + "\n```diff\ndiff --git a/greet b/bin/greet\nsimilarity index 100%\nrename from greet\nrename to bin/greet\n```\n"
    + "\nbin/today\n```\n#!/bin/sh\necho sunday\n```\n"
    + "\nnotes.txt\n```\nnothing to run\n```\n\n"
    + block("items.py", "ITEMS = ['a']", "ITEMS = ['a', 'b']")
)
FOUND = {"sum.sh": 0o750, "greet": 0o711, "items.py": 0o640}
MENDED = {"sum.sh": 0o750, "bin/greet": 0o711, "bin/today": 0o755, "items.py": 0o640, "notes.txt": 0o644}


def modes(root: Path, names: dict[str, int]) -> dict[str, int | None]:
    """The permission bits of those of ``names`` that are there."""
    files = {name: root / name for name in names}
    return {name: stat.S_IMODE(file.stat().st_mode) if file.exists() else None for name, file in files.items()}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    mask = os.umask(0o022)
    files = {"sum.sh": SUM, "greet": GREET, "items.py": LIST, "test_scripts.py": TESTS}
    root = write(tmp_path / "project", files)
    for name, bits in FOUND.items():
        (root / name).chmod(bits)
    yield root
    os.umask(mask)


@pytest.mark.parametrize("level", ["overlay", "copy"])
def test_modes_are_kept_and_scripts_can_be_run(project: Path, tmp_path: Path, level: str) -> None:
    (tmp_path / "home").mkdir()
    apart = shutil.copytree(project, tmp_path / "apart")
    with ScriptedServer() as server:
        server.reply("openai", ANSWER)
        line = CommandLine(tmp_path / "home", project, server.environment("openai"))
        done = line.call("fix", "--json", "--sandbox", level, "--patch", str(tmp_path / "fix.patch"))
    result = document(done.stdout)
    assert (result["outcome"], result["sandbox"], result["iterations_completed"]) == ("repaired", level, 1), done.stderr
    assert modes(project, MENDED) == MENDED
    assert "new file mode 100755" in result["patch"]

    subprocess.run(["git", "apply", str(tmp_path / "fix.patch")], cwd=apart, check=True)
    runnable = {name for name, mode in modes(apart, MENDED).items() if (mode or 0) & 0o100}
    assert runnable == {name for name, mode in MENDED.items() if mode & 0o100}

    assert line.call("undo").returncode == 0
    assert modes(project, FOUND) == FOUND
    assert not (project / "bin").exists()
    assert (project / "greet").read_text() == GREET
