"""Python's front end: the standard syntax tree, and Python's import rules on the project's files."""

from __future__ import annotations

import ast
import warnings
from pathlib import PurePosixPath

from .outline import Chain, Outline
from .project import Project, collapse, folders_above, under
from .python_outline import Collector
from .python_tolerant import scan

_SOURCE_FOLDERS = ("", "src", "lib", "python")


class Python:
    """Modules are files; a test sees its own names, its imports, and the fixtures of every ``conftest.py`` above it."""

    suffixes = (".py", ".pyi", ".pyw")
    constructors = ("__init__", "__post_init__", "__new__")
    receivers = ("self", "cls")

    def outline(self, text: str, path: str) -> Outline:
        """Falls back to a scan of the lines where the text is not valid Python."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
            return Collector(PurePosixPath(path).name).collect(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return scan(text)

    def modules(self, project: Project, path: str, module: str) -> tuple[str, ...]:
        """Relative modules by folder; absolute ones from the file's folder, each folder above it, and their ``src``."""
        level = len(module) - len(module.lstrip("."))
        parts = [part for part in module[level:].split(".") if part]
        if level:
            above = folders_above(path)
            found = _module(project, above[level - 1], parts) if level <= len(above) else None
            return (found,) if found else ()
        return self._absolute(project, path, parts)

    def neighbours(self, project: Project, path: str) -> tuple[str, ...]:
        """The ``conftest.py`` files that pytest loads for the file, the nearest first."""
        found = (under(folder, "conftest.py") for folder in folders_above(path))
        return tuple(name for name in found if name and name != path and project.has(name))

    def test_names(self, test_id: str) -> Chain:
        """``tests/test_a.py::TestB::test_c[x::y]`` is ``("TestB", "test_c")``."""
        return tuple(part.strip() for part in test_id.partition("[")[0].split("::")[1:])

    def _absolute(self, project: Project, path: str, parts: list[str]) -> tuple[str, ...]:
        for folder in folders_above(path):
            for source in _SOURCE_FOLDERS:
                found = _module(project, f"{folder}/{source}", parts)
                if found and found != path:
                    return (found,)
        if len(parts) > 1 and project.has("__init__.py"):  # the root itself may be the package
            found = _module(project, "", parts[1:])
            return (found,) if found else ()
        return ()


def _module(project: Project, folder: str, parts: list[str]) -> str | None:
    stem = collapse("/".join([folder, *parts]))
    if stem is None:
        return project.first("__init__.py")
    names = (f"{stem}.py", f"{stem}/__init__.py", f"{stem}.pyi") if parts else (f"{stem}/__init__.py",)
    return project.first(*names)
