"""The folders that a server may work below: given on the command line, by ``AION_R_ROOTS``, or the current one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UsageError

VARIABLE = "AION_R_ROOTS"
_LONGEST = 4096
"""Characters of a path that is looked at."""
_SHOWN = 200


@dataclass(frozen=True)
class Roots:
    """Real paths of folders. ``chosen`` says that somebody named them, so that nobody else may choose others."""

    folders: tuple[Path, ...]
    chosen: bool = True

    def project(self, path: str) -> Path:
        """The real path of the folder that ``path``, absolute or relative to a root, names.

        Raises ``UsageError``, in the same words whether it is there or not, for one that is not below a root.
        """
        if not path or "\0" in path or len(path) > _LONGEST:
            raise UsageError("the project must be the path of a folder.")
        within = [real for real in self._readings(path) if self.hold(real)]
        shown = repr(path if len(path) <= _SHOWN else path[:_SHOWN] + "…")
        if not within:
            raise UsageError(f"{shown} is not below an allowed folder ({self}): name one that is.")
        folder = next((real for real in within if os.path.isdir(real)), None)  # noqa: PTH112 - takes any name
        if folder is None:
            what = "is a file" if os.path.exists(within[0]) else "does not exist"  # noqa: PTH110
            raise UsageError(f"{shown} {what}: name the folder of a project below {self}.")
        return folder

    def hold(self, real: Path) -> bool:
        """Whether ``real``, a path with no link in it, is one of the folders or below one."""
        return any(real.is_relative_to(folder) for folder in self.folders)

    def narrowed(self, others: Iterable[Path]) -> Roots:
        """The folders that lie both here and below ``others``."""
        real = [Path(os.path.realpath(other)) for other in others]
        inner = [one for one in real if self.hold(one)]
        inner += [one for one in self.folders if Roots(tuple(real)).hold(one)]
        return Roots(tuple(dict.fromkeys(inner)))

    def __str__(self) -> str:
        return ", ".join(str(folder) for folder in self.folders) or "none"

    def _readings(self, path: str) -> list[Path]:
        """What ``path`` may mean, links followed: below each root for a relative one."""
        try:
            return list(dict.fromkeys(Path(os.path.realpath(folder / path)) for folder in self.folders))
        except (OSError, ValueError):  # a name that no file system takes
            return []


def allowed_roots(given: Iterable[str], environ: Mapping[str, str]) -> Roots:
    """Those ``given``, else those of ``AION_R_ROOTS`` (separated like ``PATH``), else the current folder.

    Raises ``UsageError`` for one that is no folder, and where the current folder is the whole disk.
    """
    named = list(given) or [part for part in environ.get(VARIABLE, "").split(os.pathsep) if part.strip()]
    if not named:
        here = Path.cwd().resolve()
        if here.parent == here:
            raise UsageError(f"the current folder is {here}: say with --root DIR (or {VARIABLE}) where projects are.")
        return Roots((here,), chosen=False)
    for name in named:
        if not Path(name).is_dir():
            raise UsageError(f"the root {name} is not a folder: name one that exists.")
    return Roots(tuple(dict.fromkeys(Path(name).resolve() for name in named)))
