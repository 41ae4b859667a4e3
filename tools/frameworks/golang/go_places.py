"""Where the files of a Go project lie, what stands in their lines, and where its tests are defined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ..cleaning import inside
from .go_project import GoProject

_SILENT = re.compile(r"\.(?:Logf?|Skipf?|SkipNow|Helper)\(")
_ASSERTION = re.compile(r"\b(\w+\.(?:Errorf?|Fatalf?|FailNow|Fail))\(|\b((?:assert|require|is|qt|c|td|must)\.\w+)\(")


@dataclass(frozen=True)
class Line:
    """A source line that a test's output names. ``silent`` says that it only logs, ``assertion`` what it calls."""

    text: str
    silent: bool
    assertion: str | None


@dataclass(frozen=True)
class Places:
    """Where the project's files lie: ``root`` as the run saw it, ``sources`` where its text can be read now."""

    root: Path
    sources: Path
    project: GoProject = field(default_factory=GoProject)
    read: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    """Files that were read before."""
    _lines: dict[tuple[str, int], Line] = field(default_factory=dict, repr=False, compare=False)
    _folders: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)

    def folder(self, package: str) -> str | None:
        """See ``GoProject.folder_of``; ``None``, too, for a folder outside the project."""
        if package not in self._folders:
            folder = self.project.folder_of(package)
            self._folders[package] = inside(folder) if folder else folder
        return self._folders[package]

    def file(self, package: str, name: str) -> str | None:
        """The project-relative path of a file of ``package`` that the test printed by its bare name."""
        folder = self.folder(package)
        return inside(f"{folder}/{name}" if folder else name)

    def relative(self, path: str) -> str | None:
        """``path`` relative to the project, ``None`` where it lies outside."""
        prefix = str(self.root).rstrip("/") + "/"
        if path.startswith(prefix):
            return inside(path[len(prefix) :])
        folder, _, name = path.rpartition("/")
        known = self.folder(folder) if folder and not path.startswith("/") else None
        return inside(f"{known}/{name}".lstrip("/")) if known is not None else None

    def line(self, file: str | None, number: int) -> Line:
        """A line, with an empty text where it cannot be read."""
        if file is None:
            return Line("", False, None)
        found = self._lines.get((file, number))
        if found is None:
            lines = self._text(file)
            text = lines[number - 1] if 0 < number <= len(lines) else ""
            called = _ASSERTION.search(text)
            assertion = (called[1] or called[2]) if called else None
            found = self._lines[file, number] = Line(text, bool(_SILENT.search(text)), assertion)
        return found

    def definition(self, package: str, test: str) -> tuple[str | None, int | None]:
        """Where the top-level function of ``test`` is defined."""
        folder = self.folder(package)
        pattern = re.compile(rf"^func {re.escape(test.partition('/')[0])}\(")
        for name in _test_files(self.sources / folder) if folder is not None else ():
            file = f"{folder}/{name}" if folder else name
            for number, line in enumerate(self._text(file), 1):
                if pattern.match(line):
                    return file, number
        return None, None

    def _text(self, file: str) -> list[str]:
        if file not in self.read:
            self.read[file] = _read_lines(self.sources / file)
        return self.read[file]


def _test_files(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.name.endswith("_test.go"))
    except (OSError, ValueError):
        return []


def _read_lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            return stream.read(2_000_000).decode("utf-8", "replace").split("\n")
    except (OSError, ValueError):
        return []
