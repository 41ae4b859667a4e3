"""Generated files written to a folder: all of them or none, over nothing that is there, and undone as a fix is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...core.domain import Edit, Patch
from ...core.errors import Forbidden, UsageError
from ...graph.context import hold_project
from ...tools.edits.guard import Guard
from ...tools.runs import RunStore
from ...tools.workspace import Workspace
from .asking import Generated

_NAMED = 10
_HARMLESS = frozenset(("node_modules", "venv", "target"))
"""What may lie in a folder whose tests are to be those that are written: what an installer or a build has put there."""


@dataclass(frozen=True)
class Placed:
    """What was written where; ``run_id`` is for ``aion-r undo``, ``kept`` are manifests that were there already."""

    folder: Path
    run_id: str
    written: tuple[str, ...]
    kept: tuple[str, ...] = ()


def check_folder(folder: Path, *, fresh: bool) -> None:
    """Raises ``UsageError`` for what is no folder or cannot be written to; ``fresh``: also for one with files in it."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if os.path.lexists(parent))
    if not there.is_dir():
        raise UsageError(f"--out {folder}: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"--out {folder}: no permission to write in {there}")
    if fresh and folder.is_dir():
        found = sorted(entry.name for entry in folder.iterdir())
        foreign = [name for name in found if not name.startswith(".") and name not in _HARMLESS]
        if foreign:
            raise UsageError(
                f"--out {folder}: {_named(foreign)} there already, and --verify repairs all of a folder: name a new one"
            )


def place(generated: Generated, folder: Path, home: Path) -> Placed:
    """Write all files of ``generated`` below ``folder``, which is made where it is not there.

    A manifest made by us gives way to the folder's own. Raises ``UsageError`` for any other file that is there
    already and for a folder that cannot be used; then nothing is written.
    """
    files = generated.files
    kept = tuple(path for path in files if path in generated.made and os.path.lexists(folder / path))
    wanted = {path: text for path, text in files.items() if path not in kept}
    taken = [path for path in wanted if os.path.lexists(folder / path)]
    if taken:
        raise UsageError(f"{_named(taken)} there already in {folder}: nothing was written. Name a new folder")
    made = _make(folder)
    try:
        _check_places(wanted, folder)
        run_id = _write(wanted, folder, home)
    except BaseException:
        for parent in made:
            parent.rmdir()
        raise
    return Placed(folder, run_id, tuple(wanted), kept)


def _make(folder: Path) -> list[Path]:
    """The folders that had to be made, innermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not os.path.lexists(parent)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror}") from error
    return missing


def _check_places(files: dict[str, str], folder: Path) -> None:
    guard = Guard(folder, lambda path: False, allow_test_edits=True)
    for path in files:
        try:
            real = guard.check(path)
        except Forbidden as error:
            raise UsageError(f"nothing was written to {folder}: {error}") from error
        if real != path:
            raise UsageError(f"nothing was written to {folder}: {path} leads to {real}")


def _write(files: dict[str, str], folder: Path, home: Path) -> str:
    patch = Patch(tuple(Edit(path, None, text.encode("utf-8", "surrogatepass")) for path, text in files.items()))
    with hold_project(folder.resolve(), home):
        store = RunStore.create(home, folder.resolve())
        store.save_patch(patch)
        Workspace(folder).write_back(patch, store.journal)
        ended = datetime.now(UTC).isoformat()
        store.update(outcome="generated", stop_reason="generated", applied=True, finished_at=ended)
    return store.run_id


def _named(names: list[str]) -> str:
    more = len(names) - _NAMED
    shown = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{shown} {'is' if len(names) == 1 else 'are'}"
