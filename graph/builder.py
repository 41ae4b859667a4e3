"""The machine itself.

Nodes are plain coroutines that name their collaborators as keyword arguments; ``_given`` hands them over: ``ask`` is
LangGraph's ``interrupt``, all others come from the run's ``RepairContext``. Where the caller has none (LangGraph
Studio, a parent graph), one is opened from the state, and closed where the run ends or breaks, but not where it waits.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphInterrupt
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from ..core.display import Drawn
from ..core.state import RepairInput, RepairState, Update
from ..nodes.apply_fix import apply_fix
from ..nodes.begin_run import begin_run
from ..nodes.evaluate_convergence import evaluate_convergence
from ..nodes.execute_tests import execute_tests
from ..nodes.generate_fix import generate_fix
from ..nodes.merge_edits import merge_edits
from ..nodes.parse_failures import parse_failures
from ..nodes.request_approval import request_approval
from ..nodes.write_back import write_back
from .context import RepairContext
from .opening import close_context, context_of
from .routing import after_approval, after_evaluation, after_generation, after_merging, after_writing

Node = Callable[..., Awaitable[Update]]
Leads = str | Callable[[RepairState], str]
NODES: dict[Node, Leads] = {
    begin_run: "execute_tests",
    execute_tests: "parse_failures",
    parse_failures: "evaluate_convergence",
    evaluate_convergence: after_evaluation,
    generate_fix: after_generation,
    apply_fix: "execute_tests",
    merge_edits: after_merging,
    request_approval: after_approval,
    write_back: after_writing,
}
"""Each node, and where the run goes from it."""


class RepairGraph(Drawn, CompiledStateGraph[RepairState, RepairContext, RepairInput, RepairState]):
    """The compiled graph. It draws itself: in a notebook LangGraph's own would ask a service for the picture."""


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> RepairGraph:
    """The compiled repair graph: run it alone, or add it as a node to a graph whose state has ``project_path``."""
    # Without a context schema: a server gives every graph that has one a context, which it makes of JSON.
    graph = StateGraph(RepairState, input_schema=RepairInput)
    graph.add_edge(START, "begin_run")
    for node, leads in NODES.items():
        graph.add_node(node.__name__, _given(node, leads))
        if isinstance(leads, str):
            graph.add_edge(node.__name__, leads)
        else:
            graph.add_conditional_edges(node.__name__, leads)
    compiled = graph.compile(checkpointer=checkpointer, name="aion-r")
    return RepairGraph(**vars(compiled))  # as LangGraph's own ``copy`` does it


def _given(node: Node, leads: Leads) -> Node:
    wanted = [p.name for p in inspect.signature(node).parameters.values() if p.kind is p.KEYWORD_ONLY]

    async def run(state: RepairState, runtime: Runtime[RepairContext]) -> Update:
        outer: object = runtime.context  # in a graph of somebody else's it is theirs
        context = outer if isinstance(outer, RepairContext) else await context_of(state, new=node is begin_run)
        context.emit({"event": "node", "node": node.__name__, "iteration": state.get("iteration", 0)})
        given = {name: interrupt if name == "ask" else getattr(context, name) for name in wanted}
        try:
            update = await node(state, **given)
        except GraphInterrupt:  # it waits, with all that it holds
            raise
        except BaseException as error:
            await close_context(context, error=error)
            raise
        context.emit({"event": "update", "node": node.__name__, "update": update})
        if not isinstance(leads, str) and leads(state | update) == END:
            await close_context(context, state | update)
        return update

    return run
