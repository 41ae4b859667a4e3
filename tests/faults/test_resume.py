"""A run that was cut short goes on: from where it was, with what it was asked, without paying twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import ProjectBusy, UsageError
from aion_r.graph.context import hold_project
from aion_r.tools.delivery import DeliveryOptions, ProjectDelivery
from aion_r.tools.edits.guard import Guard
from aion_r.tools.runs import RunStore, list_runs
from aion_r.tools.workspace import Workspace
from aion_r.tools.workspace.changes import TICK
from support.projects import CALC, HARMFUL, RIGHT, TEST_CALC, WRONG, plain_pytest
from support.replies import Hang
from support.scripted_server import ScriptedServer

EXTRA = "\n\ndef half(a):\n    return a / 2\n"
MakeCycle = Callable[..., AutocorrectionCycle]


def interrupt(cycle: AutocorrectionCycle, project: Path, node: str, count: int = 1) -> str:
    """Start a run, and cancel it when ``node`` begins for the ``count``-th time. Returns its id."""

    time.sleep(2 * TICK)  # a project as young as that counts as changed after the run had begun

    async def cut_short() -> str:
        events = cycle.astream(project)
        seen, run_id = 0, ""
        async for event in events:
            run_id = event.get("run_id", run_id)
            seen += event["event"] == "node" and event["node"] == node
            if seen == count:
                await events.aclose()
                return run_id
        raise AssertionError(f"the run ended before {node}")

    return asyncio.run(cut_short())


@pytest.mark.parametrize(
    ("node", "count", "calls"),
    [
        ("begin_run", 1, 1),
        ("execute_tests", 1, 1),
        ("parse_failures", 1, 1),
        ("generate_fix", 1, 1),
        ("apply_fix", 1, 1),
        ("execute_tests", 2, 1),
        ("parse_failures", 2, 1),
        ("evaluate_convergence", 2, 1),
        ("merge_edits", 1, 1),
        ("write_back", 1, 1),
    ],
)
def test_from_every_node(
    cycle: MakeCycle, server: ScriptedServer, project: Path, node: str, count: int, calls: int
) -> None:
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(cache=False), project, node, count)
    assert (project / "calc.py").read_text() == CALC
    result = cycle().resume(run_id)
    assert (result.run_id, str(result.outcome), result.applied, result.message) == (run_id, "repaired", True, "")
    assert result.iterations_completed == 1
    assert [attempt.iteration for attempt in result.corrections_applied] == [1]
    assert len(server.calls()) == calls
    assert result.usage.input_tokens == sum(call.usage.input_tokens for call in result.calls) > 0
    assert plain_pytest(project) == 0


def test_what_earlier_iterations_found_is_known(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", WRONG, HARMFUL, RIGHT)
    run_id = interrupt(cycle(patience=5), project, "generate_fix", 3)
    result = cycle().resume(run_id)
    assert [str(attempt.verdict) for attempt in result.corrections_applied] == [
        "still_failing",
        "regressed",
        "plausible",
    ]
    assert len(server.calls()) == 3


def test_settings_are_those_of_the_run(cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path) -> None:
    server.reply("openai", WRONG)
    options: dict[str, Any] = {"max_iterations": 1, "protect": ["words.py"]}
    run_id = interrupt(cycle(apply=False, **options), project, "generate_fix")
    text = (home / "runs" / run_id / "run.json").read_text()
    assert not any(key in text for key in server.environment("openai").values() if key.startswith("sk-"))
    server.script("openai", RIGHT)
    result = cycle(max_iterations=7).resume(run_id)
    assert (str(result.outcome), result.applied) == ("repaired", False)
    assert (project / "calc.py").read_text() == CALC
    kept = json.loads((home / "runs" / run_id / "run.json").read_text())["settings"]
    assert (kept["max_iterations"], kept["protect"]) == (1, ["words.py"])


@pytest.mark.parametrize("node", ["generate_fix", "write_back"])
def test_a_project_that_changed_is_tested_again(
    cycle: MakeCycle, server: ScriptedServer, project: Path, node: str
) -> None:
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(), project, node)
    (project / "calc.py").write_text(CALC + EXTRA)
    result = cycle().resume(run_id)
    assert "changed after the run had begun: it started again from a test run" in result.message
    assert result.success
    assert (project / "calc.py").read_text().endswith(EXTRA)
    assert plain_pytest(project) == 0


def test_a_project_that_was_mended_meanwhile_is_left_alone(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(), project, "write_back")
    mended = CALC.replace("a - b", "b + a")
    (project / "calc.py").write_text(mended)
    assert str(cycle().resume(run_id).outcome) == "already_green"
    assert (project / "calc.py").read_text() == mended


def test_a_run_that_cannot_go_on_says_why(cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path) -> None:
    server.reply("openai", RIGHT)
    done = cycle().run_autocorrection(project)
    with pytest.raises(UsageError, match=f"run {done.run_id} has ended"):
        cycle().resume(done.run_id)
    with pytest.raises(UsageError, match="no run 'nonsense'"):
        cycle().resume("nonsense")
    store = RunStore.create(home, project)
    with pytest.raises(UsageError, match="had not begun"):
        cycle().resume(store.run_id)


def test_a_run_that_is_alive_is_left_alone(cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path) -> None:
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(), project, "apply_fix")
    before = (home / "runs" / run_id / "run.json").read_bytes()
    with hold_project(project, home), pytest.raises(ProjectBusy):
        cycle().resume(run_id)
    assert (home / "runs" / run_id / "run.json").read_bytes() == before


def test_a_run_that_asks_before_it_writes_asks_when_it_goes_on(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(approve=lambda patch: True), project, "apply_fix")
    assert cycle().resume(run_id).stop_reason == "awaiting_approval"
    assert cycle(approve=lambda patch: False).resume(run_id).stop_reason == "rejected"
    assert (project / "calc.py").read_text() == CALC


def test_a_setting_with_a_key_in_it_is_not_kept(
    cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path
) -> None:
    server.reply("openai", RIGHT)
    key = server.environment("openai")["OPENAI_API_KEY"]
    run_id = interrupt(cycle(test_command=f"TOKEN={key} python -m pytest"), project, "parse_failures")
    assert key not in (home / "runs" / run_id / "run.json").read_text()
    with pytest.raises(UsageError, match="a key in test_command"):
        cycle().resume(run_id)


def test_the_time_limit_counts_what_was_used(
    cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path
) -> None:
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(time_limit=300), project, "apply_fix")
    RunStore.find(home, run_id).update(spent_s=300.0)
    assert cycle().resume(run_id).stop_reason == "time_limit"
    assert (project / "calc.py").read_text() == CALC


def test_an_answer_in_flight_is_asked_for_again(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", Hang(), RIGHT)

    async def cut_short() -> str:
        events = cycle().astream(project)
        async for event in events:
            if event["event"] == "asking":
                break
        while not server.calls():
            await asyncio.sleep(0.01)
        await events.aclose()
        return str(list_runs(server_home)[0]["run_id"])

    server_home = project.parent / "home"
    run_id = asyncio.run(cut_short())
    assert list_runs(server_home)[0]["stop_reason"] == "interrupted"
    assert cycle().resume(run_id).success
    assert len(server.calls()) == 2


def test_an_edit_elsewhere_in_the_same_file_is_merged_and_tested(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    theirs = CALC + EXTRA
    result = asyncio.run(edited_meanwhile(cycle(), server, project, {"calc.py": theirs}))
    assert result.applied and "Your edits made meanwhile in calc.py were kept" in result.message
    assert (project / "calc.py").read_text() == theirs.replace("return a - b", "return a + b")
    assert plain_pytest(project) == 0
    assert "+    return a + b" in result.patch


@pytest.mark.parametrize(
    ("calc", "said"),
    [
        (CALC.replace("a - b", "a // b"), "calc.py changed since the run read it: nothing was written"),
        (CALC.replace("a * b", "a / b"), "merged with the patch the tests do not pass"),
    ],
    ids=["the same place", "tests fail"],
)
def test_an_edit_that_cannot_be_merged_stops_the_write(
    cycle: MakeCycle, server: ScriptedServer, project: Path, calc: str, said: str
) -> None:
    result = asyncio.run(edited_meanwhile(cycle(), server, project, {"calc.py": calc}))
    assert (result.stop_reason, result.applied) == ("not_written", False)
    assert said in result.message
    assert (project / "calc.py").read_text() == calc
    assert result.patch_file is not None and "+    return a + b" in Path(result.patch_file).read_text()
    assert (project / "test_calc.py").read_text() == TEST_CALC


async def edited_meanwhile(
    cycle: AutocorrectionCycle, server: ScriptedServer, project: Path, files: dict[str, str]
) -> Any:
    """The result of a run during whose last test run the user wrote ``files``."""
    server.reply("openai", RIGHT)
    async for event in cycle.astream(project):
        if event["event"] == "update" and event["node"] == "execute_tests" and event["update"]["test_runs"] == 2:
            for name, text in files.items():
                (project / name).write_text(text)
        if event["event"] == "finished":
            return event["result"]
    raise AssertionError


def test_a_run_with_models_of_the_users_own_needs_them_again(
    cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path
) -> None:
    from langchain_openai import ChatOpenAI

    server.reply("openai", RIGHT)
    variables = server.environment("openai")
    address = {"base_url": variables["OPENAI_BASE_URL"], "api_key": variables["OPENAI_API_KEY"], "max_retries": 0}
    own = {"mine": ChatOpenAI(model="m", **address)}
    run_id = interrupt(cycle(providers=["mine"], legs=own), project, "generate_fix")
    with pytest.raises(UsageError, match=r"models of your own \(mine\)"):
        cycle().resume(run_id)
    result = cycle(legs=own).resume(run_id)
    assert result.success and {call.provider for call in result.calls} == {"mine"}


@pytest.mark.parametrize("options", [{"commit": True}, {"branch": "fix/calc"}], ids=["commit", "branch"])
def test_a_commit_is_made_once(
    cycle: MakeCycle,
    server: ScriptedServer,
    project: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "T")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.invalid")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "found"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    server.reply("openai", RIGHT)
    run_id = interrupt(cycle(**options), project, "write_back")
    store = RunStore.find(home, run_id)
    patch = Patch((Edit("calc.py", CALC.encode(), CALC.replace("a - b", "a + b").encode()),))
    asked = DeliveryOptions(commit=True, branch=options.get("branch", ""))
    delivery = ProjectDelivery(Workspace(project), Guard(project, lambda path: False), store, asked)
    delivery.deliver(patch, complete=True, message="mended")  # all but the state's last checkpoint
    result = cycle().resume(run_id)
    assert result.applied and "Committed as" in result.message
    log = subprocess.run(["git", "log", "--format=%s"], cwd=project, check=True, capture_output=True, text=True).stdout
    assert log.splitlines() == ["mended", "found"]
