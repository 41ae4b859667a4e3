"""What a text in each language shows at a glance: whether it holds tests, what it imports, what its package is."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

_NODE_SUFFIXES = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "python": (".py",),
    "javascript": _NODE_SUFFIXES,
    "typescript": _NODE_SUFFIXES,
    "go": (".go",),
    "rust": (".rs",),
}
"""What files of a language end in; the two of Node may stand beside each other."""

_NODE_TEST = re.compile(r"\b(?:test|it)(?:\.\w+)*\s*(?:\(|`)")
_TESTS: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"^[ \t]*(?:async[ \t]+)?def test|^class Test|\bTestCase\b", re.MULTILINE),
    "javascript": _NODE_TEST,
    "typescript": _NODE_TEST,
    "go": re.compile(r"^func (?:Test|Fuzz|Example)\w*\(", re.MULTILINE),
    "rust": re.compile(r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest)\b"),
}
_SPECIFIER = re.compile(
    r"""(?:\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(\s*|^\s*import\s*)["']([^"'\n]+)["']""", re.MULTILINE
)
_ES_SYNTAX = re.compile(r"^\s*(?:import\s*[\w{*\"']|export\s+(?:default|const|let|class|function|async|\{|\*))", re.M)
_COMMON_SYNTAX = re.compile(r"\bmodule\.exports\b|^\s*exports\.\w|\brequire\s*\(", re.MULTILINE)
_PACKAGE = re.compile(r"^package\s+(\w+)", re.MULTILINE)
_GO_IMPORT = re.compile(r"^import\s*(?:\w+\s+)?\"([^\"\n]+)\"|^import\s*\((.*?)^\)", re.MULTILINE | re.DOTALL)
_CRATE = re.compile(r"^\s*(?:pub\s+)?use\s+(?:::)?([a-z]\w*)\s*(?:::\s*\{?\s*(\w+)|;)", re.MULTILINE)
_RUST_ITEM = re.compile(r"\b(?:struct|enum|fn|trait|mod|type|const|static|union|macro_rules!)\s+(\w+)")
_RUST_OWN = frozenset(("std", "core", "alloc", "crate", "self", "super", "proc_macro", "test"))


def is_source(language: str, path: str) -> bool:
    """Whether ``path`` is named as files of ``language`` are."""
    return PurePosixPath(path).suffix.lower() in SUFFIXES[language]


def holds_tests(language: str, text: str) -> bool:
    """Whether ``text`` declares a test."""
    return bool(_TESTS[language].search(text))


def python_imports(text: str) -> set[str]:
    """The parts of every module's name that ``text`` imports; none of a text that does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            names.update((node.module or "").split("."), (alias.name for alias in node.names))
    return names - {""}


def specifiers(text: str) -> list[str]:
    """What a JavaScript or TypeScript text imports or requires, as written."""
    return _SPECIFIER.findall(text)


def uses_import(texts: Iterable[str]) -> bool:
    """Whether one of ``texts`` is an ES module."""
    return any(_ES_SYNTAX.search(text) for text in texts)


def uses_require(texts: Iterable[str]) -> bool:
    """Whether one of ``texts`` is a CommonJS module."""
    return any(_COMMON_SYNTAX.search(text) for text in texts)


def resolved(importer: str, specifier: str, paths: Iterable[str]) -> str | None:
    """Which of ``paths`` the relative ``specifier`` in the file ``importer`` means, or ``None``."""
    known = set(paths)
    target = _joined(PurePosixPath(importer).parent, specifier)
    if target is None:
        return None
    bare = re.sub(r"\.[cm]?jsx?$", "", target)  # TypeScript names the file that is made of it
    endings = (*_NODE_SUFFIXES, ".json", *(f"/index{suffix}" for suffix in _NODE_SUFFIXES))
    inside = "" if target == "." else f"{target}/"
    candidates = [target, *(f"{stem}{ending}" for stem in (target, bare) for ending in endings)]
    candidates += [f"{inside}index{suffix}" for suffix in _NODE_SUFFIXES]
    return next((path for path in candidates if path in known), None)


def _joined(folder: PurePosixPath, specifier: str) -> str | None:
    """``None`` where it leads out of the project."""
    parts = list(folder.parts)
    for part in specifier.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."


def go_package(text: str) -> str | None:
    """The name in the package clause."""
    found = _PACKAGE.search(text)
    return found[1] if found else None


def go_imports(text: str) -> Iterator[str]:
    """The paths that a Go text imports."""
    for single, several in _GO_IMPORT.findall(text):
        yield from [single] if single else re.findall(r"\"([^\"\n]+)\"", several)


def crates(text: str) -> dict[str, str]:
    """The crates that a Rust text names in ``use``, each with the first of their items; not the language's own."""
    found: dict[str, str] = {}
    for crate, item in _CRATE.findall(text):
        if crate not in _RUST_OWN:
            found.setdefault(crate, item)
    return found


def rust_items(text: str) -> set[str]:
    """The names that a Rust text declares."""
    return set(_RUST_ITEM.findall(text))
