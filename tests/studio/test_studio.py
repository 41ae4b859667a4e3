"""The graph in LangGraph's own server, driven as Studio drives it: by ``langgraph_sdk``."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypedDict
from uuid import uuid4

from langgraph.graph import START, StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from support.examples import EXAMPLES
from support.projects import CALC, plain_pytest
from support.studio_server import ROOT, Studio

LOOP = ["execute_tests", "parse_failures", "evaluate_convergence"]
TO_THE_QUESTION = ["begin_run", *LOOP, "generate_fix", "apply_fix", *LOOP, "merge_edits", "__interrupt__"]
MENDED = CALC.replace("a - b", "a + b")


def given(project: Path, **more: Any) -> dict[str, Any]:
    return {"project_path": str(project), "providers": ["offline"], **more}


async def updates(client: LangGraphClient, thread: str, graph: str = "aion_r", **run: Any) -> list[tuple[str, Any]]:
    """Node and update, in their order; an error as ``error``."""
    found: list[tuple[str, Any]] = []
    async for part in client.runs.stream(thread, graph, stream_mode=["updates"], **run):
        if part.event.startswith("updates"):
            found += part.data.items()
        elif part.event == "error":
            found.append(("error", part.data))
    return found


def names(found: list[tuple[str, Any]]) -> list[str]:
    return [name for name, _ in found]


def with_thread(studio: Studio, work: Any) -> Any:
    """What the coroutine function ``work`` gives for a client and a new thread."""

    async def run() -> Any:
        async with get_client(url=studio.url) as client:
            return await work(client, (await client.threads.create())["thread_id"])

    started: Coroutine[Any, Any, Any] = run()
    return asyncio.run(started)


def test_the_form_has_descriptions_and_defaults(studio: Studio) -> None:
    async def schemas(client: LangGraphClient, thread: str) -> Any:
        (assistant,) = await client.assistants.search(graph_id="aion_r")
        return await client.assistants.get_schemas(assistant["assistant_id"])

    form = with_thread(studio, schemas)["input_schema"]
    assert form["required"] == ["project_path"]
    assert all(field["description"] for field in form["properties"].values())
    defaults = {name: field["default"] for name, field in form["properties"].items() if name != "project_path"}
    assert (defaults["max_iterations"], defaults["apply"], defaults["approve"]) == (5, True, False)
    assert len(defaults) == 11


def test_the_example_is_repaired_and_every_update_can_be_read(studio: Studio, tmp_path: Path) -> None:
    project = tmp_path / "cart"
    shutil.copytree(ROOT / "examples/broken_cart", project)

    async def repair(client: LangGraphClient, thread: str) -> Any:
        return await updates(client, thread, input=given(project))

    found = with_thread(studio, repair)
    assert names(found) == [*TO_THE_QUESTION[:-1], "write_back"]
    seen = dict(found)
    assert all(len(json.dumps(update)) < 8_000 for _, update in found)
    assert seen["parse_failures"]["report"]["failing"] == 0
    assert "arithmetic at shop/cart.py:27: `+` becomes `-`" in seen["generate_fix"]["candidates"][0]["explanation"]
    assert seen["write_back"]["delivered"]["paths"] == ["shop/cart.py", "shop/pricing.py"]
    assert plain_pytest(project) == 0
    facts = json.loads((studio.home / "runs" / seen["execute_tests"]["run_id"] / "run.json").read_text())
    assert (facts["outcome"], facts["applied"]) == ("repaired", True)
    assert (studio.complaints(), studio.sent) == ([], [])


def test_interrupt_answer_and_time_travel(studio: Studio, project: Path) -> None:
    async def talk(client: LangGraphClient, thread: str) -> None:
        asked = await updates(client, thread, input=given(project, approve=True))
        assert names(asked) == TO_THE_QUESTION
        (question,) = asked[-1][1]
        assert "+    return a + b" in question["value"]["patch"]
        assert (await client.threads.get_state(thread))["next"] == ["request_approval"]
        assert (project / "calc.py").read_text() == CALC

        answer = {"resume": {question["id"]: {"action": "reject", "reason": ""}}}
        assert names(await updates(client, thread, command=answer)) == ["request_approval"]
        state = await client.threads.get_state(thread)
        assert (state["next"], state["values"]["stop_reason"]) == ([], "rejected")
        assert (project / "calc.py").read_text() == CALC
        other = {"resume": {question["id"]: {"action": "accept"}}}
        assert await updates(client, thread, command=other) == [], "the question has been answered"
        assert (project / "calc.py").read_text() == CALC

        history = await client.threads.get_history(thread, limit=50)
        again = await updates(client, thread, input=None, checkpoint_id=before(history, "request_approval"))
        assert names(again) == ["__interrupt__"]
        accepted = await updates(client, thread, command={"resume": {"action": "accept"}})
        assert names(accepted) == ["request_approval", "write_back"]
        assert (project / "calc.py").read_text() == MENDED

        earlier = await updates(client, thread, input=None, checkpoint_id=before(history, "merge_edits"))
        assert names(earlier) == ["merge_edits", "__interrupt__"]
        assert (project / "calc.py").read_text() == CALC, "what the run had written later is taken back"
        await updates(client, thread, command={"resume": {"action": "accept"}})
        assert (project / "calc.py").read_text() == MENDED

    with_thread(studio, talk)
    assert (studio.complaints(), studio.sent) == ([], [])


def before(history: list[Any], node: str) -> str:
    return str(next(one for one in history if one["next"] == [node])["checkpoint"]["checkpoint_id"])


def test_a_graph_of_its_own_schema_passes_the_question_on(studio: Studio, project: Path) -> None:
    async def talk(client: LangGraphClient, thread: str) -> Any:
        asked = await updates(
            client, thread, "release", input={"checkout": str(project)}, stream_subgraphs=True
        )  # fmt: skip
        assert set(TO_THE_QUESTION) <= set(names(asked))
        return await updates(client, thread, "release", command={"resume": {"action": "accept"}})

    assert with_thread(studio, talk)[-1] == ("report", {"said": "ready to release"})
    assert plain_pytest(project) == 0


def test_a_wrong_path_is_told(studio: Studio, tmp_path: Path) -> None:
    async def start(client: LangGraphClient, thread: str) -> Any:
        return await updates(client, thread, input=given(tmp_path / "nowhere"))

    ((name, error),) = with_thread(studio, start)
    assert (name, error["error"]) == ("error", "UsageError")
    assert "project_path must name the folder of a project" in error["message"]


def test_remote_graph(studio: Studio, project: Path) -> None:
    remote = RemoteGraph("aion_r", url=studio.url)
    thread: Any = {"configurable": {"thread_id": str(uuid4())}}

    async def steps() -> tuple[Any, Any]:
        stopped = await remote.ainvoke(given(project, approve=True), thread)
        assert (project / "calc.py").read_text() == CALC
        return stopped, await remote.ainvoke(Command(resume={"action": "accept"}), thread)

    stopped, ended = asyncio.run(steps())
    assert "+    return a + b" in stopped["__interrupt__"][0]["value"]["patch"]
    assert ended["success"] and ended["delivered"]["applied"]
    assert plain_pytest(project) == 0


def test_the_example_of_the_document(studio: Studio, project: Path) -> None:
    (example,) = [text for text in EXAMPLES if "RemoteGraph" in text]
    text = example.replace("http://127.0.0.1:2024", studio.url).replace("/srv/shop", str(project))
    names: dict[str, Any] = {}
    asyncio.run(eval(compile(text, "docs/graph.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names))
    assert names["state"]["delivered"]["applied"] and plain_pytest(project) == 0


def test_remote_graph_as_a_node(studio: Studio, project: Path) -> None:
    class Outer(TypedDict, total=False):
        project_path: str
        providers: list[str]
        success: bool

    graph = StateGraph(Outer)
    graph.add_node("repair", RemoteGraph("aion_r", url=studio.url))
    graph.add_edge(START, "repair")
    assert asyncio.run(graph.compile().ainvoke(given(project)))["success"]  # type: ignore[arg-type]
    assert plain_pytest(project) == 0
