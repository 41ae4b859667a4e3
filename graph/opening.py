"""Contexts for runs that were started with a bare state (LangGraph Studio, a parent graph): opened once a run and kept
while it is at work or waits for an answer, with the hold on its project.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..core.documents import outcome_of
from ..core.errors import UsageError
from ..core.settings import load_settings, read_environment
from ..core.state import RepairState
from ..core.watching import RunWatch, watch_run
from ..tools.delivery import DeliveryOptions
from ..tools.runs import RunStore
from ..tools.workspace import Workspace
from .context import RepairContext, open_context

OPEN_CONTEXTS = 8
"""Runs that may be open at a time: an older one that nobody went on with is closed, and opened again when needed."""

_SETTINGS = (
    "language", "framework", "test_command", "providers", "model", "max_iterations", "budget_usd", "time_limit",
)  # fmt: skip


@dataclass(frozen=True)
class _Opened:
    context: RepairContext
    stack: ExitStack
    watch: RunWatch


_open: OrderedDict[str, _Opened] = OrderedDict()


async def context_of(state: RepairState, *, new: bool = False) -> RepairContext:
    """The context of the run that ``state`` is of, or of a ``new`` one: one that waited on the same thread is given up.

    Raises ``UsageError`` without a ``project_path``, ``ProjectBusy`` while another run holds the project.
    """
    run_id = state.get("run_id", "")
    if new:
        if run_id in _open:
            await close_context(_open[run_id].context)
        state = {**state, "run_id": ""}
    if new or run_id not in _open:
        opened = await asyncio.to_thread(_from_state, state)
        run_id = opened.context.store.run_id
        _open[run_id] = opened
    while len(_open) > OPEN_CONTEXTS:
        await asyncio.to_thread(_close, _open.popitem(last=False)[1])
    return _open[run_id].context


async def close_context(
    context: RepairContext, state: RepairState | None = None, error: BaseException | None = None
) -> None:
    """Give up what the run holds. ``state`` is its last one, where it came to an end; ``error`` is what broke it."""
    opened = _open.pop(context.store.run_id, None)
    if opened is None:
        return
    await context.author.aclose()
    await asyncio.to_thread(_close, opened, state, error)


def _close(opened: _Opened, state: RepairState | None = None, error: BaseException | None = None) -> None:
    with opened.stack:
        if state is None:
            opened.watch.failed(error)
            return
        reason = state.get("stop_reason", "")
        opened.context.store.update(
            finished_at=datetime.now(UTC).isoformat(),
            success=state.get("success", False),
            outcome=str(outcome_of(reason)),
            stop_reason=reason,
            applied=state.get("delivered", {}).get("applied", False),
        )
        opened.watch.ended(state, opened.context)


def _from_state(state: RepairState) -> _Opened:
    project = Path(state.get("project_path", "") or "").resolve()
    if not state.get("project_path") or not project.is_dir():
        raise UsageError("project_path must name the folder of a project")
    environment = read_environment(Path.cwd(), project)
    settings = load_settings(project, environment, **{name: state.get(name) for name in _SETTINGS})
    delivery = DeliveryOptions(
        apply=state.get("apply") is not False,
        apply_partial=bool(state.get("apply_partial")),
        approve=bool(state.get("approve")),
    )
    run_id = state.get("run_id", "")
    watch = watch_run(settings.home, environment)
    with ExitStack() as stack:
        opening = open_context(
            project, settings, environment, delivery=delivery, emit=watch.tell, run_id=run_id
        )  # fmt: skip
        try:
            context = stack.enter_context(opening)
            if run_id:
                _as_it_was(state, context.store, project)
        except BaseException as error:
            watch.failed(error)
            raise
        return _Opened(context, stack.pop_all(), watch)


def _as_it_was(state: RepairState, store: RunStore, project: Path) -> None:
    """A run that goes on from a checkpoint before its write (time travel) finds the project as it was then.

    Raises ``Conflict``, with nothing changed, where somebody edited since what it had written.
    """
    workspace = Workspace(project)
    if not state.get("delivered") and workspace.settle(store.journal)[0]:
        workspace.undo(store.journal)
    store.update(outcome="running", stop_reason=None, finished_at=None)
