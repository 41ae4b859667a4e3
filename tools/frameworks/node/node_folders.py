"""Folders of a Node project: packages below a root that does not name them, and whether there are tests in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..foreign import own_first
from .node_files import holds_tests
from .node_project import Package, read_manifest

_MOST_ENTRIES = 2_000


def has_tests(folder: Path) -> bool:
    """Whether there is a test below ``folder``, by its name; a bounded look, nearest folders first."""
    level, seen = [folder], 0
    while level and seen < _MOST_ENTRIES:
        following: list[Path] = []
        for place in level:
            for entry in _entries(place):
                seen += 1
                if entry.is_dir() and not entry.is_symlink():
                    following.append(entry)
                elif holds_tests(entry.relative_to(folder).as_posix()):
                    return True
        level = following
    return False


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name != "node_modules" and not path.name.startswith(".")]
    except OSError:
        return []


def nested(root: Path) -> Iterable[Package]:
    """Packages one or two folders below a root that is no package that uses the framework."""
    found = sorted([*root.glob("*/package.json"), *root.glob("*/*/package.json")])[:50]
    folders = [path.parent.relative_to(root) for path in found]
    plain = [f for f in folders if not any(part == "node_modules" or part.startswith(".") for part in f.parts)]
    for folder in own_first(folder.as_posix() for folder in plain):
        yield Package(root, folder, read_manifest(root / folder / "package.json") or {})
