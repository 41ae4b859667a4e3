"""How a run is left behind: finished, or cut short and to be resumed. After a crash of the server as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...core.errors import ProjectBusy, UsageError
from ...core.settings import read_environment
from ...graph.context import hold_project, is_held
from ...graph.kept import kept_of, resumable
from ...tools.runs import RunStore
from ..event_log import LAST_KINDS, append_event, last_event
from ..result import nothing_run
from .asking import without_keys
from .callers import NOBODY, Caller
from .jobs import Job
from .problems import Problem
from .start_folder import start_folder
from .worker import Message

Facts = dict[str, Any]
WAITING = "waiting"
"""Outcome of a run that asked whether it may write: no process holds it, and an answer lets it go on."""
_CANCELLED = "cancelled: the project is as it was. The run can be resumed."
_SERVER_ENDED = "the server ended: the project is as it was. The run can be resumed."
_KILLED = "the server was killed: the project is as it was. The run can be resumed."
_GONE = "its process was killed. The run can be resumed."


def settle(job: Job, ended: Message) -> str:
    """Make the run's folder say how it ended, after its last message ``ended``; returns the outcome. Blocking."""
    if "finished_at" not in job.store.facts and ended["tell"] == "failed" and not ended["resumable"]:
        _give_up(job.store, ended["message"])
    elif not job.store.facts.get("finished_at") and (job.cancelled or not _came_to_rest(job.store)):
        _cut_short(job.store, _why(job, ended), cancelled=job.cancelled)
    _close_log(job.store)
    return str(job.store.facts["outcome"])


def settle_cancelled(job: Job) -> None:
    """The same for one that had not begun."""
    settle(job, {"tell": "failed", "status": 130, "message": "", "resumable": True})


def settle_waiting(store: RunStore) -> None:
    """The same for one that asks: it asks again when it is resumed. Raises ``ProjectBusy`` where a program waits for
    the answer."""
    with hold_project(Path(store.facts["project"]), store.folder.parents[1]):
        _cut_short(store, _CANCELLED, cancelled=True)
        _close_log(store)


def prepare(store: RunStore, home: Path, decision: Facts | None, caller: Caller = NOBODY) -> None:
    """Make a run that stopped ready to go on, with ``decision`` if it had asked, for ``caller`` or the last one.

    Raises ``Problem``, ``UsageError``.
    """
    kept = kept_of(store, home)
    if is_held(kept.project, home):
        raise Problem(409, f"another run is at work on {kept.project}: wait until it ends, or interrupt it.")
    known = {"caller": without_keys(caller, read_environment(start_folder(), kept.project))} if caller[0] else {}
    store.update(outcome="queued", stop_reason=None, cancelled_at=None, message="", **known)
    if decision:
        store.update(decision=decision, decided_patch=store.facts["question"]["patch"])
        told = {name: decision[name] for name in ("question", "action", "reason")}
        append_event(store.events_file, {"event": "decided"} | told)


def settle_left(store: RunStore, home: Path) -> bool:
    """After a crash of a server: a run that it did not bring to its end. False while a process of it still ends."""
    facts = store.facts
    if last_event(store.events_file)[1] in LAST_KINDS:
        return True
    if "queued_at" not in facts:
        close_left(store)
        return True
    try:
        with hold_project(Path(facts["project"]), home):
            _settle_left(store)
    except ProjectBusy:
        return False
    return True


def _settle_left(store: RunStore) -> None:
    facts = store.facts
    if not facts.get("finished_at") and facts["outcome"] in ("queued", "running"):
        if "settings" in facts:
            _cut_short(store, _KILLED, cancelled=False)
        else:
            _give_up(store, "the server was killed before the run was taken: start a new one.")
    _close_log(store)


def close_left(store: RunStore) -> None:
    """End the log of a run that another program had begun, and whose process is gone. What its folder says stays as it
    is: the next run of the project makes whole what that one left."""
    home = store.folder.parents[1]
    try:
        with hold_project(Path(store.facts["project"]), home):
            _close_log(store, _GONE)
    except (ProjectBusy, UsageError, FileNotFoundError):  # it goes on again, or was pruned
        return


def _came_to_rest(store: RunStore) -> bool:
    facts = store.facts
    return bool(facts.get("finished_at")) or facts["outcome"] == WAITING


def _why(job: Job, ended: Message) -> str:
    if job.cancelled:
        return _CANCELLED
    return _SERVER_ENDED if job.closing else job.hide(str(ended.get("message", "")))


def _cut_short(store: RunStore, message: str, *, cancelled: bool) -> None:
    facts: Facts = {"outcome": "error", "stop_reason": "interrupted", "message": message}
    if cancelled:
        facts["cancelled_at"] = datetime.now(UTC).isoformat()
    store.update(**facts)


def _give_up(store: RunStore, message: str) -> None:
    """It could not be begun as it was asked for: that is its result."""
    result = replace(nothing_run(message, ""), run_id=store.run_id, stop_reason="usage")
    store.finish(result.to_dict())
    store.update(message=message)


def _close_log(store: RunStore, killed: str = _KILLED) -> None:
    """The log's last event says what the folder says."""
    facts = store.facts
    if facts["outcome"] == WAITING or last_event(store.events_file)[1] in LAST_KINDS:
        return
    message = facts.get("message") or ("" if facts.get("finished_at") else killed)
    if not facts.get("finished_at"):
        event: Facts = {"event": "interrupted", "message": message, "resumable": resumable(facts)}
    elif facts.get("stop_reason") == "usage":
        event = {"event": "failed", "message": message}
    else:
        names = ("success", "outcome", "stop_reason", "applied")
        event = {"event": "finished", "message": message} | {name: facts.get(name) for name in names}
    append_event(store.events_file, event)
