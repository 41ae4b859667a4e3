"""Registered projects: real folders below the allowed roots, each with an id that stays the same."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path, PurePath

from ...core.errors import UsageError
from ...tools.runs import write_atomically
from ..roots import Roots
from .problems import Problem

MOST = 10_000
"""Projects that are remembered; the ones registered first go first."""


def project_id(folder: Path | str) -> str:
    """The id of the project at that real path."""
    return "p_" + sha256(os.fsencode(folder)).hexdigest()[:16]


class Projects:
    """The register, kept in ``file``. A folder that is no longer below a root, or a folder, is not in it."""

    def __init__(self, file: Path, roots: Roots) -> None:
        self._file = file
        self._roots = roots
        self._lock = threading.Lock()
        self._known = OrderedDict((project_id(path), path) for path in _read(file))

    def register(self, path: str) -> Path:
        """The real folder that ``path`` names. Raises ``Problem``: 403 outside the roots, 404 where none is there."""
        if ".." in PurePath(path).parts:
            raise Problem(403, "a path with '..' is not taken: name the folder itself.")
        try:
            folder = self._roots.project(path)
        except UsageError as error:
            raise Problem(404 if self._inside(path) else 403, str(error)) from None
        self._add(folder)
        return folder

    def find(self, identifier: str) -> Path:
        """The folder of that id. Raises ``Problem`` (404)."""
        path = self._known.get(identifier)
        if path is None or not self.allows(path):
            raise Problem(404, f"no project {identifier!r} is registered: POST /api/projects registers one.")
        return Path(path)

    def all(self) -> list[Path]:
        """Every one, in the order in which they were registered."""
        return [Path(path) for path in list(self._known.values()) if self.allows(path)]

    def allows(self, path: str) -> bool:
        """Whether ``path``, a real one when it was registered, still leads to a folder below a root."""
        return self.covers(path) and os.path.realpath(path) == path and Path(path).is_dir()

    def covers(self, path: str) -> bool:
        """Whether ``path`` is below a root; it need not be there any more."""
        return self._roots.hold(Path(path))

    def _inside(self, path: str) -> bool:
        try:
            places = [Path(os.path.realpath(root / path)) for root in self._roots.folders]
        except (OSError, ValueError):
            return False
        return any(self._roots.hold(place) for place in places)

    def _add(self, folder: Path) -> None:
        identifier = project_id(folder)
        with self._lock:
            if identifier in self._known:
                return
            self._known[identifier] = str(folder)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file, json.dumps({"projects": list(self._known.values())}, indent=1).encode())


def _read(file: Path) -> list[str]:
    try:
        data = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    paths = data.get("projects", []) if isinstance(data, dict) else []
    return [path for path in paths if isinstance(path, str)]
