"""Going on with a run that a kill or an interruption cut short."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from ..core.decisions import Decision
from ..core.documents import RepairResult
from ..core.errors import AionError, TestsNotRun
from ..core.settings import Environment
from ..graph.context import hold_project, open_context
from ..graph.kept import Kept, session_ended, sweep_up
from ..graph.legs import NO_MODELS, OwnModels
from ..tools.runs import RunStore
from ..tools.workspace import Workspace
from ..tools.workspace.changes import changed_since, stamp_now
from .approvals import Approve, check_waiting
from .driving import Going, drive
from .recording import RunRecord
from .result import nothing_run


@dataclass(frozen=True)
class Answers:
    """What a run that goes on is told: the ``decision`` on its open question, and who answers further ones."""

    decision: Decision | None = None
    approve: Approve | None = None


NO_ANSWERS = Answers()


async def resume(
    store: RunStore,
    kept: Kept,
    environment: Environment,
    record: RunRecord,
    own: OwnModels = NO_MODELS,
    answers: Answers = NO_ANSWERS,
) -> RepairResult:
    """The result of the run, with keys and addresses from ``environment``, and the user's ``own`` models first.

    Raises ``ProjectBusy`` where it is at work, ``NotWaiting`` for a decision that it does not wait for, ``Conflict``
    where somebody changed files that its write had left half done.
    """
    afresh = await asyncio.to_thread(_prepare, store, kept, answers.decision)
    options: dict[str, Any] = {"delivery": kept.delivery, "emit": record.tell, "run_id": store.run_id, "own": own}
    try:
        with record:  # also where the run cannot be opened again
            record.goes_on(store.run_id, afresh, answers.decision)
            with open_context(kept.project, kept.settings, environment, **options) as context, record:
                going = Going(True, afresh, answers.decision)
                result = await drive(context, record.deciding(answers.approve), going)
                record.finished(result)
                return result
    except TestsNotRun as error:
        return replace(nothing_run(str(error), kept.settings.framework or ""), run_id=store.run_id)
    except OSError as error:
        raise AionError(f"{error}: the run can be resumed. Is the disk of {kept.settings.home} full?") from error


def _prepare(store: RunStore, kept: Kept, decision: Decision | None) -> str:
    """Close the last session's account. Returns why the run must start again from the tests, if it must."""
    home = kept.settings.home
    with hold_project(kept.project, home):
        now = stamp_now()
        if decision:
            check_waiting(store, decision)
        session_ended(store)
        sweep_up(store)
        written, ours = Workspace(kept.project).settle(store.journal)
        if written:
            return ""  # only the end of the run is missing
        changed = changed_since(kept.project, store.facts["read_at"], ours, home)
        store.update(read_at=now)
    if not changed:
        return ""
    unused = ", and your answer was not used" if decision else ""
    return f"{changed} changed after the run had begun: it started again from a test run{unused}"
