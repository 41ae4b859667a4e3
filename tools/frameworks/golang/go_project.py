"""What a Go project's own files say: its modules, its workspace, and how a test is named and selected.

A test's id is ``<import path>.<test name>``, as in ``example.com/m/calc.TestAdd/one_row``: the package and the name
that ``go test -v`` prints. The import path alone stands for the whole package (a package that could not be built).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..folders import SKIPPED as TOOLS_FOLDERS
from ..folders import walk
from ..foreign import own_first

_MODULE = re.compile(r"^\s*module\s+[\"`]?([^\s\"`]+)", re.M)
_USE = re.compile(r"^\s*use\s*(?:\(([^)]*)\)|(\S+))", re.M)
_ID = re.compile(r"(?P<package>.+?)\.(?P<name>(?:Test|Fuzz|Example|Benchmark)(?![a-z])\w*(?:/.*)?)", re.S)
_SPECIAL = re.compile(r"[.*+?()|\[\]{}^$\\]")
SKIPPED = TOOLS_FOLDERS | {"testdata"}
LONGEST_PATTERN = 100_000
"""Bytes that one argument may have: Linux takes 128 KiB."""


@dataclass(frozen=True)
class Module:
    """A module: its import path, and its folder relative to the project (``.`` for the root)."""

    path: str
    folder: str


@dataclass(frozen=True)
class GoProject:
    """``workspace`` says that a ``go.work`` in the root joins the modules, so that one command serves them all."""

    modules: tuple[Module, ...] = ()
    workspace: bool = False
    tested: str | None = None
    """The first test file met."""

    def folder_of(self, package: str) -> str | None:
        """The package's folder relative to the project (``""`` for the root), ``None`` for a foreign package."""
        module = self.module_of(package)
        if module is None:
            return None
        below = package[len(module.path) :].strip("/")
        return "/".join(part for part in (module.folder, below) if part not in ("", "."))

    def module_of(self, package: str) -> Module | None:
        """The module that holds ``package``: the one with the longest matching path."""
        holding = [m for m in self.modules if package == m.path or package.startswith(m.path + "/")]
        return max(holding, key=lambda module: len(module.path), default=None)


def read_project(root: Path) -> GoProject:
    """The modules of ``root``: those of its workspace, else its own, else those in its folders. Broken files count as
    absent."""
    work = _text(root / "go.work") if os.environ.get("GOWORK") != "off" else None
    if work is not None:
        modules = tuple(_modules(root, _used(work)))
        if modules:
            return GoProject(modules, True, _tested(root))
    own = tuple(_modules(root, ["."]))
    return GoProject(own or tuple(_modules(root, _folders(root))), False, _tested(root))


def _modules(root: Path, folders: Iterable[str]) -> Iterator[Module]:
    for folder in folders:
        text = _text(root / folder / "go.mod")
        named = _MODULE.search(text) if text is not None else None
        if text is not None:
            yield Module(named[1] if named else "command-line-arguments", PurePosixPath(folder).as_posix())


def _used(work: str) -> list[str]:
    plain = re.sub(r"//[^\n]*", "", work)
    blocks = [block or single for block, single in _USE.findall(plain)]
    return [word.strip('"`') for block in blocks for word in block.split()]


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """Folders and names of files; go looks into no folder whose name begins with ``_``."""
    return ((folder, name) for folder, name in walk(root, SKIPPED) if "/_" not in f"/{folder}")


def _folders(root: Path) -> list[str]:
    return own_first(folder for folder, name in _files(root) if name == "go.mod")


def _tested(root: Path) -> str | None:
    return next(
        (f"{folder}/{name}".removeprefix("./") for folder, name in _files(root) if name.endswith("_test.go")), None
    )


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return stream.read(200_000).decode("utf-8", "replace")
    except OSError:
        return None


def test_id(package: str, name: str) -> str:
    """The id of a test; that of its package where ``name`` is empty."""
    return f"{package}.{name}" if name else package


def split_id(identifier: str) -> tuple[str, str]:
    """The package and the test's name; an empty name for a package's id."""
    found = _ID.fullmatch(identifier)
    return (found["package"], found["name"]) if found else (identifier, "")


def run_pattern(names: Iterable[str]) -> str:
    """The ``-run`` expression for the named tests, each anchored at every level; ``""`` when they are too many.

    It needs Go 1.20: before that, alternatives could not have levels of their own.
    """
    chosen = dict.fromkeys(names)
    pattern = "|".join(_levels(name) for name in chosen)
    if len(pattern.encode("utf-8", "replace")) > LONGEST_PATTERN:
        pattern = "|".join(_levels(name) for name in dict.fromkeys(name.partition("/")[0] for name in chosen))
    return pattern if len(pattern.encode("utf-8", "replace")) <= LONGEST_PATTERN else ""


def _levels(name: str) -> str:
    return "/".join(f"^{_SPECIAL.sub(_escaped, level)}$" for level in name.split("/"))


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match.group(0)


def is_test_file(path: str) -> bool:
    """Whether ``path`` holds tests, their data, or what decides which code they are built with."""
    parts = PurePosixPath(path.replace("\\", "/").casefold()).parts
    if not parts:
        return False
    configuration = ("go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt")
    return parts[-1].endswith("_test.go") or parts[-1] in configuration or "testdata" in parts[:-1]
