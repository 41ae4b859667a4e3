"""From a patch to the steps that write it: real names, modes, missing folders, suggestions beside locked files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ...core.domain import Edit, Patch
from ...core.errors import Conflict
from ..edits.diff import diff_bytes
from ..edits.modes import is_made_executable, renamed_from
from .files import mode_of, read_regular, real_path, umask
from .journal import Plan, Step

SUGGESTION = ".aion-r-suggestion"
"""What a suggestion's file name ends with: after the suffix, so that no compiler or test runner collects it."""


def plan_patch(root: Path, patch: Patch, locked: Callable[[str], bool]) -> Plan:
    """The steps of ``patch``. Raises ``Forbidden`` for a path outside, ``Conflict`` for two names of one file."""
    steps: dict[str, Step] = {}
    suggestions: list[str] = []
    for edit in patch.edits:
        real = real_path(root, edit.path)
        if locked(edit.path) or locked(real):
            name, data = _suggestion(root, edit, real)
            suggestions.append(name)
            if read_regular(root / name) is None:
                steps[name] = _step(root, name, None, data, None)
        elif real in steps:
            raise Conflict(f"{edit.path} and another name of the patch are the same file: nothing was written")
        else:
            steps[real] = _step(root, real, edit.before, edit.after, _mode_after(root, edit, patch, real))
    ordered = tuple(steps[path] for path in sorted(steps))
    written = tuple(path for path in sorted(steps) if path not in suggestions)
    folders = tuple(missing_folders(root, ordered))
    return Plan(str(root), ordered, folders, (), written, tuple(sorted(suggestions)), patch.id)


def plan_back(root: Path, plan: Plan) -> Plan:
    """The plan that undoes ``plan``."""
    steps = tuple(step.inverse() for step in reversed(plan.steps))
    files = tuple(sorted(step.path for step in steps))
    return Plan(str(root), steps, tuple(missing_folders(root, steps)), plan.folders, files)


def missing_folders(root: Path, steps: Iterable[Step]) -> Iterator[str]:
    """The folders that the steps' files need and that are not there, outermost first, each once."""
    needed = {parent for step in steps if step.after is not None for parent in Path(step.path).parents}
    for folder in sorted(needed, key=lambda path: len(path.parts)):
        if folder.parts and not (root / folder).exists():
            yield folder.as_posix()


def _step(root: Path, path: str, before: bytes | None, after: bytes | None, mode: int | None) -> Step:
    temporary = Path(path).with_name(f".aion-r-{os.urandom(8).hex()}.tmp").as_posix()
    return Step(path, before, after, mode_of(root / path) if before is not None else None, mode, temporary)


def _mode_after(root: Path, edit: Edit, patch: Patch, real: str) -> int | None:
    """An existing file's own mode; a renamed file takes the one of the file it was. See ``edits.modes``."""
    if edit.before is not None:
        return mode_of(root / real)
    source = renamed_from(edit, patch)
    if source:
        return mode_of(root / source)
    return 0o777 & ~umask() if is_made_executable(edit, patch) else None


def _suggestion(root: Path, edit: Edit, real: str) -> tuple[str, bytes]:
    """A free name beside the locked file (or the one that holds the same already), and what goes there."""
    data = diff_bytes(Patch((edit,))) if edit.after is None else edit.after
    for number in range(1, 1000):
        name = real + SUGGESTION + (f"-{number}" if number > 1 else "")
        if not os.path.lexists(root / name) or read_regular(root / name) == data:
            return name, data
    raise Conflict(f"there are too many suggestions beside {real}: remove some")
