"""Whether a project is as a run has read it: asked once, when a killed run is to go on.

Nothing is noted while a run begins, whatever the size of the project: the file system keeps the time of each file's and
each folder's last change, which nobody can set back. A false alarm costs a run of the tests.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

SKIPPED = frozenset(
    [".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".venv", "node_modules"]
)
"""Folders that are not looked into; that one came or went is seen in the folder around it."""
TICK = 0.01
"""The longest that the clock which file systems stamp with stands still, in seconds (a kernel's tick)."""
_COARSE_CLOCK = 5  # Linux' CLOCK_REALTIME_COARSE: Python has no name for it


def stamp_now() -> float:
    """The time (seconds since the epoch) that no change of a file which is made from now on lies before."""
    return time.clock_gettime(_COARSE_CLOCK) if sys.platform == "linux" else time.time() - TICK


def changed_since(root: Path, moment: float, ours: Collection[str] = (), home: Path | None = None) -> str | None:
    """The first file or folder of ``root`` that changed since ``moment`` (of ``stamp_now``), or ``None``.

    ``ours`` are relative paths that are vouched for; ``home`` is not looked into if it lies inside.
    """
    for path in _walk(root, home):
        relative = os.path.relpath(path, root)
        if relative not in ours and _changed_at(path) >= moment:
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
