"""Handing a patch over: to the project, to a patch file, and always to the run's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..core.domain import Patch
from ..core.state import Record
from .edits.guard import Guard
from .runs import RunStore
from .workspace import Workspace, write_patch_file


@dataclass(frozen=True)
class DeliveryOptions:
    """``apply``: write a patch that turned everything green. ``apply_partial``: write the best one otherwise too.
    ``patch_file``: write the diff there as well."""

    apply: bool = True
    apply_partial: bool = False
    patch_file: Path | None = None


@dataclass(frozen=True)
class ProjectDelivery:
    """Delivers to the project of one run."""

    workspace: Workspace
    guard: Guard
    store: RunStore
    options: DeliveryOptions

    def deliver(self, patch: Patch, *, complete: bool) -> Record:
        """Keep ``patch`` with the run, then write it where the options say so.

        Files that the user has locked get a suggestion beside them; ``applied`` is then false. Raises ``Conflict``,
        with nothing written, when the user edited one of the files meanwhile.
        """
        write_patch_file(self.store.patch_file, patch)
        if self.options.patch_file:
            write_patch_file(self.options.patch_file, patch)
        if not (self.options.apply if complete else self.options.apply_partial):
            return {"applied": False, "paths": [], "suggestions": []}
        done = self.workspace.write_back(patch, self.store.journal, self.guard.locked)
        applied = bool(done.written) and not done.suggestions
        self.store.update(applied=applied, patch=patch.id)
        return {"applied": applied, "paths": list(done.written), "suggestions": list(done.suggestions)}
