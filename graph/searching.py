"""The offline search as the chain's last leg."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.domain import Proposal, Strategy, TestReport
from ..core.errors import NoEdit
from ..tools.edits.diff import compose
from ..tools.frameworks.python.interpreter import find_interpreter
from ..tools.frameworks.python.pytest import shares
from .turn import Desk, Turn

if TYPE_CHECKING:
    from ..tools.frameworks.python.python_projects import PythonProject
    from ..tools.search_repair import SearchJob, SearchProgress, SearchResult


class OfflineSearch:
    """Searches for the fixes of one run, one at a time. ``tests_executed`` counts what all of them ran."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stop = threading.Event()
        self.tests_executed = 0

    async def fix(self, turn: Turn) -> Proposal:
        """The best patch found. Raises ``NoEdit`` when no candidate helps."""
        try:
            found = await asyncio.to_thread(self._search, turn)
        except asyncio.CancelledError:
            self.stop()
            raise
        self.tests_executed += found.test_executions
        if not found.edits:
            raise NoEdit(f"the offline search tried {found.candidates} candidates, and none helps")
        explained = f"{found.explanation} ({found.candidates} candidates tried)"
        return Proposal(compose(turn.base, found.edits), Strategy.OFFLINE, "offline", None, explained)

    def stop(self) -> None:
        """End a search under way."""
        self._stop.set()

    def _search(self, turn: Turn) -> SearchResult:
        from ..tools.search_repair import search_in_turn

        if turn.language != "python":
            raise NoEdit(f"the offline search does not know {turn.language} yet")
        with self._desk.suite.sandbox.view(turn.base) as view:
            return search_in_turn(self._jobs(turn), view, self._tell)

    def _jobs(self, turn: Turn) -> Iterator[SearchJob]:
        """One for each Python project of the repository that has failing tests, made when its turn comes."""
        framework = self._desk.suite.frameworks.named(turn.framework).framework
        for project, part in shares(framework, turn.report):
            yield self._job(turn, project, part)

    def _job(self, turn: Turn, project: PythonProject, part: TestReport) -> SearchJob:
        from ..tools.search_repair import SearchJob

        return SearchJob(
            language=turn.language,
            framework=turn.framework,
            failing=part.failures,
            passed_ids=part.passed_ids,
            python=find_interpreter(self._desk.workspace.root, folder=project.folder).argv,
            may_edit=self._desk.guard.may_edit,
            read=turn.current,
            seconds=self._seconds(),
            cancel=self._stop,
            folder=project.folder,
            options=project.options,
        )

    def _seconds(self) -> float:
        limit, most = self._desk.settings.time_limit, self._desk.settings.search_seconds
        return most if limit is None else max(1.0, min(most, limit - self._desk.elapsed()))

    def _tell(self, progress: SearchProgress) -> None:
        told = {"candidates": progress.candidates, "plausible": progress.plausible, "seconds": progress.seconds}
        self._desk.emit({"event": "search"} | told)
