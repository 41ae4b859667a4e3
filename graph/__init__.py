"""The repair run as a LangGraph state machine. ``graph`` is the compiled machine that LangGraph Studio opens."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "graph":
        raise AttributeError(name)
    from .builder import build_graph

    return build_graph()
