"""Where each conditional edge leads: pure functions of the state."""

from __future__ import annotations

from typing import Literal

from ..core.state import RepairState

# LangGraph draws the edges that these annotations list: flat Literals only.


def after_evaluation(state: RepairState) -> Literal["generate_fix", "apply_fix", "merge_edits", "__end__"]:
    """On with the repair, or out: by ``merge_edits`` where there is a patch to hand over or to keep."""
    if state["decision"] == "repair":
        return "apply_fix" if state.get("candidates") else "generate_fix"
    return _out(state)


def after_generation(state: RepairState) -> Literal["apply_fix", "merge_edits", "__end__"]:
    """A candidate is put to the tests; without one the run ends."""
    return "apply_fix" if state["candidates"] else _out(state)


def after_merging(state: RepairState) -> Literal["request_approval", "write_back", "__end__"]:
    """To whoever is to be asked; the run ends where the patch does not fit the project any more."""
    if not state["pending"]:
        return "__end__"
    return "request_approval" if state["pending"]["ask"] else "write_back"


def after_approval(
    state: RepairState,
) -> Literal["write_back", "apply_fix", "generate_fix", "request_approval", "__end__"]:
    """Where the answer leads. One that cannot be used is asked for again."""
    answer = state["pending"]["answer"]
    if answer == "accept":
        return "write_back"
    if answer == "edit":
        return "apply_fix"
    if answer == "again":
        return "generate_fix"
    return "request_approval" if answer == "ask" else "__end__"


def after_writing(state: RepairState) -> Literal["merge_edits", "__end__"]:
    """Done, unless the project was changed since the patch was merged."""
    return "__end__" if state.get("delivered") else "merge_edits"


def _out(state: RepairState) -> Literal["merge_edits", "__end__"]:
    return "merge_edits" if state["best"]["patch"] else "__end__"
