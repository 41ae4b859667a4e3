"""What a Node project's own files say: its manifests, its workspaces, what is declared, what is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....core.errors import TestsNotRun

MOST_PACKAGES = 200
_LOCKS = (
    ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
    ("yarn.lock", "yarn install"),
    ("bun.lock", "bun install"),
    ("bun.lockb", "bun install"),
    ("package-lock.json", "npm ci"),
    ("npm-shrinkwrap.json", "npm ci"),
)
_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")


@dataclass(frozen=True)
class Package:
    """One ``package.json``. ``folder`` is relative to the project, ``.`` for its root; broken manifests are empty."""

    root: Path
    folder: str
    manifest: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.root / self.folder

    @property
    def scripts(self) -> dict[str, str]:
        """The scripts by name."""
        scripts = self.manifest.get("scripts")
        return {str(k): v for k, v in scripts.items() if isinstance(v, str)} if isinstance(scripts, dict) else {}

    @property
    def declared(self) -> dict[str, str]:
        """The packages it depends on in any way, with the wanted versions."""
        tables = [self.manifest.get(key) for key in _DEPENDENCIES]
        return {str(k): str(v) for table in tables if isinstance(table, dict) for k, v in table.items()}

    def config_file(self, pattern: str) -> str | None:
        """The first file in its folder that matches, as a project-relative path."""
        found = sorted(path.name for path in self.path.glob(pattern) if path.is_file())
        return (f"{self.folder}/{found[0]}".removeprefix("./")) if found else None

    def installed(self, name: str) -> Path | None:
        """The folder of an installed package, looked up as Node does: here, then in the folders above."""
        for folder in (self.path, *self.path.resolve().parents):
            place = folder / "node_modules" / name
            if (place / "package.json").is_file():
                return place
        return None


def read_manifest(path: Path) -> dict[str, Any] | None:
    """A ``package.json`` as a mapping; ``None`` where there is none, empty where it is broken."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def home_of(package: Package) -> Package:
    """Where the packages of ``package`` are installed: in the root if it is a member there, else in its own folder."""
    joined = packages(package.root)
    return joined[0] if any(one.folder == package.folder for one in joined) else package


def packages(root: Path) -> list[Package]:
    """The package in ``root``, then those of its workspaces. Without a manifest in ``root`` there are none."""
    manifest = read_manifest(root / "package.json")
    if manifest is None:
        return []
    found = [Package(root, ".", manifest)]
    for folder in _members(root, manifest):
        inner = read_manifest(folder / "package.json")
        if inner is not None:
            found.append(Package(root, folder.relative_to(root).as_posix(), inner))
    return found[:MOST_PACKAGES]


def _members(root: Path, manifest: dict[str, Any]) -> list[Path]:
    patterns = [*_workspaces(manifest), *_pnpm_workspaces(root), *_lerna(root)]
    found: dict[Path, None] = {}
    for pattern in patterns:
        if not pattern.startswith("!"):
            found.update(dict.fromkeys(_expand(root, pattern)))
    for pattern in patterns:
        if pattern.startswith("!"):
            for folder in _expand(root, pattern[1:]):
                found.pop(folder, None)
    return list(found)


def _expand(root: Path, pattern: str) -> Iterator[Path]:
    plain = pattern.removeprefix("./").rstrip("/")
    if not plain or plain.startswith(("/", "..")) or plain == ".":
        return
    try:
        for folder in sorted(root.glob(plain)):
            if folder.is_dir() and "node_modules" not in folder.parts and folder != root:
                yield folder
    except (ValueError, OSError, NotImplementedError):  # a pattern that Python's glob does not know
        return


def _workspaces(manifest: dict[str, Any]) -> list[str]:
    value = manifest.get("workspaces")
    if isinstance(value, dict):
        value = value.get("packages")
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _pnpm_workspaces(root: Path) -> list[str]:
    """The list under ``packages:``; the file is simple enough to need no YAML reader."""
    try:
        lines = (root / "pnpm-workspace.yaml").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found, inside = [], False
    for line in lines:
        if re.match(r"packages\s*:", line):
            inside = True
            found += re.findall(r"['\"]([^'\"]+)['\"]", line.partition("[")[2])
        elif inside and (item := re.match(r"\s*-\s*['\"]?([^'\"#]+?)['\"]?\s*(?:#.*)?$", line)):
            found.append(item[1])
        elif line.strip() and not line[0].isspace() and not line.startswith(("-", "#")):
            inside = False
    return found


def _lerna(root: Path) -> list[str]:
    data = read_manifest(root / "lerna.json") or {}
    return (
        [item for item in data.get("packages", []) if isinstance(item, str)]
        if isinstance(data.get("packages"), list)
        else []
    )


def install_command(root: Path) -> str:
    """What installs the project's packages, by the lock file that is there."""
    for name, command in _LOCKS:
        if (root / name).is_file():
            return command
    return "npm install"


def not_installed(package: Package, name: str) -> TestsNotRun:
    """The error for a framework that is not in ``node_modules``."""
    home = home_of(package).path
    where = f"(in {home})"
    command = install_command(home)
    if not (home / "node_modules").is_dir() and not (package.path / "node_modules").is_dir():
        return TestsNotRun(
            f"The project's packages are not installed: there is no node_modules. Run: {command} {where}"
        )
    if name in package.declared or name in (read_manifest(home / "package.json") or {}).get("devDependencies", {}):
        return TestsNotRun(f"{name} is declared and not in node_modules. Run: {command} {where}")
    return TestsNotRun(f"{name} is not in node_modules. Run: npm install --save-dev {name} {where}")
