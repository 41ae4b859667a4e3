"""Where the files of a Rust project lie, and where its tests are defined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ....core.domain import StackFrame
from ..cleaning import inside
from .cargo_events import Program

MOST_MODULES = 30
"""Modules in modules, deeper than which no test is sought."""
_FUNCTION = re.compile(r"\bfn ((?:r#)?\w+)\s*[(<]")


@dataclass(frozen=True)
class Places:
    """``root`` is the project as the run saw it, ``sources`` where it can be read now, ``folders`` are those that cargo
    was started in, relative to the project."""

    root: Path
    sources: Path
    folders: tuple[str, ...] = (".",)
    read: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    """Files that were read before."""
    functions: dict[str, dict[str, int]] = field(default_factory=dict, repr=False, compare=False)
    known: dict[tuple[str, str], str | None] = field(default_factory=dict, repr=False, compare=False)
    """Printed paths that were sought before."""

    def relative(self, path: str, folder: str = "") -> str | None:
        """A printed path relative to the project; cargo's paths are relative to the workspace, or to the package."""
        key = (path, folder)
        if key not in self.known:
            self.known[key] = self._relative(path, folder)
        return self.known[key]

    def _relative(self, path: str, folder: str) -> str | None:
        prefix = str(self.root).rstrip("/") + "/"
        if path.startswith("/"):
            return inside(path[len(prefix) :]) if path.startswith(prefix) else None
        package = folder[len(prefix) :] if folder.startswith(prefix) else ""
        candidates = [inside(_joined(one, path)) for one in (*self.folders, package)]
        existing = (one for one in candidates if one and _is_file(self.sources / one))
        return next(existing, candidates[0])

    def line(self, file: str, number: int) -> str:
        """The text of a line, empty where it cannot be read."""
        lines = self.lines(file)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def lines(self, file: str) -> list[str]:
        """The lines of a file, none where it cannot be read."""
        if file not in self.read:
            self.read[file] = _read_lines(self.sources / file)
        return self.read[file]

    def definition(self, program: Program, name: str) -> StackFrame | None:
        """The function of a test, sought in the program's own sources: its module's file first."""
        source = self.relative(program.source) if program.source else None
        if source is None or not name:
            return None
        *modules, function = name.split("::", MOST_MODULES)
        folder = source.rpartition("/")[0]
        stems = [f"{folder}/{'/'.join(modules[:depth])}".lstrip("/") for depth in range(len(modules), 0, -1)]
        for file in (*(f"{stem}{end}" for stem in stems for end in (".rs", "/mod.rs")), source):
            number = self._functions(file).get(function)
            if number is not None:
                return StackFrame(file, number, function)
        return None

    def _functions(self, file: str) -> dict[str, int]:
        """Where each function of a file is defined first: sought once, however many of its tests fail."""
        if file not in self.functions:
            found: dict[str, int] = {}
            for number, line in enumerate(self.lines(file), 1):
                if "fn " in line and not line.lstrip().startswith("//"):
                    for function in _FUNCTION.findall(line):
                        found.setdefault(function, number)
            self.functions[file] = found
        return self.functions[file]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # an overlong name
        return False


def _read_lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            return stream.read(2_000_000).decode("utf-8", "replace").split("\n")
    except (OSError, ValueError):
        return []


def _joined(folder: str, path: str) -> str:
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
