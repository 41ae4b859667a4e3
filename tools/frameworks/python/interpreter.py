"""Which Python runs a project's tests: its own environment, else the active one, else the first on ``PATH``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ....core.errors import TestsNotRun

PROJECT_FOLDERS = (".venv", "venv", "env", ".env")
PROBE_SECONDS = 20.0
_PROBE = (
    "import sys; sys.path[:1] = []; import importlib.util as u;"
    "print(sys.executable, sys.prefix, int(u.find_spec('pytest') is not None), sep='\\n')"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that has pytest. ``readable`` are the folders outside the project that it is made of."""

    argv: tuple[str, ...]
    reason: str
    readable: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the executable and its scripts (``pytest``, ``tox`` …) lie."""
        return Path(self.argv[0]).parent


def find_interpreter(root: Path, environ: Mapping[str, str] | None = None, folder: str = ".") -> Interpreter:
    """The interpreter for ``root``, or for the Python project in its ``folder``: its own, or that of a folder above.

    A project's own environment is never passed over for another one. Raises ``TestsNotRun`` that names every place
    looked at, and the command that installs pytest.
    """
    environ = os.environ if environ is None else environ
    looked = []
    for python, reason, own in _candidates(root, folder, environ):
        found = _probe(str(python), str(root), environ.get("PATH", ""), _stamp(python))
        if found and found.has_pytest:
            return Interpreter((found.executable,), reason, _made_of(root, found))
        if own:
            raise TestsNotRun(f"{reason} ({python}) has no pytest. Install it: {python} -m pip install pytest")
        looked.append(f"{reason} ({python})")
    where = "; ".join(looked) or "no python3 on PATH"
    install = "python3 -m venv .venv && .venv/bin/python -m pip install pytest"
    there = "the project's folder" if folder == "." else folder
    raise TestsNotRun(f"No Python with pytest was found. Looked at: {where}. In {there} run: {install}")


def environments(root: Path, folder: str = ".") -> Iterator[Path]:
    """The virtual environments in ``folder`` of ``root`` and in those above it, the nearest first."""
    places = (PurePosixPath(folder), *PurePosixPath(folder).parents)
    paths = (root / place / name for place in places for name in PROJECT_FOLDERS)
    return (path for path in paths if (path / "pyvenv.cfg").is_file())


def _candidates(root: Path, folder: str, environ: Mapping[str, str]) -> Iterator[tuple[Path, str, bool]]:
    for environment in environments(root, folder):
        python = environment_python(environment)
        if python:
            yield python, f"the project's own environment {environment.relative_to(root)}", True
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        python = environment_python(Path(environ[variable])) if environ.get(variable) else None
        if python:
            yield python, f"the active environment ({variable})", False
    for name in ("python3", "python"):
        on_path = shutil.which(name, path=environ.get("PATH", os.defpath))
        if on_path:
            yield Path(on_path), f"{name} on PATH", False
    yield Path(sys.executable), "the Python that runs AION-R", False


def environment_python(folder: Path) -> Path | None:
    """The interpreter of a virtual environment, in the layout of either family of systems."""
    candidates = (folder / "bin" / "python", folder / "Scripts" / "python.exe", folder / "python.exe")
    return next((path for path in candidates if path.is_file()), None)


@dataclass(frozen=True)
class _Probed:
    executable: str
    prefix: str
    has_pytest: bool


def _stamp(python: Path) -> int:
    """Changes when something is installed beside ``python``, so that an answer is not kept for too long."""
    folders = [path for path in _site_packages(python.parent.parent) if path.is_dir()]
    return sum(path.stat().st_mtime_ns for path in folders)


@lru_cache(maxsize=64)
def _probe(python: str, root: str, path: str, stamp: int) -> _Probed | None:
    """What ``python`` says of itself; looked up in the folders of a plain environment, asked otherwise.

    Asking also resolves a version manager's shim, which would not run in a scrubbed environment.
    """
    prefix = Path(python).parent.parent
    if (prefix / "pyvenv.cfg").is_file() and any((site / "pytest").is_dir() for site in _site_packages(prefix)):
        return _Probed(python, str(prefix), True)
    environ = {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            (python, "-c", _PROBE), capture_output=True, text=True, timeout=PROBE_SECONDS, env=environ, cwd=root
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    lines = done.stdout.splitlines()
    return _Probed(lines[0], lines[1], lines[2] == "1") if done.returncode == 0 and len(lines) == 3 else None


def _site_packages(prefix: Path) -> list[Path]:
    return [*prefix.glob("lib*/python3*/site-packages"), prefix / "Lib" / "site-packages"]


def _made_of(root: Path, found: _Probed) -> tuple[Path, ...]:
    folders = {Path(found.prefix), Path(os.path.realpath(found.executable)).parent.parent}
    return tuple(sorted(folder for folder in folders if not folder.is_relative_to(root)))
