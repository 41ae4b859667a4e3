"""The files of a project as detection sees them: breadth first, never deep into what tools have put there."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

MOST_ENTRIES, DEEPEST = 5_000, 5
SKIPPED = frozenset(["node_modules", "target", "vendor", "dist", "build"])


def walk(root: Path, skipped: Collection[str] = SKIPPED) -> Iterator[tuple[str, str]]:
    """Project-relative folder (``.`` for the root) and name of each file, as far as ``MOST_ENTRIES`` and ``DEEPEST``
    go. Hidden folders, those in ``skipped`` and symbolic links to folders are left out."""
    seen, level = 0, [root]
    for _ in range(DEEPEST):
        following: list[Path] = []
        for folder in level:
            place = folder.relative_to(root).as_posix()
            for entry in _entries(folder):
                seen += 1
                if seen > MOST_ENTRIES:
                    return
                if not entry.is_dir(follow_symlinks=False):
                    yield place, entry.name
                elif entry.name not in skipped and not entry.name.startswith("."):
                    following.append(Path(entry.path))
        level = following


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
