"""Every test framework that AION-R knows. A new one is a file beside this one and a row here."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ...core.errors import TestsNotRun, UsageError
from .golang.go import Go
from .junit.junit import JUnit
from .node.jest import Jest
from .node.mocha import Mocha
from .node.node_framework import NodeFramework
from .node.vitest import Vitest
from .protocol import USED, Detection, Framework
from .python.pytest import Pytest
from .rust.cargo import Cargo
from .several import Frameworks, Used

FRAMEWORKS: tuple[Framework, ...] = (Pytest(), Vitest(), Jest(), Mocha(), Go(), Cargo(), JUnit())
"""In the order of preference where two are equally sure."""

_SOUGHT = {
    "pytest": "a pytest configuration, conftest.py, test_*.py or *_test.py",
    "go": "go.mod or go.work",
    "cargo": "Cargo.toml",
    "vitest": "vitest in package.json, vitest.config.*",
    "jest": "jest in package.json, jest.config.*",
    "mocha": "mocha in package.json, .mocharc*",
}
_ONLY_BY_NAME = frozenset(("junit",))
"""Fits every project, so it is used only where it is asked for."""


def detect(root: Path, framework: str | None = None, language: str | None = None) -> tuple[Framework, Detection]:
    """The framework for ``root``: the one named, else the one that is surest by the project's own files.

    Raises ``UsageError`` for a name that nobody knows, ``TestsNotRun`` when the project uses none, saying what was
    looked for.
    """
    row, detection = max(_found(root, framework, language), key=lambda pair: pair[1].confidence)
    return row.for_project(root), detection


def detect_used(
    root: Path, framework: str | None = None, language: str | None = None, command: str | None = None
) -> tuple[Frameworks, Detection]:
    """All frameworks that ``root`` really uses (``protocol.USED``), the surest one where none is sure.

    A ``command`` of the user's own is one framework's: of that which it names, else of the surest. The detection names
    them all and says why, and which guesses were left out. Raises as ``detect`` does.
    """
    found = _found(root, framework, language)
    surest = max(found, key=lambda pair: pair[1].confidence)
    if command is None:
        used = [pair for pair in _one_a_package(root, found) if pair[1].confidence >= USED] or [surest]
    else:
        used = [next((pair for pair in found if _names(command, pair[0].name)), surest)]
    frameworks = Frameworks(root, [Used(row.for_project(root), detection.language) for row, detection in used])
    left_out = [pair[1] for pair in found if pair[0].name not in [row.name for row, _ in used]]
    reasons = [detection.reason for _, detection in used]
    if framework is None and command is None:
        reasons += [f"left out {other.framework}: {other.reason}" for other in left_out]
    languages = ", ".join(dict.fromkeys(detection.language for _, detection in used))
    return frameworks, Detection(frameworks.name, languages, "; ".join(reasons), surest[1].confidence)


def _found(root: Path, framework: str | None, language: str | None) -> list[tuple[Framework, Detection]]:
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder.")
    rows = _rows(framework, language)
    found = [(row, detection) for row in rows if (detection := row.detect(root))]
    if not found:
        sought = "; ".join(f"{row.name}: {_SOUGHT.get(row.name, 'its own files')}" for row in rows)
        told = f"No tests were found in {root}.{_unreadable(root)}"
        raise TestsNotRun(f"{told} Looked for {sought}. A command helps: --test-command CMD")
    return found


def _unreadable(root: Path) -> str:
    """The manifest that cannot be read, which may be why nothing was found."""
    readers: dict[str, Callable[[str], object]] = {"package.json": json.loads, "pyproject.toml": tomllib.loads}
    for name, read in readers.items():
        try:
            read((root / name).read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            return f" {name} cannot be read: {error}."
    return ""


def _names(command: str, framework: str) -> bool:
    return re.search(rf"(?<![\w.-]){framework}(?![\w.-])", command) is not None


def _one_a_package(root: Path, found: list[tuple[Framework, Detection]]) -> list[tuple[Framework, Detection]]:
    """Of Node's frameworks, each package has one: the surest there. One that is left without a package is out."""
    surest: dict[str, tuple[float, str]] = {}
    for row, _ in found:
        for folder, confidence in row.claims(root).items() if isinstance(row, NodeFramework) else ():
            if confidence > surest.get(folder, (0.0, ""))[0]:
                surest[folder] = (confidence, row.name)
    kept: list[tuple[Framework, Detection]] = []
    for row, detection in found:
        if isinstance(row, NodeFramework):
            left = frozenset(folder for folder, (_, name) in surest.items() if name != row.name)
            own = replace(row, left=left)
            again = own.detect(root)
            kept += [(own, again)] if again else []
        else:
            kept.append((row, detection))
    return kept


def _rows(framework: str | None, language: str | None) -> list[Framework]:
    wanted = framework.strip().lower() if framework is not None else None
    rows = [row for row in FRAMEWORKS if (row.name == wanted if wanted else row.name not in _ONLY_BY_NAME)]
    if not rows:
        raise UsageError(f"unknown framework {framework!r}: choose from {', '.join(row.name for row in FRAMEWORKS)}")
    fitting = [row for row in rows if language is None or language.strip().lower() in row.languages]
    if not fitting:
        raise UsageError(f"no framework for language {language!r}: choose from {', '.join(_languages(rows))}")
    return fitting


def _languages(rows: Iterable[Framework]) -> list[str]:
    return sorted({language for row in rows for language in row.languages})
