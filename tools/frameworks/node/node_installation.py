"""Where a framework is installed for a package, and what a process needs to find it and all the others there."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .node_pnp import PlugAndPlay
from .node_project import Package, not_installed, read_manifest


@dataclass(frozen=True)
class Installation:
    """One framework of one package: in a folder, or in an archive of Yarn's."""

    name: str
    place: Path | None
    packed: PlugAndPlay | None

    @classmethod
    def of(cls, package: Package, name: str) -> Installation:
        """As Node would find it. Where there is none, both places are ``None``."""
        place = package.installed(name)
        return cls(name, place, None if place else PlugAndPlay.of(package))

    @classmethod
    def required(cls, package: Package, name: str) -> Installation:
        """The same; raises ``TestsNotRun`` where there is none, saying what installs it."""
        found = cls.of(package, name)
        if found.place is None and found.packed is None:
            raise not_installed(package, name)
        return found

    @property
    def major(self) -> int | None:
        """The major version, ``None`` where it is not told."""
        if self.place is None:
            return self.packed.major(self.name) if self.packed else None
        version = (read_manifest(self.place / "package.json") or {}).get("version")
        found = re.match(r"\d{1,6}", version) if isinstance(version, str) else None
        return int(found[0]) if found else None

    def start(self, out: Path) -> tuple[str, ...]:
        """The framework's own program, as Node takes it."""
        if self.place is None:
            return (str(out / "aion_r_node_pnp.cjs"), self.name)
        stated = (read_manifest(self.place / "package.json") or {}).get("bin")
        path = stated.get(self.name) if isinstance(stated, dict) else stated
        return (str(self.place / (path if isinstance(path, str) else f"bin/{self.name}.js")),)

    def node_options(self, given: str) -> dict[str, str]:
        """``NODE_OPTIONS``, where more than the ``given`` ones are needed."""
        return {"NODE_OPTIONS": f"{self.packed.node_options} {given}".strip()} if self.packed else {}


def program_path(package: Package) -> str:
    """PATH with the programs of the project's packages first, as npm sets it."""
    folders = dict.fromkeys((package.path, package.root))
    programs = [str(folder / "node_modules" / ".bin") for folder in folders]
    return os.pathsep.join([*programs, os.environ.get("PATH", "")])


def outside(package: Package) -> list[Path]:
    """Folders of installed packages that lie outside the project, or that a link leads to."""
    found = []
    for folder in (package.path, *package.path.resolve().parents):
        place = folder / "node_modules"
        if place.is_dir():
            real = place.resolve()
            if place.is_symlink() or not real.is_relative_to(package.root.resolve()):
                found.append(real)
            found += _linked(place, package.root.resolve())
    packed = PlugAndPlay.of(package)
    return [*found, *(packed.archives() if packed else [])]


def _linked(modules: Path, root: Path) -> list[Path]:
    """Where single packages are linked to, as ``npm link`` does it: the ``node_modules`` they lie in, or they alone."""
    entries = [entry for entry in modules.iterdir() if entry.is_symlink() or entry.name.startswith("@")]
    scoped = [inner for entry in entries if entry.name.startswith("@") and entry.is_dir() for inner in entry.iterdir()]
    targets = {entry.resolve() for entry in (*entries, *scoped) if entry.is_symlink()}
    return sorted({_shared(target) for target in targets if target.exists() and not target.is_relative_to(root)})


def _shared(target: Path) -> Path:
    return next((folder for folder in target.parents if folder.name == "node_modules"), target)
