"""The project's texts and outlines, each read once and on demand, with a hard bound on the work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from .languages import front_end
from .outline import FrontEnd, Outline

Read = Callable[[str], bytes | None]

MAX_PARSED_CHARS = 600_000
"""Source read in all by one localization. It bounds the time, whatever the size of the project."""
MAX_FILE_CHARS = 250_000
"""Longer files are generated ones: their stack frames count, their contents do not."""
MAX_ENTRIES = 400
"""Files taken from one folder."""

_EMPTY = Outline()


class Project:
    """Files by project-relative path. ``read`` gives the bytes of one, or ``None`` where there is none."""

    def __init__(self, root: Path, read: Read, language: str = "") -> None:
        self.root = root
        self.language = language
        self._read = read
        self._roots = tuple(dict.fromkeys(_slashed(str(r)).rstrip("/") + "/" for r in (root, _real(root))))
        self._texts: dict[str, str | None] = {}
        self._outlines: dict[str, Outline] = {}
        self._folders: dict[str, tuple[str, ...]] = {}
        self._left = MAX_PARSED_CHARS

    def relative(self, path: str | None) -> str | None:
        """``path`` as the project names it, or ``None`` when it lies outside. Backslashes are fine."""
        if not path or "\0" in path:
            return None
        slashed = _slashed(path)
        for root in self._roots:
            if slashed.startswith(root):
                slashed = slashed[len(root) :]
        if slashed.startswith("/") or slashed[1:2] == ":":
            return None
        return collapse(slashed)

    def text(self, path: str) -> str | None:
        """The file's text with ``\\n`` line ends, or ``None``. Undecodable bytes are read as latin-1."""
        if path not in self._texts:
            self._texts[path] = _decoded(self._bytes(path))
        return self._texts[path]

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self.text(path) is not None

    def first(self, *paths: str | None) -> str | None:
        """The first of ``paths`` that is a file."""
        return next((path for path in paths if path is not None and self.has(path)), None)

    def front_end(self, path: str) -> FrontEnd | None:
        """The front end for the file's language."""
        return front_end(path)

    def outline(self, path: str) -> Outline:
        """The file's outline; empty for unknown languages, missing and huge files, and once the bound is reached."""
        if path not in self._outlines:
            self._outlines[path] = self._parsed(path)
        return self._outlines[path]

    def folder(self, path: str, suffix: str) -> tuple[str, ...]:
        """The files of the folder ``path`` ('' is the root) whose names end with ``suffix``, sorted, at most 400."""
        key = f"{path}\0{suffix}"
        if key not in self._folders:
            self._folders[key] = tuple(self._listed(path, suffix))
        return self._folders[key]

    def _listed(self, path: str, suffix: str) -> list[str]:
        found: list[str] = []
        try:
            with os.scandir(self.root / path) as entries:
                for entry in entries:
                    if entry.name.endswith(suffix):
                        found.append(f"{path}/{entry.name}" if path else entry.name)
                    if len(found) >= MAX_ENTRIES:
                        break
        except (OSError, ValueError):
            return []
        return sorted(found)

    def _bytes(self, path: str) -> bytes | None:
        try:
            return self._read(path)
        except (OSError, ValueError):
            return None

    def _parsed(self, path: str) -> Outline:
        language = self.front_end(path)
        text = self.text(path) if language else None
        if language is None or not text or len(text) > min(MAX_FILE_CHARS, self._left):
            return _EMPTY
        self._left -= len(text)
        return language.outline(text, path)


def collapse(path: str) -> str | None:
    """``path`` without ``.`` and ``..``; ``None`` when it climbs out of the project or names nothing."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or None


def folders_above(path: str) -> list[str]:
    """The folders that hold ``path``, the nearest first, the project's root ('') last."""
    return ["" if str(parent) == "." else str(parent) for parent in PurePosixPath(path).parents]


def under(folder: str, path: str) -> str | None:
    """``path`` inside ``folder``, collapsed."""
    return collapse(f"{folder}/{path}")


def _slashed(path: str) -> str:
    return path.replace("\\", "/").removeprefix("//?/")


def _real(root: Path) -> Path:
    try:
        return root.resolve()
    except (OSError, RuntimeError):
        return root


def _decoded(data: bytes | None) -> str | None:
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
