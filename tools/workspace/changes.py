"""Whether a project is as a run has read it: asked once, when a killed run is to go on.

Nothing is noted while a run begins, whatever the size of the project: the file system keeps the time of each file's and
each folder's last change, which nobody can set back. A false alarm costs a run of the tests.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

SKIPPED = frozenset(
    [".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".venv", "node_modules"]
)
"""Folders that are not looked into; that one came or went is seen in the folder around it."""
GRANULARITY = 0.05
"""Seconds by which a file system's clock may lag."""


def changed_since(root: Path, moment: float, ours: Collection[str] = (), home: Path | None = None) -> str | None:
    """The first file or folder of ``root`` that changed after ``moment`` (seconds since the epoch), or ``None``.

    ``ours`` are relative paths that are vouched for; ``home`` is not looked into if it lies inside.
    """
    for path in _walk(root, home):
        relative = os.path.relpath(path, root)
        if relative not in ours and _changed_at(path) > moment - GRANULARITY:
            return "its main folder" if relative == "." else Path(relative).as_posix()
    return None


def _walk(root: Path, home: Path | None) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED and Path(folder, name) != home]
        yield folder
        yield from (f"{folder}{os.sep}{name}" for name in files)


def _changed_at(path: str) -> float:
    try:
        status = Path(path).lstat()
    except OSError:  # gone while we look
        return float("inf")
    return status.st_mtime if os.name == "nt" else status.st_ctime  # there ctime is when the file was made
