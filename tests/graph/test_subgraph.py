"""The graph inside another one, whose state has a schema of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command

from aion_r import build_graph
from aion_r.core.errors import ProjectBusy
from aion_r.graph.context import is_held
from support.projects import CALC, RIGHT, calc, plain_pytest
from support.scripted_server import ScriptedServer

THREAD: Any = {"configurable": {"thread_id": "t"}}
OURS = ["execute_tests", "parse_failures", "evaluate_convergence"]
ALL = ["begin_run", *OURS, "generate_fix", "apply_fix", *OURS, "merge_edits", "write_back"]


class Shared(TypedDict, total=False):
    """A parent's state that shares fields with ours."""

    project_path: str
    approve: bool
    success: bool
    note: str


class Release(TypedDict, total=False):
    """One that shares none."""

    checkout: str
    ready: bool
    note: str


def note(state: Any) -> Any:
    return {"note": f"released: {state.get('success', state.get('ready'))}"}


def as_a_node(**options: Any) -> Any:
    outer = StateGraph(Shared)
    outer.add_node("repair", build_graph())
    outer.add_node("note", note)
    outer.add_edge(START, "repair")
    outer.add_edge("repair", "note")
    return outer.compile(**options)


def called_by_a_node(**options: Any) -> Any:
    inner = build_graph()

    async def repair(state: Release) -> Release:
        state_of_ours = await inner.ainvoke({"project_path": state["checkout"], "approve": True})
        return {"ready": state_of_ours["success"]}

    outer = StateGraph(Release)
    outer.add_node("repair", repair)
    outer.add_node("note", note)
    outer.add_edge(START, "repair")
    outer.add_edge("repair", "note")
    return outer.compile(**options)


@pytest.fixture
def model(server: ScriptedServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    for name, value in (server.environment("openai") | {"AION_R_HOME": str(home)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AION_R_PROVIDERS", "openai")
    server.script("openai", RIGHT)
    yield server


def test_its_nodes_are_seen_from_outside(model: ScriptedServer, project: Path) -> None:
    async def chunks() -> list[tuple[Any, Any]]:
        given = {"project_path": str(project)}
        return [chunk async for chunk in as_a_node().astream(given, stream_mode="updates", subgraphs=True)]

    seen = asyncio.run(chunks())
    assert [name for where, update in seen if where for name in update] == ALL
    assert {where[0].split(":")[0] for where, _ in seen if where} == {"repair"}
    assert [name for where, update in seen if not where for name in update] == ["repair", "note"]
    assert seen[-1][1]["note"]["note"] == "released: True"
    assert plain_pytest(project) == 0


@pytest.mark.parametrize("make", [as_a_node, called_by_a_node])
def test_its_question_reaches_the_parent_and_the_answer_comes_back(
    model: ScriptedServer, project: Path, home: Path, make: Any
) -> None:
    outer = make(checkpointer=InMemorySaver())

    async def steps() -> tuple[Any, Any]:
        stopped = await outer.ainvoke({"project_path": str(project), "checkout": str(project), "approve": True}, THREAD)
        held = is_held(project, home), (project / "calc.py").read_text()
        assert held == (True, CALC)
        return stopped, await outer.ainvoke(Command(resume={"action": "accept"}), THREAD)

    stopped, ended = asyncio.run(steps())
    (question,) = stopped["__interrupt__"]
    assert "+    return a + b" in question.value["patch"]
    assert json.loads(json.dumps(question.value)) == question.value
    assert ended["note"] == "released: True"
    assert plain_pytest(project) == 0
    assert not is_held(project, home)


def test_a_second_answer_changes_nothing(model: ScriptedServer, project: Path) -> None:
    outer = as_a_node(checkpointer=InMemorySaver())

    async def steps() -> Any:
        await outer.ainvoke({"project_path": str(project), "approve": True}, THREAD)
        await outer.ainvoke(Command(resume={"action": "reject"}), THREAD)
        return await outer.ainvoke(Command(resume={"action": "accept"}), THREAD)

    assert asyncio.run(steps())["success"] is False
    assert (project / "calc.py").read_text() == CALC


def test_nothing_is_written_that_nobody_accepted(model: ScriptedServer, project: Path) -> None:
    """Also where somebody puts the run behind its question by hand, as Studio allows."""
    graph = build_graph(InMemorySaver())

    async def steps() -> Any:
        asked = await graph.ainvoke({"project_path": str(project), "approve": True}, THREAD)
        past = {"pending": asked["pending"] | {"answer": "accept"}}
        await graph.aupdate_state(THREAD, past, as_node="request_approval")
        assert (await graph.aget_state(THREAD)).next == ("write_back",)
        again = await graph.ainvoke(None, THREAD)
        assert (project / "calc.py").read_text() == CALC
        await graph.ainvoke(Command(resume={"action": "reject"}), THREAD)
        return again

    assert asyncio.run(steps())["__interrupt__"][0].value["question"] == 1


def test_an_answer_that_is_none_is_asked_for_again(model: ScriptedServer, project: Path) -> None:
    graph = build_graph(InMemorySaver())

    async def steps() -> list[Any]:
        given: Any = {"project_path": str(project), "approve": True}
        states = [await graph.ainvoke(given, THREAD)]
        for answer in ("ok", {"action": "accept", "question": 9}, {"action": "accept", "question": 3}):
            states.append(await graph.ainvoke(Command(resume=answer), THREAD))
        return states

    first, second, third, ended = asyncio.run(steps())
    assert first["__interrupt__"][0].value["problem"] == ""
    assert "a decision is" in second["__interrupt__"][0].value["problem"]
    assert "an answer to question 9, this is question 2" in third["__interrupt__"][0].value["problem"]
    assert ended["success"] and ended["decisions"][-1]["action"] == "accept"


def test_a_thread_begins_anew_with_each_input(model: ScriptedServer, project: Path, tmp_path: Path) -> None:
    """As when somebody submits Studio's form a second time, before or after an answer."""
    graph = build_graph(InMemorySaver())
    other = calc(tmp_path / "other")

    async def steps() -> list[Any]:
        asked: Any = {"project_path": str(project), "approve": True}
        states = [await graph.ainvoke(asked, THREAD), await graph.ainvoke(asked, THREAD)]
        states.append(await graph.ainvoke(Command(resume={"action": "accept"}), THREAD))
        return [*states, await graph.ainvoke({"project_path": str(other), "approve": False}, THREAD)]

    first, second, third, fourth = asyncio.run(steps())
    assert first["run_id"] != second["run_id"] == third["run_id"] != fourth["run_id"]
    assert [len(state["attempts"]) for state in (first, second, third, fourth)] == [1, 1, 1, 1]
    assert [len(state["decisions"]) for state in (third, fourth)] == [1, 0]
    assert plain_pytest(project) == plain_pytest(other) == 0


def test_two_runs_on_one_project(model: ScriptedServer, project: Path) -> None:
    graph = build_graph(InMemorySaver())

    async def steps() -> None:
        given: Any = {"project_path": str(project), "approve": True}
        await graph.ainvoke(given, THREAD)
        with pytest.raises(ProjectBusy):
            await graph.ainvoke(given, {"configurable": {"thread_id": "other"}})
        await graph.ainvoke(Command(resume={"action": "reject"}), THREAD)

    asyncio.run(steps())


def test_time_travel_takes_the_write_back_first(model: ScriptedServer, project: Path, home: Path) -> None:
    graph = build_graph(InMemorySaver())

    async def steps() -> tuple[list[str], Any]:
        given: Any = {"project_path": str(project)}
        assert (await graph.ainvoke(given, THREAD))["delivered"]["applied"]
        assert (project / "calc.py").read_text() != CALC
        history = [snapshot async for snapshot in graph.aget_state_history(THREAD)]
        (back,) = [one for one in history if one.next == ("parse_failures",) and not one.values["initial"]]
        updates = graph.astream(None, back.config, stream_mode="updates")
        nodes = [name async for update in updates for name in update]
        return nodes, await graph.aget_state(THREAD)

    nodes, state = asyncio.run(steps())
    assert nodes == ALL[2:]
    assert state.values["initial"]["failing"] == 1, "the project was tested as it was before the write"
    assert state.values["delivered"]["applied"] and plain_pytest(project) == 0
    facts = json.loads(next((home / "runs").glob("*/run.json")).read_text())
    assert (facts["outcome"], facts["applied"]) == ("repaired", True)
