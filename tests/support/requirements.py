"""What the project declares that it needs, and what that needs in turn."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement


def canonical(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(root: Path, group: str | None = None) -> list[Requirement]:
    """The run-time requirements of ``pyproject.toml``, or those of a dependency group."""
    table = _table(root)
    lines = table["dependency-groups"][group] if group else table["project"]["dependencies"]
    return [Requirement(line) for line in lines]


def extras(root: Path) -> list[Requirement]:
    """What all extras of ``pyproject.toml`` add."""
    return [Requirement(line) for lines in _table(root)["project"]["optional-dependencies"].values() for line in lines]


def _table(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def closure(requirements: list[Requirement]) -> set[str]:
    """Canonical names of ``requirements`` and all that they require on this platform; all have to be installed."""
    seen: set[tuple[str, str]] = set()
    queue = [(requirement, "") for requirement in requirements]
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in {"", *requirement.extras}:
            if (key := (canonical(requirement.name), wanted)) not in seen:
                seen.add(key)
                queue += [(Requirement(line), wanted) for line in metadata.requires(requirement.name) or []]
    return {name for name, _ in seen}


def installed_entries(name: str) -> set[str]:
    """The entries of ``site-packages`` that the distribution ``name`` owns or shares: folders, modules, metadata."""
    files = metadata.distribution(name).files or []
    return {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}
