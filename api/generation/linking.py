"""Whether tests reach the code they are for: an import that leads nowhere fails before any test runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from ...core.errors import NoEdit
from .sources import holds_tests, is_source, python_imports, resolved, specifiers
from .target import Target

_FOREIGN = frozenset(("@jest/globals", "bun:test", "mocha", "node:test", "vitest"))
"""What tests of Node's frameworks are imported from."""
_OWN = {"jest": "@jest/globals"}


def check_links(files: Mapping[str, str], target: Target) -> None:
    """Raises ``NoEdit`` for a relative import of what is not there, and for tests that import none of the code."""
    sources = {path: text for path, text in files.items() if is_source(target.language, path)}
    is_test = target.framework.is_test_file
    tests = {p: text for p, text in sources.items() if is_test(p) and holds_tests(target.language, text)}
    code = [path for path in sources if path not in tests]
    check = _CHECKS.get(target.language)
    if check and tests:
        check(sources, tests, code)
    foreign = _FOREIGN - {_OWN.get(target.framework.name, target.framework.name)}
    for path, text in tests.items() if target.language in ("javascript", "typescript") else ():
        if other := next((name for name in specifiers(text) if name in foreign), None):
            raise NoEdit(f"{path} imports {other}, but its tests are to be run by {target.framework.name}")


def _python(sources: Mapping[str, str], tests: Mapping[str, str], code: list[str]) -> None:
    names = {part for path in code for part in PurePosixPath(path).with_suffix("").parts}
    imported = [python_imports(text) for text in tests.values()]
    if all(imported) and not any(names & found for found in imported):
        raise NoEdit(f"no test imports any of {', '.join(code)}: import what is tested by the name of its file")


def _node(sources: Mapping[str, str], tests: Mapping[str, str], code: list[str]) -> None:
    reached = set()
    for path, text in sources.items():
        for specifier in specifiers(text):
            if specifier.startswith("."):
                found = resolved(path, specifier, sources)
                if found is None and PurePosixPath(specifier).suffix not in (".json", ".css"):
                    raise NoEdit(f"{path} imports {specifier!r}, and there is no such file beside {', '.join(sources)}")
                reached.add(found if path in tests else None)
    if not reached.intersection(code):
        raise NoEdit(f"no test imports any of {', '.join(code)}: import what is tested by its relative path")


_CHECKS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, str], list[str]], None]] = {
    "python": _python,
    "javascript": _node,
    "typescript": _node,
}
