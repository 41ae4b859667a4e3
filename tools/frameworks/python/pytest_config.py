"""What a Python project's own files say about pytest: whether it is used, where its tests lie, how they are named."""

from __future__ import annotations

import configparser
import os
import shlex
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

CONFIG_FILES = frozenset(
    (
        "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg",
        "pyproject.toml", "noxfile.py", ".coveragerc", "sitecustomize.py", "usercustomize.py",
    )
)  # fmt: skip
"""Files that hold or change pytest's configuration, compared without case."""
MANIFESTS = ("conftest.py", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "*requirements*.txt", "Pipfile")
"""What a folder with Python tests of its own has in it or above it."""
TEST_FOLDERS = frozenset(("tests", "test", "testing"))
PATTERNS = ("test_*.py", "*_test.py")
SKIPPED = frozenset(("node_modules", "__pycache__", "venv", "env", "build", "dist", "site-packages", "target"))
MOST_ENTRIES = 5_000
"""Directory entries looked at before the walk for test files gives up."""


@dataclass(frozen=True)
class PytestConfig:
    """``source`` is the file the configuration came from, ``None`` without one.

    ``folders`` are those of ``testpaths`` that hold nothing but tests.
    """

    source: str | None = None
    patterns: tuple[str, ...] = PATTERNS
    folders: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()

    def covers(self, folder: str) -> bool:
        """Whether pytest, called without arguments, looks for tests in ``folder`` or in a part of it."""
        parts = PurePosixPath(folder).parts
        wanted = [PurePosixPath(path).parts for path in self.testpaths]
        return not wanted or any("**" in path or _starts(parts, path[: len(parts)]) for path in wanted)

    def is_test_file(self, path: str) -> bool:
        """Whether ``path`` (project-relative) holds tests, their data, or their configuration.

        Compared without case: on many file systems ``Tests/Conftest.py`` is the same file.
        """
        parts = PurePosixPath(path.replace("\\", "/").casefold()).parts
        if not parts:
            return False
        name = parts[-1]
        if name in CONFIG_FILES or any(
            fnmatchcase(name, pattern.casefold()) for pattern in (*PATTERNS, *self.patterns)
        ):
            return True
        return bool(TEST_FOLDERS.intersection(parts[:-1])) or any(self._below(parts, folder) for folder in self.folders)

    @staticmethod
    def _below(parts: tuple[str, ...], folder: str) -> bool:
        wanted = PurePosixPath(folder.casefold()).parts
        return (
            bool(wanted) and wanted != (".",) and any(char not in "*?[" for char in folder) and _starts(parts, wanted)
        )


def _starts(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(parts) >= len(wanted) and all(fnmatchcase(part, glob) for part, glob in zip(parts, wanted, strict=False))


def read_config(root: Path) -> PytestConfig:
    """The configuration that pytest would use for ``root``; broken files count as absent."""
    for name, section in (
        ("pytest.toml", "pytest"), (".pytest.toml", "pytest"), ("pytest.ini", "pytest"), (".pytest.ini", "pytest"),
        ("pyproject.toml", "tool.pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"),
    ):  # fmt: skip
        values = _section(root / name, section)
        if values is not None:
            patterns = (
                tuple(p.replace("\\", "/").rpartition("/")[2] for p in _words(values.get("python_files"))) or PATTERNS
            )
            paths = tuple(p.removeprefix("./").rstrip("/") for p in _words(values.get("testpaths")))
            # A whole project named as test folder says nothing about which files are tests.
            folders = tuple(path for path in paths if path not in ("", ".") and not _is_source(root, path))
            return PytestConfig(name, patterns, folders, paths)
    return PytestConfig()


def _is_source(root: Path, folder: str) -> bool:
    """Whether a test path is a package of the project itself, which holds tests beside the code they test."""
    return (root / folder / "__init__.py").is_file() and not TEST_FOLDERS & set(PurePosixPath(folder).parts)


def _section(path: Path, section: str) -> dict[str, object] | None:
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".toml":
            return _toml_section(tomllib.loads(text), section)
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
    except (OSError, tomllib.TOMLDecodeError, configparser.Error):
        return None
    if parser.has_section(section):
        return dict(parser.items(section))
    return {} if path.name in ("pytest.ini", ".pytest.ini") else None


def _toml_section(data: object, section: str) -> dict[str, object] | None:
    for key in section.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        return None
    older = data.get("ini_options")
    return older if isinstance(older, dict) else data


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return value.split()
    return [str(item) for item in value] if isinstance(value, list) else []


def find_test_file(
    root: Path, patterns: tuple[str, ...], without: Collection[str] = (), apart: Collection[Path] = ()
) -> str | None:
    """The first test file or conftest below ``root``, nearest folders first; bounded by ``MOST_ENTRIES``.

    Folders whose name is among ``without`` are passed over, and the folders ``apart``.
    """
    for path in _walk(root, without, apart):
        if path.name == "conftest.py" or any(fnmatchcase(path.name, pattern) for pattern in patterns):
            return path.relative_to(root).as_posix()
    return None


def find_manifest(root: Path, folder: str) -> str | None:
    """What makes ``folder``, or one above it in ``root``, a Python project: the nearest manifest."""
    for place in (PurePosixPath(folder), *PurePosixPath(folder).parents):
        for pattern in MANIFESTS:
            found = next((root / place).glob(pattern), None)
            if found is not None:
                return found.relative_to(root).as_posix()
    return None


def _walk(root: Path, without: Collection[str], apart: Collection[Path]) -> Iterator[Path]:
    """Files in breadth-first order. Folders named like tests come first: they decide soonest."""
    seen, level = 0, [root]
    while level:
        following: list[Path] = []
        for folder in level:
            try:
                entries = sorted(os.scandir(folder), key=lambda e: (e.name not in TEST_FOLDERS, e.name))
            except OSError:
                continue
            for entry in entries:
                seen += 1
                if seen > MOST_ENTRIES:
                    return
                if entry.is_dir(follow_symlinks=False):
                    named = entry.name in SKIPPED or entry.name in without or entry.name.startswith(".")
                    if not named and Path(entry.path) not in apart:
                        following.append(Path(entry.path))
                elif entry.name.endswith(".py"):
                    yield Path(entry.path)
        level = following
