"""One run of ``aion-r fix`` from its request to its exit status: events to the screen, the result to whoever asked."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.documents import RepairResult
from ..core.events import Event
from ..core.settings import Environment, Settings, load_settings, read_environment
from .cli_boundary import INTERRUPTED, Boundary, hidden, hider
from .interruption import run_until_done
from .report import check_report_path, check_writable, write_report
from .summary import diff_lines, summary_lines
from .terminal import Terminal
from .views import RunView, view_for


@dataclass(frozen=True)
class Request:
    """What the command line asked for. ``settings`` are those that were given."""

    path: str
    settings: dict[str, Any]
    apply: bool = True
    apply_partial: bool = False
    patch: str | None = None
    report: str | None = None
    as_json: bool = False
    no_color: bool = False


def fix_project(request: Request) -> int:
    """Run, show, and return the exit status. Raises ``AionError`` for what the boundary tells."""
    if request.report:
        check_report_path(request.report)
    if request.patch:
        check_writable("--patch", request.patch)
    project = Path(request.path).resolve()
    environment = read_environment(Path.cwd(), project)
    settings = load_settings(project, environment, **request.settings)
    hide = hider(environment)
    stream = sys.stderr if request.as_json else sys.stdout
    terminal = Terminal.of(stream, no_color=request.no_color, hide=hide)
    view = view_for(terminal)
    try:
        result = _run(request, project, environment, settings, view)
    finally:
        view.close()
    document = hidden(result.to_dict(), hide)
    if request.report:
        write_report(request.report, result, document)
    _end(request, result, document, terminal)
    return result.exit_status


def _run(request: Request, project: Path, environment: Environment, settings: Settings, view: RunView) -> RepairResult:
    from .cycle import AutocorrectionCycle

    cycle = AutocorrectionCycle(
        apply=request.apply,
        apply_partial=request.apply_partial,
        patch_file=request.patch,
        environment=environment,
        **request.settings,
    )

    def farewell() -> int:
        view.close()
        run_id = view.narrator.now.run_id
        kept = f" The run is kept in {settings.home / 'runs' / run_id}." if run_id else ""
        Boundary(request.as_json, debug=False).tell(
            INTERRUPTED, f"interrupted: the project is as it was.{kept}", run_id=run_id
        )
        return INTERRUPTED

    return run_until_done(
        watch(cycle.astream(project), view),
        farewell=farewell,
        too_late=lambda: view.narrator.now.writing,
    )


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


def _end(request: Request, result: RepairResult, document: dict[str, Any], terminal: Terminal) -> None:
    if result.patch:
        terminal.line()
        terminal.lines(diff_lines(result.patch))
    terminal.line()
    terminal.lines(summary_lines(result, terminal.room(), wrap=terminal.width > 0))
    if request.as_json:
        print(json.dumps(document, indent=2))
