"""Folders beside a project that its build names: path dependencies, workspaces, editable installs, its repository."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_MANIFESTS = ("Cargo.toml", "go.mod", "go.work", "package.json", "pyproject.toml", "setup.py", "setup.cfg")
_NAMED = {
    "Cargo.toml": re.compile(r"""\bpath\s*=\s*["']([^"'\n]+)["']"""),
    "go.mod": re.compile(r"=>\s*([./][^\s]*)\s*$", re.MULTILINE),
    "go.work": re.compile(r"^\s*(?:use\s+)?\(?\s*(\.[./\w-]*)\s*$", re.MULTILINE),
    "package.json": re.compile(r'"(?:file|link|portal):([^"\n]+)"'),
}
_VENVS = (".venv", "venv", "env")
_MOST = 50
_READ_CHARACTERS = 1 << 18


def neighbours(project: Path) -> list[Path]:
    """Folders outside ``project`` that its build reads, found from its manifests; the repository it lies in first.

    A folder counts only when it holds a manifest of its own: a project cannot ask for just any folder of the user.
    """
    found = [place] if (place := repository(project)) else []
    pending, seen = [project, *found], {project, *found}
    while pending and len(seen) < _MOST:
        for place in _named_in(pending.pop()):
            if place not in seen and not place.is_relative_to(project) and is_package(place):
                seen.add(place)
                found.append(place)
                pending.append(place)
    return found


def repository(project: Path) -> Path | None:
    """The nearest folder above ``project`` that is a git repository's root, unless that is the project itself."""
    if (project / ".git").exists():
        return None
    return next((above for above in project.parents if (above / ".git").exists()), None)


def is_package(folder: Path) -> bool:
    """Whether ``folder`` is one that a build tool could depend on."""
    try:
        return any((folder / name).is_file() for name in _MANIFESTS)
    except OSError:
        return False


def _named_in(folder: Path) -> Iterator[Path]:
    for name, pattern in _NAMED.items():
        for value in pattern.findall(_text(folder / name)):
            yield _package_of((folder / value).resolve())
    active = os.environ.get("VIRTUAL_ENV")
    for venv in [folder / name for name in _VENVS] + ([Path(active)] if active else []):
        for file in venv.glob("lib/python*/site-packages/*.pth"):
            for line in _text(file).splitlines():
                if line.startswith("/"):
                    yield _package_of(Path(line.strip()).resolve())


def _package_of(place: Path) -> Path:
    # An editable install may name the `src` inside the package's folder.
    return place.parent if place.name == "src" and not is_package(place) else place


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_READ_CHARACTERS)
    except OSError:
        return ""
