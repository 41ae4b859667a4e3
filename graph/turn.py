"""What the writing of one fix starts from, and what all who work on it need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.domain import Patch, TestReport
from ..core.errors import Forbidden
from ..core.events import Emit
from ..core.settings import Settings
from ..tools.edits.guard import Guard
from ..tools.runs import RunStore
from ..tools.suite import TestSuite
from ..tools.workspace import Workspace


@dataclass(frozen=True)
class Desk:
    """The project, its tests and the run: the same for every fix. ``elapsed`` are seconds since the run began."""

    settings: Settings
    workspace: Workspace
    guard: Guard
    suite: TestSuite
    store: RunStore
    emit: Emit
    elapsed: Callable[[], float]


@dataclass(frozen=True)
class Turn:
    """The patch so far, what its report says of one framework's tests, and the ids of patches that did not help, in
    their order. ``ids`` are those of patch and report in the store.
    """

    desk: Desk
    base: Patch
    report: TestReport
    ids: tuple[str, str]
    tried: Sequence[str]
    framework: str
    language: str

    @classmethod
    def of(cls, desk: Desk, patch: str, report: str, tried: list[str], framework: str) -> Turn:
        """From the store."""
        used = desk.suite.frameworks.named(framework)
        part = desk.suite.frameworks.part(used, desk.store.report(report))
        return cls(desk, desk.store.patch(patch), part, (patch, report), tried, used.name, used.language)

    def knows(self, patch: Patch) -> bool:
        """Whether ``patch`` was tried before, or is what there is already."""
        return patch.id in (self.ids[0], *self.tried)

    def current(self, path: str) -> bytes | None:
        """The file as the fix starts from it; a link that leads out of the project is not there for us."""
        try:
            return self.desk.workspace.read(path, self.base)
        except Forbidden:
            return None
