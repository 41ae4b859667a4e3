"""JavaScript's and TypeScript's front ends: how a module specifier finds a file of the project."""

from __future__ import annotations

import json
import re
from typing import Any

from .javascript_outline import JavaScriptCollector
from .outline import Chain, Outline
from .project import Project, collapse, folders_above, under
from .syntax import parser_for

_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/')
_TRAILING = re.compile(r",(\s*[}\]])")
_WORKSPACES = ("packages", "apps", "libs", "modules")


class JavaScript:
    """Relative modules, ``paths`` and ``baseUrl``, ``#imports``, the package's own name, and workspace packages."""

    suffixes: tuple[str, ...] = (".js", ".jsx", ".mjs", ".cjs")
    constructors = ("constructor",)
    receivers = ("this",)

    def outline(self, text: str, path: str) -> Outline:
        """Flow-typed and JSX sources are read as far as the grammar goes."""
        parser = parser_for("tree_sitter_javascript")
        return JavaScriptCollector().collect(parser, text) if parser else Outline()

    def modules(self, project: Project, path: str, module: str) -> tuple[str, ...]:
        """The file that a specifier means, at most one; packages from outside the project are none."""
        spec = module.partition("?")[0]
        if spec.startswith("."):
            found = _file(project, f"{folders_above(path)[0]}/{spec}")
        elif spec.startswith("/"):
            found = _file(project, spec)
        else:
            found = _configured(project, path, spec) or _packaged(project, path, spec)
        return (found,) if found else ()

    def neighbours(self, project: Project, path: str) -> tuple[str, ...]:
        """None: a module sees only what it imports."""
        return ()

    def test_names(self, test_id: str) -> Chain:
        """None: a test is found by its line, or by its title in the id."""
        return ()


class TypeScript(JavaScript):
    """The same rules over the typed grammar."""

    suffixes = (".ts", ".tsx", ".mts", ".cts")

    def outline(self, text: str, path: str) -> Outline:
        """``.tsx`` has a grammar of its own."""
        parser = parser_for("tree_sitter_typescript", "language_tsx" if path.endswith("x") else "language_typescript")
        return JavaScriptCollector().collect(parser, text) if parser else Outline()


def _file(project: Project, path: str) -> str | None:
    stem = collapse(path)
    if stem is None:
        return project.first(*(f"index{ending}" for ending in _ENDINGS))
    if stem.endswith(_ENDINGS) and project.has(stem):
        return stem
    bare = re.sub(r"\.([mc]?)jsx?$", "", stem)  # TypeScript writes './x.js' for './x.ts'
    stems = dict.fromkeys((bare, stem))
    return project.first(
        *(f"{s}{ending}" for s in stems for ending in _ENDINGS), *(f"{stem}/index{ending}" for ending in _ENDINGS)
    )


def _configured(project: Project, path: str, spec: str) -> str | None:
    for folder in folders_above(path):
        for name in ("tsconfig.json", "jsconfig.json"):
            options = _json(project, under(folder, name)).get("compilerOptions")
            if isinstance(options, dict):
                return _mapped(project, folder, options, spec)
    return None


def _mapped(project: Project, folder: str, options: dict[str, Any], spec: str) -> str | None:
    base = options.get("baseUrl")
    start = f"{folder}/{base}" if isinstance(base, str) else folder
    paths = options.get("paths")
    for pattern, places in paths.items() if isinstance(paths, dict) else ():
        head, star, tail = pattern.partition("*")
        fits = spec.startswith(head) and spec.endswith(tail) if star else spec == pattern
        for place in places if fits and isinstance(places, list) else ():
            middle = spec[len(head) : len(spec) - len(tail)]
            if found := _file(project, f"{start}/{str(place).replace('*', middle)}"):
                return found
    return _file(project, f"{start}/{spec}") if isinstance(base, str) else None


def _packaged(project: Project, path: str, spec: str) -> str | None:
    for folder in folders_above(path):
        manifest = _json(project, under(folder, "package.json"))
        if spec.startswith("#"):
            target = _imports(manifest, spec)
            if target and (found := _file(project, f"{folder}/{target}")):
                return found
        elif found := _of_package(project, folder, manifest, spec):
            return found
    return _workspace(project, spec)


def _imports(manifest: dict[str, Any], spec: str) -> str | None:
    entries = manifest.get("imports")
    for pattern, place in entries.items() if isinstance(entries, dict) else ():
        head, star, tail = str(pattern).partition("*")
        target = next((v for v in place.values() if isinstance(v, str)), None) if isinstance(place, dict) else place
        if isinstance(target, str) and (spec == pattern or (star and spec.startswith(head) and spec.endswith(tail))):
            return target.replace("*", spec[len(head) : len(spec) - len(tail)])
    return None


def _of_package(project: Project, folder: str, manifest: dict[str, Any], spec: str) -> str | None:
    name = manifest.get("name")
    if not isinstance(name, str) or not name or not (spec == name or spec.startswith(name + "/")):
        return None
    inside = spec[len(name) + 1 :]
    if inside:
        return _file(project, f"{folder}/{inside}") or _file(project, f"{folder}/src/{inside}")
    entries = [e for e in (manifest.get("source"), manifest.get("main"), "src/index", "index") if isinstance(e, str)]
    return next((found for entry in entries if (found := _file(project, f"{folder}/{entry}"))), None)


def _workspace(project: Project, spec: str) -> str | None:
    parts = spec.split("/")
    short = parts[1] if spec.startswith("@") and len(parts) > 1 else parts[0]
    for place in _WORKSPACES:  # by the usual name of the folder: listing every package would cost more than it tells
        folder = f"{place}/{short}"
        if found := _of_package(project, folder, _json(project, collapse(f"{folder}/package.json")), spec):
            return found
    return None


def _json(project: Project, path: str | None) -> dict[str, Any]:
    text = project.text(path) if path else None
    if not text or len(text) > 100_000:
        return {}
    for attempt in (text, _TRAILING.sub(r"\1", _COMMENT.sub(lambda m: m[1] or "", text))):
        try:
            parsed = json.loads(attempt)
        except (ValueError, RecursionError):
            continue
        return parsed if isinstance(parsed, dict) else {}
    return {}
