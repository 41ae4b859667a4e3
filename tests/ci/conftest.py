"""A repository with one bug, and ``aion-r`` where the examples look for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.command_line import BUGGY, TESTS
from support.projects import write

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git repository whose project lies in ``shop``."""
    folder = tmp_path / "checkout"
    write(folder / "shop", {"cart.py": BUGGY, "test_cart.py": TESTS, "pytest.ini": "[pytest]\npythonpath = .\n"})
    for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "A shop")):
        git(folder, *command)
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What git says. Raises ``CalledProcessError`` where it fails."""
    command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=plain(folder)).stdout


def plain(home: Path, **variables: str) -> dict[str, str]:
    """An environment with nothing of this one but where programs are."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    ours = {"PATH": path, "HOME": str(home.parent), "LANG": "C.UTF-8", "AION_R_HOME": str(home.parent / "home")}
    return ours | variables
