"""A parent graph with a state of its own: it repairs a checkout, then says whether that can be released."""

from typing import TypedDict

from langgraph.graph import START, StateGraph

from aion_r import build_graph


class Release(TypedDict, total=False):
    checkout: str
    ready: bool
    said: str


repair_graph = build_graph()


async def repair(state: Release) -> Release:
    found = await repair_graph.ainvoke({"project_path": state["checkout"], "providers": ["offline"], "approve": True})
    return {"ready": found.get("success", False)}


def report(state: Release) -> Release:
    return {"said": "ready to release" if state["ready"] else "tests fail: no release"}


outer = StateGraph(Release)
outer.add_sequence([repair, report])
outer.add_edge(START, "repair")
graph = outer.compile()
