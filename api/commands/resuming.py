"""``aion-r runs resume``: a run that was cut short, shown as ``fix`` shows one."""

from __future__ import annotations

import sys
from pathlib import Path

from ...core.settings import read_environment
from ...graph.kept import kept_of
from ..screen.terminal import Terminal
from .approval import check_terminal
from .boundary import hider
from .fixing import Request, ShownRun, show_end
from .run_records import find_run, home


def resume_run(run: str, *, as_json: bool, no_color: bool) -> int:
    """Go on with ``run``; the exit status of ``fix``. Raises ``UsageError`` for one that cannot be gone on with."""
    where = home()
    store = find_run(where, run)
    kept = kept_of(store, where)
    if kept.approve:
        check_terminal()
    environment = read_environment(Path.cwd(), kept.project)
    terminal = Terminal.of(sys.stderr if as_json else sys.stdout, no_color=no_color, hide=hider(environment))
    request = Request(
        path=str(kept.project), settings={"home": where}, approve=kept.approve, as_json=as_json, no_color=no_color,
        run_id=store.run_id,
    )  # fmt: skip
    shown = ShownRun(request, kept.project, environment, kept.settings, terminal)
    return show_end(shown, shown.to_its_end())
