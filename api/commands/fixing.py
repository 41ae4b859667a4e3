"""One run of ``aion-r fix`` from its request to its exit status: events to the screen, the result to whoever asked."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...core.decisions import Decision
from ...core.documents import RepairResult
from ...core.errors import TestsNotRun
from ...core.events import Event
from ...core.settings import Environment, Settings, load_settings, read_environment
from ..approvals import AWAITING
from ..report.writing import check_report_path, check_writable, write_report
from ..screen.summary import diff_lines, summary_lines
from ..screen.terminal import Terminal
from ..screen.views import RunView, view_for
from ..tracing.asked import log_asked
from .annotations import Annotations, BuildLog, without_commands
from .approval import Approval, check_terminal
from .boundary import INTERRUPTED, Boundary, hidden, hider
from .installing import install_missing
from .interruption import run_until_done

_NOT_RUN = TestsNotRun.exit_code
_SELDOM = 400_000
"""New objects between two searches for garbage. There is none among what is imported, and searching it took a tenth of
a repair's own time."""


@dataclass(frozen=True)
class Request:
    """What the command line asked for. ``settings`` are those that were given; ``run_id`` is of a run to go on with."""

    path: str
    settings: dict[str, Any]
    apply: bool = True
    apply_partial: bool = False
    patch: str | None = None
    report: str | None = None
    commit: bool = False
    branch: str = ""
    approve: bool = False
    install: bool = False
    ci: bool = False
    as_json: bool = False
    no_color: bool = False
    run_id: str = ""
    decision: Decision | None = None


def fix_project(request: Request) -> int:
    """Run, show, and return the exit status. Raises ``AionError`` for what the boundary tells."""
    if request.report:
        check_report_path(request.report)
    if request.patch:
        check_writable("--patch", request.patch)
    if request.approve:
        check_terminal("--approve", "use --no-apply, or --patch FILE with it")
    project = Path(request.path).resolve()
    environment = read_environment(Path.cwd(), project)
    settings = load_settings(project, environment, **request.settings)
    stream = sys.stderr if request.as_json else sys.stdout
    terminal = Terminal.of(stream, no_color=request.no_color, hide=hider(environment))
    if request.ci or log_asked():  # lines of a log between would break what is drawn
        terminal = BuildLog.instead_of(terminal) if request.ci else replace(terminal, live=False)
    run = ShownRun(request, project, environment, settings, terminal)
    return _in_ci(run) if request.ci else show_end(run, run.to_its_end())


def _in_ci(run: ShownRun) -> int:
    annotations = Annotations.of(run.project, run.terminal)
    annotations.mute()
    try:
        result = run.to_its_end()
        status = show_end(run, result)
        sys.stdout.flush()
    finally:
        annotations.unmute()
    annotations.write(result)
    return status


class ShownRun:
    """One request on its way: the view that shows it now, and the question that may be open."""

    def __init__(
        self, request: Request, project: Path, environment: Environment, settings: Settings, terminal: Terminal
    ) -> None:
        self.request, self.project, self.terminal = request, project, terminal
        self._environment, self._settings = environment, settings
        self._view = view_for(terminal)
        self.approval = Approval(terminal, self._pause, self._go_on) if request.approve else None

    def to_its_end(self) -> RepairResult:
        """Blocking. A signal interrupts it, unless the project is being written."""
        gc.set_threshold(_SELDOM)
        try:
            return run_until_done(self._work(), farewell=self._farewell, too_late=self._writing)
        finally:
            self._view.close()

    async def _work(self) -> RepairResult:
        try:
            result = await self._watch()
            if self.request.install and result.exit_status == _NOT_RUN:
                self._view.close()
                why_not = await install_missing(self.project, self._settings, self._environment, result, self.terminal)
                self._view = view_for(self.terminal)
                result = why_not or await self._watch()
            return result
        finally:
            if self.approval:
                self.approval.withdraw()

    async def _watch(self) -> RepairResult:
        from ..cycle import AutocorrectionCycle

        request = self.request
        cycle = AutocorrectionCycle(
            apply=request.apply,
            apply_partial=request.apply_partial,
            patch_file=request.patch,
            commit=request.commit,
            branch=request.branch,
            approve=self.approval,
            environment=self._environment,
            **request.settings,
        )
        if request.run_id:
            return await watch(cycle.astream_resumed(request.run_id, request.decision), self._view)
        return await watch(cycle.astream(self.project), self._view)

    def _pause(self) -> None:
        self._view.close()

    def _go_on(self) -> None:
        self._view.open()

    def _writing(self) -> bool:
        return self._view.narrator.now.writing

    def _farewell(self) -> int:
        self._view.close()
        run_id = self._view.narrator.now.run_id
        kept = f" The run is kept in {self._settings.home / 'runs' / run_id}." if run_id else ""
        kept += f" `aion-r runs resume {run_id}` goes on with it." if run_id else ""
        Boundary(self.request.as_json, debug=False).tell(
            INTERRUPTED, f"interrupted: the project is as it was.{kept}", run_id=run_id
        )
        return INTERRUPTED


async def watch(events: AsyncIterator[Event], view: RunView) -> RepairResult:
    """Show every event; the last one's result."""
    result: RepairResult | None = None
    view.open()
    async for event in events:
        if event["event"] == "finished":
            result = event["result"]
        else:
            view.show(event)
    if result is None:
        raise RuntimeError("the run ended without a result")
    return result


def show_end(run: ShownRun, result: RepairResult) -> int:
    request, terminal = run.request, run.terminal
    if request.report:
        write_report(request.report, result, terminal.hide, project=str(run.project))
    if result.patch and not (run.approval and run.approval.asked):
        terminal.line()
        terminal.lines(diff_lines(result.patch))
    terminal.line()
    terminal.lines(summary_lines(result, terminal.room(), wrap=terminal.width > 0))
    if result.stop_reason == AWAITING:
        answers = f"`aion-r runs resume {result.run_id}` asks again; with --accept or --reject REASON it answers."
        terminal.line((answers, "bold"))
    if request.as_json:
        document = json.dumps(hidden(result.to_dict(), terminal.hide), indent=2)
        print(without_commands(document) if request.ci else document)
    return result.exit_status
