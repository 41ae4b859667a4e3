"""The project on the disk: read with a patch on top, written back in one transaction, put back again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core.domain import Edit, Patch
from ...core.errors import AionError, Conflict
from ..edits.diff import diff_bytes
from .files import mode_of, read_regular, real_path, write_durably
from .journal import Plan, Step, commit, read_plan
from .transaction import check_expected, execute, is_done, remove_folders, roll_back

__all__ = ["Workspace", "WriteBack", "write_patch_file"]

SUGGESTION = ".aion-r-suggestion"
"""What a suggestion's file name ends with: after the suffix, so that no compiler or test runner collects it."""


@dataclass(frozen=True, slots=True)
class WriteBack:
    """The files that were written, and those put beside locked ones; project-relative, sorted."""

    written: tuple[str, ...]
    suggestions: tuple[str, ...]


def _nothing(_path: str) -> bool:
    return False


class Workspace:
    """One project's files. Paths are relative to ``root`` and use ``/``; none is followed out of it."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))

    def read(self, path: str, patch: Patch = Patch()) -> bytes | None:  # noqa: B008 - frozen
        """The file as it is with ``patch`` on top; ``None`` when there is no such regular file."""
        real = real_path(self.root, path)
        for edit in patch.edits:
            if edit.path in (path, real):
                return edit.after
        return read_regular(self.root / real)

    def write_back(self, patch: Patch, journal: Path, locked: Callable[[str], bool] = _nothing) -> WriteBack:
        """Write ``patch``, all of it or nothing, with ``journal`` for ``undo`` and ``recover``.

        A file for which ``locked`` is true gets a suggestion beside it instead. Done already (a resumed run) is fine.
        Raises ``Conflict`` when a file is not as the patch found it, ``UsageError`` when it may not be written,
        ``AionError`` when the disk is full or fails; nothing has changed then.
        """
        earlier = self._earlier(patch, journal)
        if earlier is not None:
            return WriteBack(earlier.written, earlier.suggestions)
        plan = self._plan(patch, locked)
        if plan.steps:
            execute(self.root, plan, journal)
        return WriteBack(plan.written, plan.suggestions)

    def recover(self, journal: Path) -> bool:
        """Make whole what a kill interrupted: all of it done, or all of it put back. True when there was something.

        Raises ``Conflict``, naming files, where somebody changed them since; these are left alone, the journal is kept.
        """
        found = read_plan(journal)
        if found is None or found[1]:
            return False
        plan = found[0]
        if is_done(self.root, plan):
            commit(journal)
            return True
        foreign = roll_back(self.root, plan)
        if foreign:
            raise Conflict(f"{', '.join(foreign)} changed since an interrupted write: left alone ({journal} is kept)")
        journal.unlink(missing_ok=True)
        return True

    def undo(self, source: Patch | Path, journal: Path | None = None) -> tuple[str, ...]:
        """Put back what ``source``, a journal (or a patch, then without modes), has written; returns the files.

        ``journal`` is for this transaction itself; it is needed for a patch. Raises ``Conflict``, with nothing
        changed, when a file was edited since, ``AionError`` when there is no such journal.
        """
        if isinstance(source, Patch):
            if journal is None:
                raise TypeError("undoing a patch needs a journal")
            plan = self._plan(source, _nothing, written=True)
        else:
            journal = journal or source.with_name(source.name + ".undo")
            self.recover(journal)
            if self.recover(source) and not source.exists():
                return ()  # a write that a kill had interrupted: nothing of it is left
            found = read_plan(source)
            if found is None:
                raise AionError(f"there is nothing to undo: {source} does not exist")
            plan = found[0]
        back = tuple(step.inverse() for step in reversed(plan.steps))
        if all(read_regular(self.root / step.path) == step.after for step in back):
            remove_folders(self.root, plan.folders)
            return ()
        check_expected(self.root, back)
        folders = tuple(self._missing_folders(back))
        files = tuple(sorted(step.path for step in back))
        execute(self.root, Plan(str(self.root), back, folders, files), journal)
        remove_folders(self.root, plan.folders)
        return files

    def _earlier(self, patch: Patch, journal: Path) -> Plan | None:
        """The plan of the same patch, if a transaction cut short or a run resumed has carried it out already."""
        self.recover(journal)
        found = read_plan(journal)
        if found and found[1] and found[0].patch == patch.id and is_done(self.root, found[0]):
            return found[0]
        return None

    def _plan(self, patch: Patch, locked: Callable[[str], bool], written: bool = False) -> Plan:
        """The steps of ``patch``; ``written`` says that it is in place, so that no folder is missing."""
        steps: dict[str, Step] = {}
        suggestions: list[str] = []
        for edit in patch.edits:
            real = real_path(self.root, edit.path)
            if locked(edit.path) or locked(real):
                name, data = self._suggestion(edit, real)
                suggestions.append(name)
                if read_regular(self.root / name) is None:
                    steps[name] = self._step(name, None, data, None)
            elif real in steps:
                raise Conflict(f"{edit.path} and another name of the patch are the same file: nothing was written")
            else:
                steps[real] = self._step(real, edit.before, edit.after, self._mode(edit, patch, real))
        ordered = tuple(steps[path] for path in sorted(steps))
        paths = tuple(path for path in sorted(steps) if path not in suggestions)
        folders = () if written else tuple(self._missing_folders(ordered))
        return Plan(str(self.root), ordered, folders, paths, tuple(sorted(suggestions)), patch.id)

    def _step(self, path: str, before: bytes | None, after: bytes | None, mode: int | None) -> Step:
        temporary = Path(path).with_name(f".aion-r-{os.urandom(8).hex()}.tmp").as_posix()
        present = mode_of(self.root / path)
        return Step(path, before, after, present if before is not None else None, mode, temporary)

    def _mode(self, edit: Edit, patch: Patch, real: str) -> int | None:
        """An existing file's own mode; a renamed file takes the one of the file it was."""
        if edit.before is not None:
            return mode_of(self.root / real)
        gone = [other for other in patch.edits if other.after is None]
        same = [other for other in gone if other.before == edit.after or Path(other.path).name == Path(edit.path).name]
        return mode_of(self.root / same[0].path) if len(same) == 1 else None

    def _missing_folders(self, steps: tuple[Step, ...]) -> Iterator[str]:
        """The folders that the steps' new files need, outermost first, each once."""
        needed = {parent for step in steps if step.after is not None for parent in Path(step.path).parents}
        for folder in sorted(needed, key=lambda path: len(path.parts)):
            if folder.parts and not (self.root / folder).exists():
                yield folder.as_posix()

    def _suggestion(self, edit: Edit, real: str) -> tuple[str, bytes]:
        """A free name beside the locked file (or the one that holds the same already), and what goes there."""
        data = diff_bytes(Patch((edit,))) if edit.after is None else edit.after
        for number in range(1, 1000):
            name = real + SUGGESTION + (f"-{number}" if number > 1 else "")
            if not os.path.lexists(self.root / name) or read_regular(self.root / name) == data:
                return name, data
        raise Conflict(f"there are too many suggestions beside {real}: remove some")


def write_patch_file(path: Path, patch: Patch) -> None:
    """Write ``patch`` as a diff to ``path``, in one step. Raises ``AionError`` where that fails."""
    try:
        write_durably(path, diff_bytes(patch))
    except OSError as error:
        raise AionError(f"{path} cannot be written: {error.strerror}") from error
