"""The Python of the projects under repair: pytest and nothing beside it, made once, outside version control.

The environment of these tests would do as well, but the pytest plugins that are installed there take five times as long
to load as pytest itself, in every run of every repair; and a machine's ``python3`` may be a version manager's shim, or
have no pytest.
"""

from __future__ import annotations

import compileall
import json
import os
import re
import shutil
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

from filelock import FileLock

CACHE = Path(__file__).parents[2] / ".cache" / "python"
FOLDER = CACHE / sys.implementation.cache_tag
PYTHON = FOLDER / "bin" / "python"
_PYTEST = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pytest "$@"\n'


def activate() -> None:
    """As ``source bin/activate`` does, for this process and all that it starts."""
    made()
    if os.environ.get("VIRTUAL_ENV") != str(FOLDER):
        os.environ["VIRTUAL_ENV"] = str(FOLDER)
        os.environ["PATH"] = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def made() -> Path:
    """The environment's folder; the first one to ask makes it, and whoever asks meanwhile waits."""
    packages = _with_requirements("pytest")
    wanted = json.dumps([sys.version, sys.base_prefix, {name: each.version for name, each in packages.items()}])
    done = CACHE / f"{FOLDER.name}.json"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{FOLDER}.lock", timeout=600):
        if not done.is_file() or done.read_text() != wanted:
            _make(list(packages.values()))
            done.write_text(wanted)
    return FOLDER


def _make(packages: list[Distribution]) -> None:
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(FOLDER)
    (target,) = FOLDER.glob("lib/python3*/site-packages")
    for package in packages:
        for name in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            source = Path(str(package.locate_file(name)))
            if source.is_dir():
                shutil.copytree(source, target / name)
            else:
                shutil.copy2(source, target / name)
    compileall.compile_dir(target, quiet=1)  # a view's runs write no bytecode here
    command = FOLDER / "bin" / "pytest"
    command.write_text(_PYTEST)
    command.chmod(0o755)


def _with_requirements(name: str) -> dict[str, Distribution]:
    """The distribution ``name`` and those that it needs on this machine."""
    found, left = {}, [name]
    while left:
        package = distribution(left.pop())
        found[package.metadata["Name"]] = package
        for line in package.requires or ():
            requirement = re.match(r"[\w.-]+", line)
            if requirement and ";" not in line and requirement[0] not in found:
                left.append(requirement[0])
    return found
