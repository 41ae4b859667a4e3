"""Rust's front end: module paths to files, through crates of the workspace."""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath
from typing import Any

from .outline import Chain, Outline
from .project import Project, collapse, folders_above, under
from .rust_outline import RustCollector
from .syntax import parser_for


class Rust:
    """``crate``, ``self`` and ``super`` paths, the package's own name from its tests, and ``path`` dependencies."""

    suffixes = (".rs",)
    constructors = ()
    receivers = ("self", "Self")

    def outline(self, text: str, path: str) -> Outline:
        """Empty where the grammar is not installed."""
        parser = parser_for("tree_sitter_rust")
        return RustCollector().collect(parser, text) if parser else Outline()

    def modules(self, project: Project, path: str, module: str) -> tuple[str, ...]:
        """The longest part of the path that is a file; its own file for what may be an inline module."""
        head, *rest = [part for part in module.replace(".", "::").split("::") if part] or [""]
        found: list[str | None] = []
        if head == "crate":
            found = [_descend(project, root, rest) for root in _crate_roots(project, path)]
        elif head == "self":
            found = [_descend(project, path, rest)]
        elif head == "super":
            found = [*_above(project, path, rest)]
        else:
            found = [_descend(project, root, rest) for root in _named_crate(project, path, head)]
            found = found or [_below(project, path, [head, *rest])]
        return tuple(dict.fromkeys(file for file in found if file))

    def neighbours(self, project: Project, path: str) -> tuple[str, ...]:
        """None: a module sees only what it uses."""
        return ()

    def test_names(self, test_id: str) -> Chain:
        """``mycrate::cart::tests::adds`` is ``("cart", "tests", "adds")``: the file's own modules come last."""
        words = test_id.replace("$", "::").split(" ")
        return tuple(part for part in words[-1].split("::") if part.isidentifier())


def _above(project: Project, path: str, rest: list[str]) -> list[str | None]:
    """``super`` from an inline module is the file itself; from the file's own level it is the parent module."""
    levels = 1
    while rest[:1] == ["super"]:
        levels, rest = levels + 1, rest[1:]
    parent = _parent(project, path)
    found = [_descend(project, path, rest)]
    return [*found, _descend(project, parent, rest)] if parent else found


def _parent(project: Project, path: str) -> str | None:
    pure = PurePosixPath(path)
    folder = pure.parent if pure.name != "mod.rs" else pure.parent.parent
    names = (f"{folder}.rs", f"{folder}/mod.rs", f"{folder}/lib.rs", f"{folder}/main.rs")
    return project.first(*(name for name in map(collapse, names) if name != path))


def _descend(project: Project, path: str, parts: list[str]) -> str | None:
    """The file of the module ``parts`` below the module ``path``: the nearest one where it is inline."""
    for length in range(len(parts), 0, -1):
        if found := _below(project, path, parts[:length]):
            return found
    return path


def _below(project: Project, path: str, parts: list[str]) -> str | None:
    pure = PurePosixPath(path)
    owns_folder = pure.name in ("mod.rs", "lib.rs", "main.rs") or pure.parent.name in ("tests", "benches", "bin")
    folder = pure.parent if owns_folder else pure.with_suffix("")
    stem = f"{folder}/{'/'.join(parts)}"
    return project.first(collapse(f"{stem}.rs"), collapse(f"{stem}/mod.rs"))


def _crate_roots(project: Project, path: str) -> list[str]:
    folder, _ = _manifest(project, path)
    if path.startswith((under(folder, "tests") or "tests") + "/"):
        return [path]
    roots = (under(folder, f"src/{name}") for name in ("lib.rs", "main.rs"))
    return [root for root in roots if root and project.has(root)]


def _named_crate(project: Project, path: str, name: str) -> list[str]:
    folder, manifest = _manifest(project, path)
    own = _table(manifest, "package").get("name")
    library = _table(manifest, "lib")
    names = {str(n).replace("-", "_") for n in (own, library.get("name")) if n}
    if name in names:
        return _library(project, folder, library)
    for section in ("dependencies", "dev-dependencies"):
        for key, entry in _table(manifest, section).items():
            if str(key).replace("-", "_") == name and isinstance(entry, dict):
                return _dependency(project, folder, key, entry)
    return []


def _dependency(project: Project, folder: str, key: str, entry: dict[str, Any]) -> list[str]:
    place = entry.get("path")
    if isinstance(place, str):
        return _library(project, collapse(f"{folder}/{place}") or "", {})
    if entry.get("workspace"):
        shared = _table(_table(_toml(project, "Cargo.toml"), "workspace"), "dependencies").get(key)
        if isinstance(shared, dict) and isinstance(shared.get("path"), str):
            return _library(project, collapse(str(shared["path"])) or "", {})
    return []


def _library(project: Project, folder: str, library: dict[str, Any]) -> list[str]:
    named = library.get("path")
    found = project.first(under(folder, str(named)) if named else None, under(folder, "src/lib.rs"))
    return [found] if found else []


def _manifest(project: Project, path: str) -> tuple[str, dict[str, Any]]:
    for folder in folders_above(path):
        manifest = under(folder, "Cargo.toml")
        if manifest and project.has(manifest):
            return folder, _toml(project, manifest)
    return "", {}


def _toml(project: Project, path: str) -> dict[str, Any]:
    text = project.text(path)
    try:
        return tomllib.loads(text) if text and len(text) < 100_000 else {}
    except (ValueError, RecursionError):
        return {}


def _table(table: dict[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name)
    return value if isinstance(value, dict) else {}
