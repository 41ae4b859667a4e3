"""The tests that were seen in each project: a name that a caller gives is looked up here before it is run."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from ...core.domain import TestReport
from ..explaining import ids_of

_PROJECTS = 16


class KnownTests:
    """Ids by project, of its last run of all tests; those of the projects used last."""

    def __init__(self) -> None:
        self._ids: OrderedDict[Path, tuple[str, ...]] = OrderedDict()

    def note(self, project: Path, report: TestReport) -> None:
        """Remember the tests of ``report``."""
        self._ids[project] = ids_of(report)
        self._ids.move_to_end(project)
        while len(self._ids) > _PROJECTS:
            self._ids.popitem(last=False)

    def of(self, project: Path) -> tuple[str, ...]:
        """None where no run was seen."""
        return self._ids.get(project, ())
