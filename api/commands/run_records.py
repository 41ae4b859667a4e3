"""Earlier runs for people and scripts."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...core.settings import load_settings, read_environment
from ...graph.kept import resumable
from ...tools.runs import RunStore, list_runs
from ..screen.narration import count
from ..screen.summary import diff_lines
from ..screen.terminal import Line, Terminal, shorten_id
from .boundary import hidden, hider

Facts = dict[str, Any]
_STYLES = {"repaired": "ok", "already_green": "ok", "not_repaired": "bad", "error": "bad", "limit": "warn"}
_RESUMABLE = "can resume"
_WAITING = "asks you"
_ID_WIDTH = 22
_LONGEST_RUN = timedelta(days=1)
"""A run that says `running` for longer was killed."""


def home() -> Path:
    """Where the runs are kept, by the settings of the current folder."""
    folder = Path.cwd()
    return load_settings(folder, read_environment(folder)).home


def find_run(kept: Path, run: str) -> RunStore:
    """The run with that id, or the only one whose id begins so. Raises ``UsageError``."""
    matches = [facts["run_id"] for facts in list_runs(kept) if facts["run_id"].startswith(run)] if run else []
    if run not in matches and len(matches) > 1:
        raise UsageError(f"{run!r} is the beginning of {len(matches)} runs: give more of the id.")
    return RunStore.find(kept, run if run in matches or not matches else matches[0])


def show_list(*, as_json: bool, no_color: bool) -> int:
    """All runs, newest first."""
    kept = home()
    found = [facts | {"resumable": _can_resume(facts, kept)} for facts in list_runs(kept)]
    if as_json:
        print(json.dumps({"runs": found}, indent=2))
        return 0
    terminal = Terminal.of(sys.stdout, no_color=no_color)
    if not found:
        terminal.line((f"No runs are kept in {kept}.", ""))
    for facts in found:
        terminal.lines(_entry(facts, terminal.room()))
    return 0


def _entry(facts: Facts, room: int) -> list[Line]:
    outcome = _outcome(facts)
    head = (f"{facts['run_id']:<{_ID_WIDTH}}  ", ""), (f"{outcome:<13}", _STYLES.get(str(facts["outcome"]), ""))
    taken = _ID_WIDTH + 17
    if room - taken >= 24:
        return [(*head, (f"  {shorten_id(facts['project'], room - taken)}", ""))]
    return [head, ((f"  {shorten_id(facts['project'], max(10, room - 2))}", "dim"),)]


def _can_resume(facts: Facts, kept: Path) -> bool:
    """A run that says `running` does so for good once it was killed: its lock tells."""
    if facts["outcome"] != "running" or not resumable(facts):
        return resumable(facts)
    from ...graph.context import is_held

    return not is_held(Path(facts["project"]), kept)


def _outcome(facts: Facts) -> str:
    if facts.get("undone_at"):
        return "undone"
    if facts["outcome"] == "waiting":
        return _WAITING
    if facts.get("resumable"):
        return _RESUMABLE
    return str(facts["outcome"]).replace("_", " ")


def show_run(run: str, *, as_json: bool, no_color: bool) -> int:
    """One run's result; of one that did not end, what is known."""
    folder = Path.cwd()
    environment = read_environment(folder)
    store = find_run(load_settings(folder, environment).home, run)
    result_file = store.folder / "result.json"
    result = json.loads(result_file.read_text(encoding="utf-8")) if result_file.is_file() else {}
    hide = hider(environment)
    if as_json:
        print(json.dumps(hidden(store.facts | result, hide), indent=2))
        return 0
    terminal = Terminal.of(sys.stdout, no_color=no_color, hide=hide)
    terminal.lines(_details(store, result))
    if result.get("patch"):
        terminal.lines([(), *diff_lines(result["patch"])])
    return 0


def _details(store: RunStore, result: Facts) -> list[Line]:
    facts = store.facts
    rows = [
        ("run", store.run_id),
        ("project", facts["project"]),
        ("outcome", _outcome(facts) + (f" ({facts['stop_reason']})" if facts.get("stop_reason") else "")),
        ("started", facts["started_at"]),
        ("finished", facts.get("finished_at", "")),
        ("said", result.get("message", "")),
        ("tests", _numbers(result)),
        ("kept in", str(store.folder)),
    ]
    lines: list[Line] = [((f"{name:<9}", "dim"), (text, "")) for name, text in rows if text]
    for attempt in result.get("corrections_applied", []):
        who = ", ".join(dict.fromkeys(fix["provider"] for fix in attempt["fixes_applied"]))
        counts = f"{attempt['failures_before']} → {attempt['failures_after']} failing"
        lines.append(((f"  {attempt['iteration']}. {who}: {counts}, {attempt['verdict'].replace('_', ' ')}", ""),))
    return lines


def _numbers(result: Facts) -> str:
    if not result:
        return ""
    passed = []
    for when in ("initial", "final"):
        report = result[f"{when}_test_results"]
        passed.append(f"{report['passed_tests']} of {report['total_tests']}")
    return " → ".join(passed) + " passed"


def prune_runs(days: float, *, dry_run: bool, as_json: bool, no_color: bool) -> int:
    """Remove the runs that began more than ``days`` ago, but none that is still at work."""
    kept = home()
    now = datetime.now(UTC)
    old = [facts for facts in list_runs(kept) if _age(facts, now) >= timedelta(days=days) and not _at_work(facts, now)]
    for facts in old if not dry_run else ():
        shutil.rmtree(RunStore.find(kept, facts["run_id"]).folder)
    if as_json:
        print(json.dumps({"pruned": [facts["run_id"] for facts in old], "dry_run": dry_run}, indent=2))
        return 0
    verb = "would be removed" if dry_run else "removed"
    Terminal.of(sys.stdout, no_color=no_color).line((f"{count(len(old), 'run')} {verb}.", ""))
    return 0


def _age(facts: Facts, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(facts["started_at"])


def _at_work(facts: Facts, now: datetime) -> bool:
    return facts["outcome"] == "running" and _age(facts, now) < _LONGEST_RUN
