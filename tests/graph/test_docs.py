"""The examples of docs/graph.md run, each in a folder of its own with a project to repair, and offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.command_line import BUGGY, TESTS
from support.examples import EXAMPLES
from support.projects import plain_pytest, write

LOCAL = [text for text in EXAMPLES if "RemoteGraph" not in text]
LINES = 10


def test_there_are_examples_and_each_is_short() -> None:
    assert len(LOCAL) == 6 and len(EXAMPLES) == 7
    assert [text for text in EXAMPLES if len([line for line in text.splitlines() if line.strip()]) > LINES] == []


@pytest.mark.parametrize("example", LOCAL, ids=["alone", "interrupt", "function", "later", "node", "mapped"])
def test_example(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(tmp_path / "shop", {"cart.py": BUGGY, "test_cart.py": TESTS})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AION_R_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AION_R_PROVIDERS", "offline")
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "docs/graph.md", "exec"), names)
    if "repair" in names:
        _ask_mapped(names["repair"])
    assert (project / "cart.py").read_text() != BUGGY
    assert plain_pytest(project) == 0


def _ask_mapped(repair: Any) -> None:
    import asyncio

    from langgraph.graph import START, MessagesState, StateGraph

    outer = StateGraph(MessagesState).add_node("repair", repair).add_edge(START, "repair").compile()
    said = asyncio.run(outer.ainvoke({"messages": [("user", "shop")]}))["messages"][-1].content
    assert said == "all_passed: ['cart.py']"
