"""``aion-r runs resume``: a run that was cut short, or waits for an answer, shown as ``fix`` shows one."""

from __future__ import annotations

import sys
from pathlib import Path

from ...core.decisions import Decision
from ...core.settings import read_environment
from ...graph.kept import kept_of
from ..approvals import check_waiting
from ..screen.terminal import Terminal
from .approval import check_terminal
from .boundary import hider
from .fixing import Request, ShownRun, show_end
from .run_records import find_run, home


def resume_run(run: str, decision: Decision | None, *, as_json: bool, no_color: bool) -> int:
    """Go on with ``run``; the exit status of ``fix``. Raises ``UsageError`` for one that cannot be gone on with.

    Without a ``decision`` a run that asks before it writes asks on the terminal.
    """
    where = home()
    store = find_run(where, run)
    if decision:
        check_waiting(store, decision)
    kept = kept_of(store, where)
    asks = kept.delivery.approve and decision is None
    if asks:
        check_terminal("the run", "give --accept or --reject REASON")
    environment = read_environment(Path.cwd(), kept.project)
    terminal = Terminal.of(sys.stderr if as_json else sys.stdout, no_color=no_color, hide=hider(environment))
    request = Request(
        path=str(kept.project), settings={"home": where}, approve=asks, as_json=as_json, no_color=no_color,
        run_id=store.run_id, decision=decision,
    )  # fmt: skip
    shown = ShownRun(request, kept.project, environment, kept.settings, terminal)
    return show_end(shown, shown.to_its_end())
