"""Taking a run back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from ...core.errors import UsageError
from ...graph.context import hold_project
from ...tools.runs import RunStore, list_runs
from ...tools.workspace import Workspace
from ..event_log import append_event
from ..screen.terminal import Terminal
from .run_records import find_run, home


def undo_run(run: str, *, no_color: bool) -> int:
    """Undo ``run``, or the last one that wrote to the project of the current folder. Raises ``AionError``."""
    kept = home()
    store = find_run(kept, run) if run else last_written(kept, Path.cwd())
    files = put_back(store, kept)
    terminal = Terminal.of(sys.stdout, no_color=no_color)
    if not files:
        terminal.line((f"The files are as they were before run {store.run_id} already.", ""))
    for name in files:
        terminal.line(("Put back ", "ok"), (name, ""))
    return 0


def put_back(store: RunStore, kept: Path) -> tuple[str, ...]:
    """Take back what the run has written; the files. Raises ``UsageError`` where it wrote nothing, ``Conflict``."""
    project = Path(store.facts["project"])
    if not store.journal.is_file():
        raise UsageError(f"run {store.run_id} has not written to {project}: there is nothing to undo.")
    with hold_project(project, kept):
        files = Workspace(project).undo(store.journal)
        store.update(undone_at=datetime.now(UTC).isoformat())
        append_event(store.events_file, {"event": "undone", "paths": list(files)})
    return files


def last_written(kept: Path, folder: Path) -> RunStore:
    """The last run that wrote to the project that ``folder`` is or lies in. Raises ``UsageError`` if there is none."""
    around = {str(place) for place in (folder.resolve(), *folder.resolve().parents)}
    for facts in list_runs(kept):
        store = RunStore(kept / "runs" / facts["run_id"])
        if facts["project"] in around and store.journal.is_file() and not facts.get("undone_at"):
            return store
    raise UsageError(f"no run has written to {folder}: `aion-r runs list` shows all that are kept.")
