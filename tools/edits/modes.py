"""Whether a file that a patch makes can be executed: the same in a view, in the project and in a patch file.

Files that were there keep their mode. One that is renamed takes it along; a new one is executable if it begins with the
line that names its interpreter, which says that it is to be run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ...core.domain import Edit, Patch

IsExecutable = Callable[[str], bool | None]
"""Whether the file of that path, as the project has it, is executable; ``None`` where that is not known."""


def unknown(path: str) -> None:
    """Nothing is known of any file."""


def executables_of(root: Path) -> IsExecutable:
    """What the files below ``root`` say."""

    def is_executable(path: str) -> bool | None:
        try:
            return bool((root / path).stat().st_mode & 0o111)
        except OSError:
            return None

    return is_executable


def renamed_from(edit: Edit, patch: Patch) -> str | None:
    """The path that ``edit``, which makes a file, moves it from: one that goes at the same time and has the same
    content or name, if there is only one."""
    gone = [other for other in patch.edits if other.after is None]
    name = PurePosixPath(edit.path).name
    same = [other for other in gone if other.before == edit.after or PurePosixPath(other.path).name == name]
    return same[0].path if len(same) == 1 else None


def is_made_executable(edit: Edit, patch: Patch, is_executable: IsExecutable = unknown) -> bool:
    """Whether the file that ``edit`` makes is to be executable."""
    source = renamed_from(edit, patch)
    known = is_executable(source) if source else None
    return (edit.after or b"").startswith(b"#!") if known is None else known
