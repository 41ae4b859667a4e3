"""Where in a repository pytest is started, and what that makes of the names of its tests."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A folder of the repository (``.`` for its root), and options that pytest is started with there.

    pytest names tests from the folder on, everyone else from the root on.
    """

    folder: str = "."
    options: tuple[str, ...] = ()

    def within(self, root: Path) -> Path:
        """The folder itself."""
        return root if self.folder == "." else root / self.folder

    def from_root(self, test: str) -> str:
        """pytest's id as everyone else knows it."""
        if self.folder == "." or not test:
            return test
        file, colons, rest = test.partition("::")
        return posixpath.normpath(posixpath.join(self.folder, file)) + colons + rest

    def from_folder(self, test: str) -> str:
        """An id of everyone else's as pytest knows it."""
        if self.folder == "." or not test:
            return test
        file, colons, rest = test.partition("::")
        return posixpath.relpath(file, self.folder) + colons + rest
