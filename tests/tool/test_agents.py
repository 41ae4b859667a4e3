"""The tool in the hands of agents: one that thinks and acts, with a scripted model behind it, and its errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

from aion_r import as_tool
from aion_r.core.errors import UsageError
from aion_r.core.settings import read_environment
from support.projects import calc, snapshot, write
from support.replies import Answer
from support.scripted_server import KEYS, ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def tool_settings(server: ScriptedServer, tmp_path: Path) -> dict[str, Any]:
    """Those of a tool that asks groq; the agent itself asks openai."""
    environment = read_environment(environ=server.environment("groq"))
    return {"environment": environment, "providers": ["groq"], "home": tmp_path / "home"}


def agent_of(server: ScriptedServer, tool: Any) -> Any:
    key = KEYS["openai"][1]
    model = ChatOpenAI(base_url=server.base_url("openai"), api_key=key, model="gpt-4o-mini", use_responses_api=False)
    return create_react_agent(model, [tool])


def test_code_gets_the_whole_result(tool_settings: dict[str, Any], tmp_path: Path):
    (tmp_path / "empty").mkdir()
    call = {"type": "tool_call", "name": "fix_tests", "id": "1", "args": {"project_path": "empty"}}
    message = asyncio.run(as_tool(roots=[tmp_path], **tool_settings).ainvoke(call))
    assert (message.status, message.artifact.stop_reason) == ("success", "tests_not_run")
    assert message.content.startswith("error: no tests. Nothing was written.")
    assert "next: make the tests run" in message.content


def test_a_wrong_call_is_told_and_can_be_mended(server: ScriptedServer, tool_settings: dict[str, Any], tmp_path: Path):
    found = snapshot(calc(tmp_path / "in" / "shop"))
    calc(tmp_path / "outside")
    calls = [{"project_path": "../outside"}, {"project_path": "shop", "dry_run": True}, {"path": "shop"}]
    server.reply("openai", *(Answer(tool=("fix_tests", call)) for call in calls), "I give up.")
    agent = agent_of(server, as_tool(roots=[tmp_path / "in"], **tool_settings))
    answered = agent.invoke({"messages": [("user", "make the tests pass")]})
    told = [message for message in answered["messages"] if message.type == "tool"]
    assert [message.status for message in told] == ["error"] * 3
    assert "is not below an allowed folder" in told[0].content
    assert "dry_run" in told[1].content and "project_path" in told[2].content
    assert all(message.content.startswith("error: ") and len(message.content) < 600 for message in told)
    assert snapshot(tmp_path / "in" / "shop") == found and not server.calls("groq")


def test_a_key_in_a_message_is_not_passed_on(server: ScriptedServer, tool_settings: dict[str, Any], tmp_path: Path):
    key = KEYS["groq"][1]
    server.reply("groq", "I do not know.")
    project = write(tmp_path / "leaky", {"test_leaky.py": f"def test_leaky():\n    raise ValueError('{key}')\n"})
    said = as_tool(**tool_settings).invoke({"project_path": str(project)})
    assert said.startswith("not_repaired: 1 of 1 test fails")
    assert key not in said and "[GROQ_API_KEY]" in said


def test_a_root_that_is_no_folder():
    with pytest.raises(UsageError, match="is not a folder"):
        as_tool(roots=["/no/such/folder"])
