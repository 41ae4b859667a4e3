"""Every test framework that AION-R knows. A new one is a file beside this one and a row here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...core.errors import TestsNotRun, UsageError
from .golang.go import Go
from .junit.junit import JUnit
from .node.jest import Jest
from .node.mocha import Mocha
from .node.vitest import Vitest
from .protocol import Detection, Framework
from .python.pytest import Pytest
from .rust.cargo import Cargo

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
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder.")
    rows = _rows(framework, language)
    found = [(row, detection) for row in rows if (detection := row.detect(root))]
    if not found:
        sought = "; ".join(f"{row.name}: {_SOUGHT.get(row.name, 'its own files')}" for row in rows)
        raise TestsNotRun(f"No tests were found in {root}. Looked for {sought}. A command helps: --test-command CMD")
    row, detection = max(found, key=lambda pair: pair[1].confidence)
    return row.for_project(root), detection


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
