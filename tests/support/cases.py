"""The projects of ``tests/projects/<framework>/<name>``: what each one is, a copy of it, the answer that repairs it.

``case.json`` tells the counts as the framework's own tool gives them, the packages that a Node project links, and the
command that runs the tool without us; ``reply.md`` is what the scripted model answers (the offline search needs none).
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aion_r.tools.sandbox.environment import scrubbed

from .node import installed
from .subject import PYTHON

FOLDER = Path(__file__).parents[1] / "projects"
OURS = ("case.json", "reply.md")
CONTRACT = "contract"
"""The name of a framework's project for the contract suite, which no fix can make green."""


@dataclass(frozen=True)
class Case:
    """One project. ``spec`` is its ``case.json``."""

    folder: Path

    @property
    def framework(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return f"{self.framework}-{self.folder.name}"

    @cached_property
    def spec(self) -> dict[str, Any]:
        spec = json.loads((self.folder / "case.json").read_text(encoding="utf-8"))
        assert isinstance(spec, dict)
        return spec

    @cached_property
    def reply(self) -> str | None:
        """What the model answers, or ``None`` where the offline search is to find it."""
        path = self.folder / "reply.md"
        return path.read_text(encoding="utf-8") if path.is_file() else None

    @property
    def options(self) -> list[str]:
        """The options that the project needs to be tested at all."""
        command = self.spec.get("command")
        return ["--framework", self.framework, "--test-command", command] if command else []

    def copy(self, target: Path) -> Path:
        """The project in the new folder ``target``, its packages linked as a package manager would."""
        shutil.copytree(self.folder, target, ignore=shutil.ignore_patterns(*OURS))
        packages = self.spec.get("packages")
        if packages:
            link_packages(installed(packages), target / "node_modules")
        for name, member in self.spec.get("links", {}).items():
            link = target / name
            link.parent.mkdir(parents=True)
            link.symlink_to(Path(*[".."] * (len(Path(name).parts) - 1), member))
        return target

    def run_plain(self, root: Path) -> subprocess.CompletedProcess[str]:
        """The framework's own tool in ``root``, in a fresh process with nothing of ours."""
        return run_plain(self.spec["plain"], root)


def link_packages(source: Path, target: Path) -> None:
    """A folder of links, as some package managers make it: tools write into it, and that must not reach the cache."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name.startswith("@"):
            link_packages(entry, target / entry.name)
        elif not entry.name.startswith(".") or entry.name == ".bin":  # the others are what tools left there
            (target / entry.name).symlink_to(entry)


def run_plain(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    """A command as a user types it; ``python`` is that of the projects under repair."""
    words = shlex.split(command)
    program = str(PYTHON) if words[0] == "python" else words[0]
    environment = scrubbed() | {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    return subprocess.run(
        [str(root / program) if program.startswith("node_modules") else program, *words[1:]],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def cases() -> list[Case]:
    """Every project that a fix makes green."""
    return [case for case in _all() if case.folder.name != CONTRACT]


def contract(framework: str) -> Case:
    """The project of ``framework`` for the contract suite. Fails where there is none: each framework needs one."""
    folder = FOLDER / framework / CONTRACT
    assert (folder / "case.json").is_file(), f"{framework} needs a project for the contract suite: {folder}/case.json"
    return Case(folder)


def _all() -> list[Case]:
    return [Case(path.parent) for path in sorted(FOLDER.glob("*/*/case.json"))]


def numbers(patterns: list[str], text: str) -> int:
    """The sum of the numbers that ``patterns`` find in ``text`` without colours; a match without a group counts one."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    matches = [found for pattern in patterns for found in re.finditer(pattern, plain, re.M)]
    return sum(int(found[1]) if found.re.groups else 1 for found in matches)
