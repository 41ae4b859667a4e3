"""One run of a project's tests in a scratch view, without a repair around it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ...core.documents import report_document, test_exit_status
from ...core.domain import Patch, TestReport
from ...core.settings import Settings, load_settings, read_environment
from ..looking import opened_suite
from ..screen.failures import report_lines
from ..screen.terminal import Terminal
from .boundary import INTERRUPTED, Boundary, hidden, hider
from .interruption import run_until_done


def show_tests(path: str, given: dict[str, Any], *, as_json: bool, no_color: bool) -> int:
    """Run, show, and return the exit status."""
    project = Path(path).resolve()
    environment = read_environment(Path.cwd(), project)
    settings = load_settings(project, environment, **given)
    hide = hider(environment)
    terminal = Terminal.of(sys.stderr if as_json else sys.stdout, no_color=no_color, hide=hide)

    def farewell() -> int:
        Boundary(as_json, debug=False).tell(INTERRUPTED, "interrupted: the tests were ended.")
        return INTERRUPTED

    report = run_until_done(run_tests(project, settings, terminal), farewell=farewell)
    if as_json:
        print(json.dumps(hidden(report_document(report), hide), indent=2))
    else:
        terminal.lines(report_lines(report, terminal.room()))
    return test_exit_status(report)


async def run_tests(project: Path, settings: Settings, terminal: Terminal) -> TestReport:
    """The report of one run. Raises ``TestsNotRun`` and ``UsageError`` as a repair would."""
    with opened_suite(project, settings) as (suite, detection):
        why = f" ({detection.reason}); sandbox: {suite.sandbox.level}"
        terminal.line((suite.frameworks.name, "bold"), (why, ""))
        return suite.parse(await suite.execute(Patch()))
