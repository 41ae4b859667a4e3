"""The repair as an agent that is talked to, for LangGraph's server: A2A, and any chat, gets a few words back.

The machine itself answers with its whole state; here that stays inside, and the last message says what it came to.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from ..core.documents import RepairResult, outcome_of
from ..core.domain import AppliedFix, Attempt, Strategy, TestReport
from ..core.errors import AionError, UsageError
from ..core.settings import load_settings, read_environment
from ..core.state import Record, RepairState, RunOptions
from ..graph.builder import build_graph
from ..tools.edits.diff import unified_diff
from ..tools.runs import RunStore
from .commands.boundary import hide_keys
from .hiding import hider
from .result import attempt_of, nothing_run
from .telling import MOST_TOKENS, Ways, one_line, told
from .tokens import fitting

_PATH = re.compile(r"""(?:^|[\s"'`(<])(/[^"'`<>\n]*)""")
_WAYS = Ways(write="send it again with apply true")
_OPTIONS = tuple(RunOptions.__annotations__)
_NO_PROJECT = 'name the folder of a project: a data part {"project_path": "/path/to/project"}, or its path in the text.'


class Asked(RunOptions, total=False):
    """What starts a run. The project is named by ``project_path``, or in the words of the last message."""

    messages: Annotated[
        list[AnyMessage], Field(description="What you ask for; it may name the folder.", default=[]), add_messages
    ]
    project_path: Annotated[str | None, Field(description="Folder of the project whose tests fail.", default=None)]


class Answered(Asked, total=False):
    """What it came to: in words in the last message, and as the fields that a program asks for."""

    run_id: str
    success: bool
    applied: bool
    stop_reason: str


def build_agent(repair: Any = None) -> CompiledStateGraph[Answered, None, Asked, Answered]:
    """The graph of one node. ``repair``: the compiled repair graph, or whatever stands in for it."""
    machine: Any = repair or build_graph()

    async def repair_project(state: Answered) -> Answered:
        try:
            project = await asyncio.to_thread(_project, state)
            options: dict[str, Any] = {name: state[name] for name in _OPTIONS if name in state}  # type: ignore[literal-required]
            found: RepairState = await machine.ainvoke(options | {"project_path": project})
            return await asyncio.to_thread(_answer, found, project)
        except AionError as error:  # raised, the server would tell no more of it than its kind
            return {"messages": [AIMessage(await asyncio.to_thread(_refusal, error))], "success": False}

    graph = StateGraph(Answered, input_schema=Asked)
    graph.add_node("repair_project", repair_project)
    graph.add_edge(START, "repair_project")
    return graph.compile(name="aion-r agent")


def _project(state: Answered) -> str:
    """What was given, or the folder that the last message names: the longest path in it. Raises ``UsageError``."""
    if given := state.get("project_path"):
        return given
    messages = state.get("messages", [])
    text = str(messages[-1].text) if messages else ""
    for found in _PATH.findall(text):
        words = found.split(" ")
        for end in range(len(words), 0, -1):
            path = " ".join(words[:end]).rstrip(" .,;:!?)")
            if path and Path(path).is_dir():
                return path
    raise UsageError(_NO_PROJECT)


def _answer(state: RepairState, project: str) -> Answered:
    environment = read_environment(Path.cwd(), Path(project))
    store = RunStore.find(load_settings(Path(project), environment).home, state["run_id"])
    result = _result(state, store)
    return {
        "messages": [AIMessage(hider(environment)(told(result, _WAYS)))],
        "project_path": project,
        "run_id": result.run_id,
        "success": result.success,
        "applied": result.applied,
        "stop_reason": result.stop_reason,
    }


def _refusal(error: AionError) -> str:
    return "error: " + fitting(one_line(hide_keys(str(error))), MOST_TOKENS - 5)


def _result(state: RepairState, store: RunStore) -> RepairResult:
    """As much of the result as is told."""
    initial = store.report(state["initial"]["id"])
    best, delivered = state.get("best", {}), state.get("delivered", {})
    patch = store.patch(best.get("patch", ""))
    stop_reason = state.get("stop_reason", "")
    return replace(
        nothing_run(state.get("message", ""), initial.framework),
        run_id=store.run_id,
        success=state.get("success", False),
        outcome=outcome_of(stop_reason),
        stop_reason=stop_reason,
        applied=delivered.get("applied", False),
        patch=unified_diff(patch),
        initial_test_results=initial,
        final_test_results=_final(best, store, initial),
        corrections_applied=tuple(_attempt(one) for one in state.get("attempts", [])),
        suggestions=tuple(delivered.get("suggestions", ())),
        final_code=dict.fromkeys(patch.paths, ""),
    )


def _final(best: Record, store: RunStore, initial: TestReport) -> TestReport:
    return store.report(best["id"]) if best else initial


def _attempt(record: Record) -> Attempt:
    author = AppliedFix("", Strategy(record["strategy"]), record["provider"], record["model"], "")
    return attempt_of(record, (author,))


graph = build_agent()
"""As ``langgraph.json`` names it. Without a checkpointer: the server brings its own."""
