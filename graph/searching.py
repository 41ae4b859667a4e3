"""The offline search as the chain's last leg."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.domain import Edit, Proposal, Strategy, TestReport
from ..core.errors import NoEdit
from ..tools.edits.diff import compose
from ..tools.frameworks.python.interpreter import find_interpreter
from ..tools.frameworks.python.pytest import shares
from ..tools.localize import read_spectrum
from ..tools.suspicion.tampering import tampering
from .turn import Desk, Turn

if TYPE_CHECKING:
    from ..tools.frameworks.protocol import Framework
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
            why = "" if found.candidates else f": {found.explanation}"
            raise NoEdit(f"the offline search tried {found.candidates} candidates, and none helps{why}")
        explained = f"{found.explanation} ({found.candidates} candidates tried)"
        return Proposal(compose(turn.base, found.edits), Strategy.OFFLINE, "offline", None, explained)

    def stop(self) -> None:
        """End a search under way."""
        self._stop.set()

    def _search(self, turn: Turn) -> SearchResult:
        from ..tools.search_repair import search_in_turn

        with self._desk.suite.sandbox.view(turn.base) as view:
            return search_in_turn(self._jobs(turn), view, self._tell)

    def _jobs(self, turn: Turn) -> Iterator[SearchJob]:
        """One for each Python project of the repository that has failing tests, made when its turn comes; one for all
        that is written in another language."""
        framework = self._desk.suite.frameworks.named(turn.framework).framework
        if turn.language != "python":
            yield self._job_of(turn, framework)
            return
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

    def _job_of(self, turn: Turn, framework: Framework) -> SearchJob:
        from ..tools.search_repair import SearchJob

        settings, suite = self._desk.settings, self._desk.suite
        return SearchJob(
            language=turn.language,
            framework=turn.framework,
            failing=turn.report.failures,
            passed_ids=turn.report.passed_ids,
            python=(),
            may_edit=self._desk.guard.may_edit,
            read=turn.current,
            seconds=self._seconds(),
            cancel=self._stop,
            adapter=framework,
            test_command=settings.test_command,
            objection=self._objection,
            spectrum=lambda changed: read_spectrum(
                turn.report.coverage, suite.lines(0.0), (*turn.base.paths, *changed)
            ),
        )

    def _objection(self, edit: Edit) -> str | None:
        """As for a model's edits."""
        settings, frameworks = self._desk.settings, self._desk.suite.frameworks
        return (None if settings.allow_test_edits else frameworks.touches_tests(edit)) or tampering(edit)

    def _seconds(self) -> float:
        limit, most = self._desk.settings.time_limit, self._desk.settings.search_seconds
        return most if limit is None else max(1.0, min(most, limit - self._desk.elapsed()))

    def _tell(self, progress: SearchProgress) -> None:
        told = {"candidates": progress.candidates, "plausible": progress.plausible, "seconds": progress.seconds}
        self._desk.emit({"event": "search"} | told)
