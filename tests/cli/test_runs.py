"""Earlier runs: listed, shown, pruned, taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r.core.documents import RepairResult
from aion_r.core.domain import (
    AppliedFix,
    Attempt,
    Edit,
    Outcome,
    Patch,
    RunOutcome,
    Strategy,
    TestReport,
    Verdict,
)
from aion_r.graph.context import hold_project
from aion_r.tools.edits.diff import unified_diff
from aion_r.tools.runs import RunStore
from aion_r.tools.workspace import Workspace
from support.command_line import BUGGY, REPLACE, CommandLine, answer, document

Configure = Callable[..., CommandLine]


@pytest.fixture
def repaired(aion: CommandLine, project: Path) -> CommandLine:
    """A run that has repaired ``project``, as a real one leaves it, without its seconds."""
    store = RunStore.create(aion.home, project)
    after = BUGGY.replace("-=", "+=").encode()
    patch = Patch((Edit("cart.py", BUGGY.encode(), after),))
    Workspace(project).write_back(patch, store.journal)
    red = TestReport("pytest", RunOutcome.COMPLETED, total_tests=2, passed_tests=1, failed_tests=1)
    green = TestReport("pytest", RunOutcome.COMPLETED, total_tests=2, passed_tests=2)
    fix = AppliedFix("cart.py", Strategy.LLM, "openai", "m", unified_diff(patch))
    attempt = Attempt(1, 1, 0, 100.0, True, Verdict.PLAUSIBLE, (fix,))
    result = RepairResult(
        run_id=store.run_id,
        success=True,
        outcome=Outcome.REPAIRED,
        stop_reason="all_passed",
        iterations_completed=1,
        convergence_achieved=True,
        applied=True,
        patch=unified_diff(patch),
        sandbox="overlay",
        initial_test_results=red,
        final_test_results=green,
        corrections_applied=(attempt,),
    )
    store.finish(result.to_dict())
    return aion


def test_a_real_repair_is_taken_back_byte_for_byte(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    assert aion.call("fix").returncode == 0
    assert REPLACE in (project / "cart.py").read_text()
    assert aion.call("undo").stdout == "Put back cart.py\n"
    assert (project / "cart.py").read_text() == BUGGY


def ids(aion: CommandLine) -> list[str]:
    return [run["run_id"] for run in document(aion.call("runs", "list", "--json").stdout)["runs"]]


def earlier(aion: CommandLine, run_id: str, **facts: object) -> Path:
    """A run of another day in the store."""
    folder = aion.home / "runs" / run_id
    folder.mkdir(parents=True)
    row = {"run_id": run_id, "project": "/elsewhere", "started_at": "2020-01-01T00:00:00+00:00", "outcome": "running"}
    (folder / "run.json").write_text(json.dumps(row | facts))
    return folder


def test_undo_puts_back_every_byte_and_only_once(repaired: CommandLine, project: Path) -> None:
    assert REPLACE in (project / "cart.py").read_text()
    done = repaired.call("undo")
    assert (done.returncode, done.stdout) == (0, "Put back cart.py\n")
    assert (project / "cart.py").read_text() == BUGGY
    again = repaired.call("undo")
    assert again.returncode == 2
    assert "no run has written to" in again.stderr
    assert "undone" in repaired.call("runs").stdout


def test_undo_from_a_folder_below_and_by_the_beginning_of_an_id(repaired: CommandLine, project: Path) -> None:
    (run_id,) = ids(repaired)
    below = project / "sub"
    below.mkdir()
    inside = CommandLine(repaired.home, below)
    assert inside.call("undo", run_id[:-2]).returncode == 0
    assert (project / "cart.py").read_text() == BUGGY
    assert "already" in inside.call("undo", run_id).stdout


def test_undo_refuses_when_the_file_was_edited_since(repaired: CommandLine, project: Path) -> None:
    (project / "cart.py").write_text("mine = True\n")
    done = repaired.call("undo")
    assert done.returncode == 1
    assert "cart.py changed" in done.stderr
    assert (project / "cart.py").read_text() == "mine = True\n"


def test_undo_of_a_run_that_wrote_nothing(with_model: Configure) -> None:
    aion = with_model(answer())
    aion.call("fix", "--no-apply")
    done = aion.call("undo", *ids(aion))
    assert done.returncode == 2
    assert "there is nothing to undo" in done.stderr


def test_the_list_is_newest_first(repaired: CommandLine, project: Path) -> None:
    earlier(repaired, "20200101-000000-aaaaaa", outcome="not_repaired")
    runs = document(repaired.call("runs", "list", "--json").stdout)["runs"]
    assert runs[1]["run_id"] == "20200101-000000-aaaaaa"
    assert {"run_id", "project", "outcome", "started_at"} <= set(runs[0])
    assert (runs[0]["project"], runs[0]["outcome"]) == (str(project), "repaired")
    lines = repaired.call("runs").stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["repaired", "not"]


def test_show_has_numbers_attempts_and_patch(repaired: CommandLine) -> None:
    (run_id,) = ids(repaired)
    shown = repaired.call("runs", "show", run_id).stdout
    assert "outcome  repaired (all_passed)" in shown
    assert "tests    1 of 2 → 2 of 2 passed" in shown
    assert "  1. openai: 1 → 0 failing, plausible" in shown
    assert f"+{REPLACE}" in shown
    told = document(repaired.call("runs", "show", run_id, "--json").stdout)
    assert (told["run_id"], told["outcome"]) == (run_id, "repaired")


def test_a_killed_run_can_be_shown(aion: CommandLine) -> None:
    earlier(aion, "20200101-000000-aaaaaa")
    shown = aion.call("runs", "show", "2020")
    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, "run      20200101-000000-aaaaaa")


def test_an_ambiguous_beginning_is_refused(aion: CommandLine) -> None:
    earlier(aion, "20200101-000000-aaaaaa")
    earlier(aion, "20200101-000000-bbbbbb")
    done = aion.call("runs", "show", "20200101")
    assert done.returncode == 2
    assert "the beginning of 2 runs" in done.stderr


def test_prune_removes_the_old_and_nothing_else(repaired: CommandLine) -> None:
    (kept,) = ids(repaired)
    old = earlier(repaired, "20200101-000000-aaaaaa")
    assert "1 run would be removed." in repaired.call("runs", "prune", "--dry-run").stdout
    assert old.exists()
    pruned = document(repaired.call("runs", "prune", "--json").stdout)
    assert pruned == {"pruned": ["20200101-000000-aaaaaa"], "dry_run": False}
    assert not old.exists()
    assert ids(repaired) == [kept]
    assert "1 run removed." in repaired.call("runs", "prune", "--days", "0").stdout
    assert ids(repaired) == []


def test_prune_leaves_a_run_at_work_alone(aion: CommandLine) -> None:
    from datetime import UTC, datetime

    folder = earlier(aion, "29990101-000000-aaaaaa", started_at=datetime.now(UTC).isoformat())
    assert "0 runs removed." in aion.call("runs", "prune", "--days", "0").stdout
    assert folder.exists()


def test_undo_waits_for_nobody_while_a_run_is_at_work(repaired: CommandLine, project: Path) -> None:
    written = (project / "cart.py").read_bytes()
    with hold_project(project, repaired.home):
        done = repaired.call("undo")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"another run is at work on {project}" in done.stderr
    assert (project / "cart.py").read_bytes() == written
    assert repaired.call("undo").returncode == 0
