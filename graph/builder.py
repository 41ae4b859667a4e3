"""The machine itself.

Nodes are plain coroutines that name their collaborators as keyword arguments; ``_given`` hands them over from the
run's ``RepairContext``. Where the caller has none (LangGraph Studio, a parent graph), one is opened from the state.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ..core.state import RepairInput, RepairState, Update
from ..nodes.apply_fix import apply_fix
from ..nodes.evaluate_convergence import evaluate_convergence
from ..nodes.execute_tests import execute_tests
from ..nodes.generate_fix import generate_fix
from ..nodes.parse_failures import parse_failures
from ..nodes.write_back import write_back
from .context import RepairContext, context_of
from .routing import after_evaluation, after_generation

NODES = (execute_tests, parse_failures, evaluate_convergence, generate_fix, apply_fix, write_back)
RepairGraph = CompiledStateGraph[RepairState, RepairContext, RepairInput, RepairState]


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> RepairGraph:
    """The compiled repair graph: run it alone, or add it as a node to a graph whose state has ``project_path``."""
    graph = StateGraph(RepairState, context_schema=RepairContext, input_schema=RepairInput)
    for node in NODES:
        graph.add_node(node.__name__, _given(node))
    graph.add_edge(START, "execute_tests")
    graph.add_edge("execute_tests", "parse_failures")
    graph.add_edge("parse_failures", "evaluate_convergence")
    graph.add_conditional_edges("evaluate_convergence", after_evaluation)
    graph.add_conditional_edges("generate_fix", after_generation)
    graph.add_edge("apply_fix", "execute_tests")
    return graph.compile(checkpointer=checkpointer, name="aion-r")


def _given(node: Callable[..., Awaitable[Update]]) -> Callable[..., Awaitable[Update]]:
    wanted = [p.name for p in inspect.signature(node).parameters.values() if p.kind is p.KEYWORD_ONLY]

    async def run(state: RepairState, runtime: Runtime[RepairContext]) -> Update:
        context = runtime.context if isinstance(runtime.context, RepairContext) else await context_of(state)
        context.emit({"event": "node", "node": node.__name__, "iteration": state.get("iteration", 0)})
        update = await node(state, **{name: getattr(context, name) for name in wanted})
        context.emit({"event": "update", "node": node.__name__, "update": update})
        return update

    return run
