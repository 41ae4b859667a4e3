"""The pip command that gives a Python project what it lacks, in the project's own virtual environment and no other."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ....core.domain import TestReport
from ....core.errors import TestsNotRun
from .dependencies import missing_dependency, normalized
from .interpreter import PROBE_SECONDS, environment_python, environments, find_interpreter

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,. -]*\])?([<>=!~]=?[\w.*]+)?(,[<>=!~]=?[\w.*]+)*")
"""What may stand on the command line: a name out of a test's output must never read as an option or a URL."""
_FOR_TESTS = re.compile(r"test|dev|ci\b")


def install_command(root: Path, report: TestReport, folder: str = ".") -> tuple[str, ...] | None:
    """``python -m pip install …``, to be run in ``folder`` of ``root``; see ``installing.Installing``."""
    home = root / folder
    missing = missing_dependency(home, report, beside=root)
    python = _own_python(root, folder)
    bare = _finds_no_pytest(root, folder) if python is None else not _has(python, "pytest", root)
    if missing is None and not bare:
        return None
    wanted = list(_wanted(home, missing, bare))
    if not wanted:
        raise TestsNotRun(f"{missing!r} is no name that pip could install")
    if python is None:
        there = "the project's folder" if folder == "." else folder
        raise TestsNotRun(
            "the project has no virtual environment of its own, and nothing is installed into another Python. Make one "
            f"in {there}: python3 -m venv .venv && .venv/bin/python -m pip install {' '.join(wanted)}"
        )
    if not _has(python, "pip", root):
        raise TestsNotRun(
            f"{python} has no pip to install {' '.join(wanted)} with. This adds it: {python} -m ensurepip"
        )
    return (str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *wanted)


def _own_python(root: Path, folder: str) -> Path | None:
    """The interpreter of the environment in the project's folder, else of the active one; only a virtual one."""
    active = Path(os.environ.get("VIRTUAL_ENV") or os.devnull)
    places = [*environments(root, folder), *([active] if (active / "pyvenv.cfg").is_file() else [])]
    return next((python for place in places if (python := environment_python(place))), None)


def _finds_no_pytest(root: Path, folder: str) -> bool:
    try:
        find_interpreter(root, folder=folder)
    except TestsNotRun:
        return True
    return False


def _has(python: Path, module: str, root: Path) -> bool:
    probe = f"import sys; sys.path[:1] = []; import importlib.util as u; sys.exit(u.find_spec({module!r}) is None)"
    try:
        return not subprocess.run(
            (python, "-c", probe), cwd=root, capture_output=True, timeout=PROBE_SECONDS
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def _wanted(root: Path, missing: str | None, bare: bool) -> Iterator[str]:
    """The project's requirement files; the project itself where it declares what is missing; else that by name."""
    lines = {path.name: _lines(path) for path in sorted(root.glob("requirements*.txt"))}
    for name, content in lines.items():
        if name == "requirements.txt" or _FOR_TESTS.search(name) or _names(missing, content):
            yield from ("-r", name)
    itself = _itself(root, missing)
    if itself is not None:
        yield from ("-e", itself)
    said = [line for content in lines.values() for line in content]
    told = itself is not None or _names(missing, said) or any(not _NAME.match(line) or "://" in line for line in said)
    if missing and not told and _REQUIREMENT.fullmatch(missing):
        yield missing
    if bare and missing != "pytest":
        yield "pytest"


def _names(missing: str | None, requirements: Iterable[str]) -> bool:
    names = {normalized(match[0]) for line in requirements if (match := _NAME.match(line))}
    return missing is not None and normalized(missing) in names


def _itself(root: Path, missing: str | None) -> str | None:
    """``.``, or ``.[extra]``, when the project's metadata declares ``missing`` (``None``: when there is any)."""
    project = _project_table(root)
    extras = project.get("optional-dependencies")
    if missing is None:
        return "." if project else None
    if _names(missing, _texts(project.get("dependencies"))):
        return "."
    for extra, requirements in extras.items() if isinstance(extras, dict) else ():
        if _names(missing, _texts(requirements)) and _NAME.fullmatch(extra):
            return f".[{extra}]"
    script = _lines(root / "setup.py") + _lines(root / "setup.cfg")
    declares = any(re.search(rf"(?<![\w.-]){re.escape(missing)}(?![\w-])", line, re.I) for line in script)
    return "." if declares else None


def _project_table(root: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("project")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    return table if isinstance(table, dict) else {}


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _lines(path: Path) -> list[str]:
    """The lines that say something, comments left out."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
