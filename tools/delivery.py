"""Handing a patch over: to the project, to a patch file, to a commit, and always to the run's own folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.domain import Edit, Patch
from ..core.errors import AionError, Forbidden
from ..core.state import Record
from .edits.apply import apply_blocks
from .edits.guard import Guard
from .edits.unified import read_diff
from .runs import RunStore
from .workspace import Workspace, WriteBack, write_patch_file
from .workspace.files import real_path
from .workspace.git import Repository


@dataclass(frozen=True)
class DeliveryOptions:
    """``apply``: write a patch that turned everything green. ``apply_partial``: write the best one otherwise too.
    ``patch_file``: write the diff there as well. ``commit``: commit what was written and is green, on a new ``branch``
    if that is named. ``approve``: somebody is to be asked before anything is written. ``resumed``: the run goes on, so
    that the branch may be its own."""

    apply: bool = True
    apply_partial: bool = False
    patch_file: Path | None = None
    commit: bool = False
    branch: str = ""
    approve: bool = False
    resumed: bool = False

    def check(self, project: Path) -> None:
        """Raise ``UsageError`` for what could not be done at the end of a long run."""
        if self.commit or self.branch:
            repository = Repository(project)
            own = self.resumed and repository.branch() == self.branch
            repository.check("" if own else self.branch)


@dataclass(frozen=True)
class ProjectDelivery:
    """Delivers to the project of one run."""

    workspace: Workspace
    guard: Guard
    store: RunStore
    options: DeliveryOptions
    refuse: Callable[[Edit], str | None] = lambda edit: None
    """Why an edit may not be made, beside its path, if so."""

    def asks(self, *, complete: bool) -> bool:
        """Whether somebody is to be asked before a patch is delivered: never for one that would not be written."""
        return self.options.approve and self._writes(complete)

    def edited(self, diff: str) -> Patch:
        """The patch that a reviewer made of the one that was shown: ``diff`` against the project as it is now.

        Raises ``EditError`` where it does not apply, changes nothing, or touches what no fix may touch.
        """
        edits = apply_blocks(read_diff(diff.splitlines(), None), self.workspace.read, self.guard.check)
        for edit in edits:
            if reason := self.refuse(edit):
                raise Forbidden(reason)
        return Patch(edits)

    def deliver(self, patch: Patch, *, complete: bool, message: str = "") -> Record:
        """Keep ``patch`` with the run, then write it where the options say so; ``message`` is for the commit.

        Files that the user has locked get a suggestion beside them; ``applied`` is then false. ``note`` tells of the
        commit, or why there is none, and of what was merged. Raises ``Conflict``, with nothing written, when the user
        edited one of the files meanwhile.
        """
        self._keep(patch)
        if not self._writes(complete):
            return {"applied": False, "paths": [], "suggestions": []}
        dirty = self._dirty(patch)
        done = self.workspace.write_back(patch, self.store.journal, self.guard.locked)
        applied = bool(done.written) and not done.suggestions
        self.store.update(applied=applied, patch=patch.id)
        note = " ".join(filter(None, (self._told_merged(patch), self._commit(done, dirty, message, complete))))
        return {"applied": applied, "paths": list(done.written), "suggestions": list(done.suggestions), "note": note}

    def merged(self, patch: Patch, *, complete: bool) -> tuple[Patch, bool]:
        """``patch`` as it fits the project now, and whether it is another than any that was tested.

        Where the user edited its files meanwhile, their edits are the ground that it stands on. Raises ``Conflict``
        where both changed the same place. A patch that is not to be written is left as it is.
        """
        self._keep(patch)
        if not self._writes(complete):
            return patch, False
        earlier = self.store.patch(self.store.facts.get("merged", ""))
        if earlier.edits and self.workspace.holds(earlier, self.store.journal):
            return earlier, False  # a resumed run that had written it
        if not self.workspace.differs(patch) or self.workspace.holds(patch, self.store.journal):
            return patch, False
        merged = self.workspace.merged(patch)
        self.store.update(merged=self.store.save_patch(merged))
        return merged, merged.id != self.store.facts.get("merge_tested")

    def _told_merged(self, patch: Patch) -> str:
        if self.store.facts.get("merged") != patch.id:
            return ""
        return f"Your edits made meanwhile in {', '.join(patch.paths)} were kept; the tests passed with both."

    def _keep(self, patch: Patch) -> None:
        write_patch_file(self.store.patch_file, patch, self.workspace.root)
        if self.options.patch_file:
            write_patch_file(self.options.patch_file, patch, self.workspace.root)

    def _writes(self, complete: bool) -> bool:
        return self.options.apply if complete else self.options.apply_partial

    @property
    def _commits(self) -> bool:
        return self.options.commit or bool(self.options.branch)

    def _dirty(self, patch: Patch) -> list[str]:
        """The files of ``patch`` with changes that are not ours. Kept with the run: after a kill they show ours too."""
        if not self._commits:
            return []
        if "dirty" not in self.store.facts:
            paths = [real_path(self.workspace.root, path) for path in patch.paths]
            self.store.update(dirty=list(Repository(self.workspace.root).dirty(paths)))
        dirty: list[str] = self.store.facts["dirty"]
        return dirty

    def _commit(self, done: WriteBack, dirty: list[str], message: str, complete: bool) -> str:
        """Commit what was written. Returns what the user is told; a commit that fails leaves the files written."""
        if not self._commits or not done.written:
            return ""
        if done.suggestions or not complete:
            return "Not committed: " + ("part of it is beside locked files." if complete else "some tests still fail.")
        if dirty:
            return f"Not committed: {', '.join(dirty)} had changes of your own that were not committed."
        repository = Repository(self.workspace.root)
        try:
            committed = self.options.resumed and not repository.dirty(done.written)  # and then it was killed
            commit = repository.head() if committed else repository.commit(done.written, message, self.options.branch)
        except AionError as error:
            return f"Written, but not committed: {error}"
        branch = repository.branch()
        self.store.update(commit=commit, branch=branch)
        return f"Committed as {commit[:12]}{f' on {branch}' if branch else ''}."
