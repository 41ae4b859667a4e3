"""Taking a run back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from ...core.errors import UsageError
from ...graph.context import hold_project
from ...tools.runs import RunStore, list_runs
from ...tools.workspace import Workspace
from ..screen.terminal import Terminal
from .run_records import find_run, home


def undo_run(run: str, *, no_color: bool) -> int:
    """Undo ``run``, or the last one that wrote to the project of the current folder. Raises ``AionError``."""
    kept = home()
    store = find_run(kept, run) if run else _last(kept, Path.cwd())
    if not store.journal.is_file():
        raise UsageError(f"run {store.run_id} has not written to {store.facts['project']}: there is nothing to undo.")
    project = Path(store.facts["project"])
    with hold_project(project, kept):
        files = Workspace(project).undo(store.journal)
        store.update(undone_at=datetime.now(UTC).isoformat())
    terminal = Terminal.of(sys.stdout, no_color=no_color)
    if not files:
        terminal.line((f"The files are as they were before run {store.run_id} already.", ""))
    for name in files:
        terminal.line(("Put back ", "ok"), (name, ""))
    return 0


def _last(kept: Path, folder: Path) -> RunStore:
    around = {str(place) for place in (folder.resolve(), *folder.resolve().parents)}
    for facts in list_runs(kept):
        store = RunStore(kept / "runs" / facts["run_id"])
        if facts["project"] in around and store.journal.is_file() and not facts.get("undone_at"):
            return store
    raise UsageError(f"no run has written to {folder}: `aion-r runs list` shows all that are kept.")
