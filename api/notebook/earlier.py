"""The runs that are kept, as a list that shows itself as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from ...core.display import Drawn
from ...core.settings import load_settings, read_environment
from ...tools.runs import list_runs
from ..report.markup import Html, tag
from ..screen.narration import count
from .style import PAGE, mono, table

Facts = dict[str, Any]
SHOWN = 30


class Runs(Drawn):
    """The facts of each run (``run_id``, ``project``, ``outcome``, ``started_at`` …), newest first.

    Not a tuple: of those IPython shows the items, whatever else they say of themselves.
    """

    def __init__(self, facts: Sequence[Facts]) -> None:
        self._facts = tuple(facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[Facts]:
        return iter(self._facts)

    @overload
    def __getitem__(self, index: int) -> Facts: ...
    @overload
    def __getitem__(self, index: slice) -> Runs: ...
    def __getitem__(self, index: int | slice) -> Facts | Runs:
        found = self._facts[index]
        return Runs(found) if isinstance(found, tuple) else found

    def __repr__(self) -> str:
        return f"<{count(len(self), 'run')}>"


def runs(home: str | Path | None = None) -> Runs:
    """All runs kept below ``home``; by default where the settings of the current folder keep them."""
    here = Path.cwd()
    kept = load_settings(here, read_environment(here), home=home).home
    return Runs(list_runs(kept))


def runs_table(kept: Runs) -> Html:
    """The newest ones; of a project only the name of its folder."""
    rows = [(mono(run), project, outcome, started) for run, project, outcome, started in map(_row, kept[:SHOWN])]
    more = len(kept) - len(rows)
    rest = tag("div", f"and {count(more, 'older run')}") if more else None
    heads = ("run", "project", "outcome", "started (UTC)")
    return tag("div", table(heads, rows) if rows else "No runs are kept.", rest, style=PAGE)


def runs_text(kept: Runs) -> str:
    """The same in words."""
    lines = ["  ".join(_row(facts)) for facts in kept[:SHOWN]]
    more = len(kept) - len(lines)
    return "\n".join([*lines, *([f"and {count(more, 'older run')}"] if more else [])]) or "No runs are kept."


def _row(facts: Facts) -> tuple[str, str, str, str]:
    outcome = "undone" if facts.get("undone_at") else str(facts["outcome"]).replace("_", " ")
    started = str(facts.get("started_at", ""))[:16].replace("T", " ")
    return facts["run_id"], Path(facts["project"]).name, outcome, started
