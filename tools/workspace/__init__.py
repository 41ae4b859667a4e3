"""The project on the disk: read with a patch on top, written back in one transaction, put back again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core.domain import Edit, Patch
from ...core.errors import AionError, Conflict
from ..edits.diff import diff_bytes
from ..edits.modes import executables_of, unknown
from .files import read_regular, real_path, temporary_for, write_durably
from .journal import Plan, commit, read_plan
from .merging import merge
from .planning import plan_back, plan_patch
from .transaction import check_expected, execute, explain, is_done, remove_folders, roll_back

__all__ = ["Workspace", "WriteBack", "write_patch_file"]

_NO_PATCH = Patch()


@dataclass(frozen=True, slots=True)
class WriteBack:
    """The files that were written, and those put beside locked ones; project-relative, sorted."""

    written: tuple[str, ...]
    suggestions: tuple[str, ...]


def _unlocked(_path: str) -> bool:
    return False


class Workspace:
    """One project's files. Paths are relative to ``root`` and use ``/``; none is followed out of it.

    Methods raise errors of ``core.errors`` only: ``Forbidden`` for a path outside, ``UsageError`` for what may not be
    read or written, ``AionError`` when the disk is full or fails.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))

    def read(self, path: str, patch: Patch = _NO_PATCH) -> bytes | None:
        """The file as it is with ``patch`` on top; ``None`` when there is no such regular file."""
        with _explained(path):
            real = real_path(self.root, path)
            for edit in patch.edits:
                if edit.path in (path, real):
                    return edit.after
            return read_regular(self.root / real)

    def write_back(self, patch: Patch, journal: Path, locked: Callable[[str], bool] = _unlocked) -> WriteBack:
        """Write ``patch``, all of it or nothing, with ``journal`` for ``undo`` and ``recover``.

        A file for which ``locked`` is true gets a suggestion beside it instead. Done already (a resumed run) is fine.
        Raises ``Conflict`` when a file is not as the patch found it. After any error nothing has changed.
        """
        with _explained(str(self.root)):
            plan = self._earlier(patch, journal)
            if plan is None:
                plan = plan_patch(self.root, patch, locked)
                if plan.steps:
                    execute(self.root, plan, journal)
            return WriteBack(plan.written, plan.suggestions)

    def differs(self, patch: Patch) -> bool:
        """Whether a file is not as ``patch`` found it."""
        return any(self.read(edit.path) != edit.before for edit in patch.edits)

    def merged(self, patch: Patch) -> Patch:
        """``patch`` on top of the project as it is now, each file that changed meanwhile merged line by line.

        Raises ``Conflict``, naming the files, where both changed the same place or nothing of the patch is left to do.
        """
        edits, conflicts = [], []
        for edit in patch.edits:
            now = self.read(edit.path)
            after = edit.after if now == edit.before else merge(edit.before, edit.after, now)
            if after is None and now != edit.before:
                conflicts.append(edit.path)
            edits.append(Edit(edit.path, now, after))
        left = tuple(edit for edit in edits if edit.before != edit.after)
        if conflicts or not left:
            names = ", ".join(conflicts or patch.paths)
            raise Conflict(f"{names} changed since the run read it: nothing was written, your version is untouched")
        return Patch(left)

    def holds(self, patch: Patch, journal: Path) -> bool:
        """Whether a write of ``patch`` with ``journal`` was carried out, and still stands."""
        return self._earlier(patch, journal) is not None

    def recover(self, journal: Path) -> bool:
        """Make whole what a kill interrupted: all of it done, or all of it put back. True when there was something.

        Raises ``Conflict``, naming files, where somebody changed them since; these are left alone, the journal is kept.
        """
        with _explained(str(journal)):
            with contextlib.suppress(OSError):
                temporary_for(journal).unlink()
            found = read_plan(journal)
            if found is None or found[1]:
                return False
            self._recover(found[0], journal)
            return True

    def settle(self, journal: Path) -> tuple[bool, frozenset[str]]:
        """As ``recover``, for a run that is to go on.

        Returns whether its write stands, and, if it was put back, the files and folders that were touched by that
        alone: relative, ``.`` for the root.
        """
        with _explained(str(journal)):
            found = read_plan(journal)
            self.recover(journal)
            if found is None:
                return False, frozenset()
            plan = found[0]
            if is_done(self.root, plan):
                return True, frozenset()
            if any(read_regular(self.root / step.path) != step.before for step in plan.steps):
                return False, frozenset()
            files = [Path(step.path) for step in plan.steps]
            return False, frozenset(path.as_posix() for file in files for path in (file, *file.parents))

    def undo(self, source: Patch | Path, journal: Path | None = None) -> tuple[str, ...]:
        """Put back what ``source``, a journal (or a patch, then without modes), has written; returns the files.

        ``journal`` is for this transaction itself; it is needed for a patch. Raises ``Conflict``, with nothing
        changed, when a file was edited since, ``AionError`` when there is no such journal.
        """
        with _explained(str(self.root)):
            if isinstance(source, Patch):
                if journal is None:
                    raise TypeError("undoing a patch needs a journal")
                return self._undo(plan_patch(self.root, source, _unlocked), journal)
            journal = journal or source.with_name(source.name + ".undo")
            self.recover(journal)
            if self.recover(source) and not source.exists():
                return ()  # a write that a kill had interrupted: nothing of it is left
            found = read_plan(source)
            if found is None:
                raise AionError(f"there is nothing to undo: {source} does not exist")
            return self._undo(found[0], journal)

    def _undo(self, plan: Plan, journal: Path) -> tuple[str, ...]:
        back = plan_back(self.root, plan)
        if is_done(self.root, back):
            return ()
        check_expected(self.root, back.steps)
        execute(self.root, back, journal)
        return back.written

    def _earlier(self, patch: Patch, journal: Path) -> Plan | None:
        """The plan of the same patch, if a transaction cut short or a run resumed has carried it out already."""
        self.recover(journal)
        found = read_plan(journal)
        done = found and found[1] and found[0].patch == patch.id and is_done(self.root, found[0])
        return found[0] if found and done else None

    def _recover(self, plan: Plan, journal: Path) -> None:
        if is_done(self.root, plan):
            remove_folders(self.root, plan.cleared)
            commit(journal)
            return
        foreign = roll_back(self.root, plan)
        if foreign:
            raise Conflict(f"{', '.join(foreign)} changed since an interrupted write: left alone ({journal} is kept)")
        journal.unlink(missing_ok=True)


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Let no ``OSError`` out: it becomes an error of ours that says which file and why."""
    try:
        yield
    except OSError as error:
        raise explain(error, str(error.filename or path)) from error


def write_patch_file(path: Path, patch: Patch, root: Path | None = None) -> None:
    """Write ``patch`` as a diff to ``path``, in one step, with the modes that files have below ``root``. Raises
    ``AionError`` where that fails."""
    try:
        write_durably(path, diff_bytes(patch, executables_of(root) if root else unknown))
    except OSError as error:
        raise AionError(f"{path} cannot be written: {error.strerror}") from error
