"""A plan carried out as a whole or not at all, through errors and kills."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from ...core.errors import AionError, Conflict, UsageError
from .files import mode_of, read_regular, stage, sync_folder
from .journal import Plan, Step, commit, write_plan

_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


def execute(root: Path, plan: Plan, journal: Path) -> None:
    """Carry out ``plan``, journalled. Raises with the tree as it was: ``Conflict`` when a file is not as the plan
    expects it, ``UsageError`` when it may not be written, ``AionError`` for other failures (a full disk)."""
    check_expected(root, plan.steps)
    _check_writable(root, plan.steps)
    try:
        write_plan(journal, plan)
    except OSError as error:
        raise AionError(f"{journal} cannot be written ({error.strerror}): nothing was changed") from error
    taken: set[str] = set()
    at = root
    try:
        for folder in plan.folders:
            at = root / folder
            at.mkdir(exist_ok=True)
        for step in plan.steps:
            at = root / step.path
            if step.after is not None:
                stage(root / step.temporary, step.after, at, step.after_mode)
        for step in plan.steps:
            at = root / step.path
            _take(root, step)
            taken.add(step.path)
        remove_folders(root, plan.cleared)
        _sync(root, plan)
        commit(journal)
    except OSError as error:
        _abort(root, plan, journal, taken)
        raise explain(error, at.relative_to(root).as_posix()) from error
    except BaseException:
        _abort(root, plan, journal, taken)
        raise


def _check_writable(root: Path, steps: tuple[Step, ...]) -> None:
    """A rename would replace a read-only file without asking; whoever made it so meant it."""
    for step in steps:
        file = root / step.path
        if file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
            raise explain(PermissionError(errno.EACCES, "it is read-only"), step.path)


def check_expected(root: Path, steps: tuple[Step, ...]) -> None:
    """Raise ``Conflict``, naming the files, unless each one is as its step expects it."""
    changed = [step.path for step in steps if read_regular(root / step.path) != step.before]
    if changed:
        names = ", ".join(changed)
        raise Conflict(f"{names} changed since the run read it: nothing was written, your version is untouched")


def roll_back(root: Path, plan: Plan) -> list[str]:
    """Put back whatever ``plan`` has changed, and remove what it left. Returns the files that somebody else changed
    since, which are left alone."""
    for step in plan.steps:  # first the temporary files: that frees the space which putting back may need
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (root / step.temporary).unlink()
    foreign = []
    for step in reversed(plan.steps):
        now = read_regular(root / step.path)
        if now == step.after:
            _put(root, step.inverse())
        elif now != step.before:
            foreign.append(step.path)
    remove_folders(root, plan.folders)
    return foreign


def is_done(root: Path, plan: Plan) -> bool:
    """Whether every file is as ``plan`` leaves it."""
    return all(read_regular(root / step.path) == step.after for step in plan.steps)


def remove_folders(root: Path, folders: tuple[str, ...]) -> None:
    """Remove those of ``folders`` that are empty, innermost first."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):  # somebody else put a file there, or removed it
            (root / folder).rmdir()


def _take(root: Path, step: Step) -> None:
    """Let the staged file take its place, if the user has not come between."""
    if read_regular(root / step.path) != step.before:
        raise Conflict(
            f"{step.path} changed while it was to be written: nothing was changed, your version is untouched"
        )
    if step.after is None:
        (root / step.path).unlink()
    else:
        (root / step.temporary).replace(root / step.path)


def _put(root: Path, step: Step) -> None:
    file = root / step.path
    if step.after is None:
        file.unlink(missing_ok=True)
    elif read_regular(file) != step.after or mode_of(file) != step.after_mode:
        file.parent.mkdir(parents=True, exist_ok=True)
        stage(root / step.temporary, step.after, file, step.after_mode)
        (root / step.temporary).replace(file)
    with contextlib.suppress(OSError):
        sync_folder(file.parent)


def _sync(root: Path, plan: Plan) -> None:
    for folder in {(root / step.path).parent for step in plan.steps} | {(root / f).parent for f in plan.folders}:
        if folder.is_dir():
            sync_folder(folder)


def _abort(root: Path, plan: Plan, journal: Path, taken: set[str]) -> None:
    try:
        foreign = roll_back(root, plan)
    except OSError as error:
        raise AionError(
            f"writing failed, and so did putting back ({error.strerror}): {journal} holds every file as it was"
        ) from error
    if not taken.intersection(foreign):  # else it holds the only copy of what stood there
        with contextlib.suppress(OSError):
            journal.unlink(missing_ok=True)


def explain(error: OSError, path: str) -> AionError:
    """``error`` as one of ours, which says what to do; only for moments when nothing is left changed."""
    reason = error.strerror or str(error)
    if error.errno in _NOT_WRITABLE:
        return UsageError(
            f"{path} cannot be written ({reason}): nothing was changed. Make it writable, or use --patch FILE."
        )
    return AionError(f"{path} could not be written ({reason}): the project is as it was")
