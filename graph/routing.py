"""Where each conditional edge leads: pure functions of the state."""

from __future__ import annotations

from typing import Literal

from ..core.state import RepairState

# LangGraph draws the edges that these annotations list: flat Literals only.


def after_evaluation(state: RepairState) -> Literal["generate_fix", "apply_fix", "write_back", "__end__"]:
    """On with the repair, or out: through ``write_back`` where there is a patch to hand over or to keep."""
    if state["decision"] == "repair":
        return "apply_fix" if state.get("candidates") else "generate_fix"
    return _out(state)


def after_generation(state: RepairState) -> Literal["apply_fix", "write_back", "__end__"]:
    """A candidate is put to the tests; without one the run ends."""
    return "apply_fix" if state["candidates"] else _out(state)


def _out(state: RepairState) -> Literal["write_back", "__end__"]:
    return "write_back" if state["best"]["patch"] else "__end__"
