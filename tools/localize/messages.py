"""Evidence from what a failure says: places it names, and names that definitions of the project bear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.domain import TestFailure
from .outline import Definition
from .project import Project, collapse, folders_above
from .resolve import Resolver, Target

MAX_MESSAGE = 8_000
MAX_PLACES = 40

_PLACES = (
    re.compile(r'File "([^"\n]{1,400})", line (\d{1,7})'),
    re.compile(r"((?:[A-Za-z]:)?[\w./\\@+-]{1,300}\.[A-Za-z]{1,4})[:(](\d{1,7})\b"),
)
_BROKEN = re.compile(
    r"SyntaxError|IndentationError|TabError|invalid syntax|Unexpected token|error TS\d|error\[E\d|undefined:"
    r"|cannot use|declared and not used|imported and not used|could not compile|Transform failed|Parse failure"
)
_QUOTED = re.compile(r"['\"`\u2018\u2019]([A-Za-z_$][\w$.:]{1,120})['\"`\u2018\u2019]")
_CALLED = re.compile(r"\b([A-Za-z_$][\w$.]{1,120})\(")
_IMPORT = re.compile(r"cannot import name ['\"](\w+)['\"] from (?:partially initialized module )?['\"]([\w.]+)['\"]")
_LACKS = re.compile(r"has no attribute|is not a function|has no field or method|no method named|does not exist on type")
_NO_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")


def places(project: Project, failure: TestFailure, near: str | None) -> Iterator[tuple[str, int, float]]:
    """File, line and weight of the places that the failure's text names, compilers' and parsers' ones first."""
    for text, factor in ((failure.message, 1.0), (failure.output, 0.7)):
        cut = text[:MAX_MESSAGE]
        weight = factor * (0.95 if _BROKEN.search(cut) else 0.6)
        for pattern in _PLACES:
            for number, found in enumerate(pattern.finditer(cut)):
                if number >= MAX_PLACES:
                    break
                if path := _located(project, found[1], near):
                    yield path, int(found[2]), weight


def names(failure: TestFailure) -> list[str]:
    """Simple names in the message that a definition may bear, the most telling first."""
    cut = failure.message[:MAX_MESSAGE]
    found = [*_CALLED.findall(cut), *_QUOTED.findall(cut)]
    parts = [part for name in found[:MAX_PLACES] for part in re.split(r"[.:]+", name) if len(part) > 1]
    return list(dict.fromkeys(reversed(parts)))


def lacks_member(failure: TestFailure) -> bool:
    """Whether the message says that a class or object lacks a member."""
    return bool(_LACKS.search(failure.message[:MAX_MESSAGE]))


def modules(resolver: Resolver, failure: TestFailure, path: str) -> Iterator[tuple[Target, float]]:
    """The modules, and the names in them, that a failed import of ``path`` speaks of."""
    cut = failure.message[:MAX_MESSAGE]
    for name, module in _IMPORT.findall(cut):
        for file in resolver.modules(path, module):
            yield Target(file), 0.9
            yield from ((Target(file, d), 0.7) for d in _alike(resolver.project, file, name))
    for module in _NO_MODULE.findall(cut):
        for file in resolver.modules(path, module.rpartition(".")[0] or module):
            yield Target(file), 0.7


def _alike(project: Project, path: str, name: str) -> list[Definition]:
    wanted = name.replace("_", "").lower()
    return [
        d
        for d in project.outline(path).definitions
        if "." not in d.qualname and _near(d.name.replace("_", "").lower(), wanted)
    ]


def _near(one: str, other: str) -> bool:
    return bool(one) and bool(other) and (one in other or other in one or sorted(one) == sorted(other))


def _located(project: Project, path: str, near: str | None) -> str | None:
    inside = project.relative(path)
    if inside is None or project.has(inside):
        return inside
    folders = folders_above(near)[:4] if near else []
    return project.first(*(collapse(f"{folder}/{inside}") for folder in folders))
