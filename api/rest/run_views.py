"""Runs as clients see them: from their folders, and from the queue while they wait or go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.documents import report_document
from ...graph.context import is_held
from ...graph.kept import resumable
from ...tools.runs import RunStore, run_ids
from ..event_log import last_event
from ..hiding import hidden
from .jobs import Job
from .problems import Problem
from .projects import Projects, project_id
from .run_queue import RunQueue
from .settling import WAITING

Facts = dict[str, Any]
LOOKED_AT = 2000
"""Runs that are looked at for one page: one that finds fewer than asked for says where to go on."""


@dataclass(frozen=True)
class RunViews:
    """The runs in ``home`` whose project is below a root; all others are not there."""

    home: Path
    projects: Projects
    queue: RunQueue
    hide_for: Callable[[Path], Callable[[str], str]]

    def find(self, run_id: str) -> RunStore:
        """The folder of a run. Raises ``Problem`` (404)."""
        store = RunStore(self.home / "runs" / run_id)
        if _is_id(run_id) and (facts := facts_of(store)) and self.projects.covers(facts["project"]):
            return store
        raise Problem(404, f"no run {run_id!r} is kept here.")

    def alive(self, store: RunStore) -> bool:
        """Whether something may still happen to it here by itself, or by an answer."""
        return self.queue.job(store.run_id) is not None or facts_of(store).get("outcome") == WAITING

    def goes_on(self, store: RunStore) -> bool:
        """The same, by whatever process."""
        return self.alive(store) or (bool(facts := facts_of(store)) and self._status(facts) == "running")

    def document(self, store: RunStore) -> Facts:
        """One run with everything that is known of it."""
        facts = self._known(store)
        job = self.queue.job(store.run_id)
        more = {
            "tests": _tests(store),
            "approval": facts.get("question") if facts["outcome"] == WAITING and not job else None,
            "result": result_document(store) if facts.get("finished_at") else None,
        }
        return self._hidden(self._row(store, facts, job) | more, facts, job)

    def result(self, store: RunStore) -> Facts:
        """The document of ``fix --json``. Raises ``Problem`` (409) for a run that has not ended."""
        facts = self._known(store)
        found = result_document(store) if facts.get("finished_at") else None
        if found is None:
            raise Problem(409, f"run {store.run_id} was cut short: {facts.get('message', '')}", runId=store.run_id)
        return self._hidden(found, facts, None)

    def _known(self, store: RunStore) -> Facts:
        if facts := facts_of(store):
            return facts
        raise Problem(404, f"run {store.run_id} is not kept any more.")

    def report(self, store: RunStore, number: str) -> Facts:
        """One test report. Raises ``Problem`` (404)."""
        if number not in report_numbers(store):
            raise Problem(404, f"run {store.run_id} has no report {number!r}.")
        try:
            found = report_document(store.report(number))
        except (OSError, ValueError, TypeError, KeyError):
            raise Problem(404, f"report {number!r} of run {store.run_id} cannot be read.") from None
        return self._hidden(found, facts_of(store), None)

    def page(self, limit: int, cursor: str, status: str, project: str) -> tuple[list[Facts], str | None]:
        """Some runs, newest first, and the cursor of those that follow."""
        ids = [run_id for run_id in run_ids(self.home) if not cursor or run_id < cursor]
        rows: list[Facts] = []
        for run_id in ids[:LOOKED_AT]:
            row = self._row_of(run_id)
            if row and status in ("", row["status"]) and project in ("", row["projectId"]):
                rows.append(row)
                if len(rows) == limit:
                    return rows, run_id if run_id != ids[-1] else None
        return rows, ids[LOOKED_AT - 1] if len(ids) > LOOKED_AT else None

    def _row_of(self, run_id: str) -> Facts | None:
        store = RunStore(self.home / "runs" / run_id)
        facts = facts_of(store)
        if not facts or not self.projects.covers(facts["project"]):
            return None
        job = self.queue.job(run_id)
        return self._hidden(self._row(store, facts, job), facts, job)

    def _row(self, store: RunStore, facts: Facts, job: Job | None) -> Facts:
        status = job.status if job else self._status(facts)
        last_id = job.last_id if job else last_event(store.events_file)[0]
        return {
            "runId": store.run_id,
            "projectId": project_id(facts["project"]),
            "project": facts["project"],
            "status": status,
            "outcome": facts["outcome"] if facts.get("finished_at") else None,
            "stopReason": facts.get("stop_reason"),
            "message": facts.get("message") or "",
            "applied": bool(facts.get("applied")),
            "undone": bool(facts.get("undone_at")),
            "resumable": status in ("interrupted", "cancelled") and resumable(facts),
            "undoable": not job and not facts.get("undone_at") and store.journal.is_file(),
            "queuedAt": facts.get("queued_at") or facts["started_at"],
            "startedAt": facts.get("began_at") or (None if "queued_at" in facts else facts["started_at"]),
            "finishedAt": facts.get("finished_at"),
            "position": self.queue.position(job) if job else None,
            "node": job.node if job else None,
            "iteration": job.iteration if job else 0,
            "lastEventId": last_id,
            "options": facts.get("asked", {}),
            "links": links(store.run_id),
        }

    def _status(self, facts: Facts) -> str:
        """Of a run that has no job."""
        if facts.get("finished_at"):
            return "finished"
        if facts["outcome"] == WAITING:
            return WAITING
        if facts["outcome"] == "running" and is_held(Path(facts["project"]), self.home):
            return "running"
        if facts["outcome"] == "queued" and self.queue.is_taking(Path(facts["project"])):
            return "queued"
        return "cancelled" if facts.get("cancelled_at") else "interrupted"

    def _hidden(self, document: Facts, facts: Facts, job: Job | None) -> Facts:
        shown: Facts = hidden(document, job.hide if job else self.hide_for(Path(facts["project"])))
        return shown


def links(run_id: str) -> dict[str, str]:
    """Where to go from a run."""
    base = f"/api/qa/runs/{run_id}"
    parts = ("events", "cancel", "resume", "approval", "undo", "reports", "patch", "report.html", "report.md")
    return {"self": base} | {part: f"{base}/{part}" for part in parts}


def report_numbers(store: RunStore) -> list[str]:
    """The test reports so far, in their order."""
    return sorted(path.stem for path in (store.folder / "reports").glob("*.json") if not path.name.startswith("."))


_NEEDED = ("run_id", "project", "outcome", "started_at")


def facts_of(store: RunStore) -> Facts:
    """What is known of a run; empty for one that is not there, or not yet, or whose record is no record: a machine that
    lost its power may leave such."""
    try:
        facts: Any = store.facts
    except (OSError, ValueError):
        return {}
    whole = isinstance(facts, dict) and all(isinstance(facts.get(name), str) for name in _NEEDED)
    return facts if whole else {}


def _tests(store: RunStore) -> dict[str, str] | None:
    numbers = report_numbers(store)
    return {"initial": numbers[0], "latest": numbers[-1]} if numbers else None


def result_document(store: RunStore) -> Facts | None:
    """What the run came to; ``None`` where that cannot be read."""
    try:
        found: Any = json.loads((store.folder / "result.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _is_id(run_id: str) -> bool:
    return bool(run_id) and all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in run_id)
