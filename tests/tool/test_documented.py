"""The programs and configurations in docs/agents.md run as they stand there."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.mcp_client import serving, session, stdio
from support.projects import RIGHT, calc, plain_pytest
from support.replies import Answer
from support.scripted_server import ScriptedServer
from support.studio_server import Studio, studio

__all__ = ["studio"]

TEXT = (Path(__file__).parents[2] / "docs/agents.md").read_text("utf-8")


def shown(kind: str) -> dict[str, str]:
    """The fenced blocks of ``kind`` by the heading above each; those without one of their own get a number."""
    found: dict[str, str] = {}
    for section in re.split(r"^#+ ", TEXT, flags=re.MULTILINE):
        heading = section.partition("\n")[0]
        for number, code in enumerate(re.findall(rf"^```{kind}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)):
            found[heading + (f" {number}" if number else "")] = code
    return found


PROGRAMS = shown("python")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader is, with ``shop`` in it."""
    calc(tmp_path / "shop")
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a program in ``folder``, with ``aion-r`` on the path and ``variables`` alone set; what it prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in (kept | {"PATH": path, "AION_R_HOME": str(folder / "home")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)

    def to_its_end(code: str, **variables: str) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        exec(compile(code, "agents.md", "exec"), {"__name__": "__main__"})
        return capsys.readouterr().out

    return to_its_end


def test_every_program_is_tested_here_and_is_short():
    assert list(PROGRAMS) == ["A LangChain tool", "A ReAct agent with it", "From a program", "Over HTTP", "A2A"]
    for code in PROGRAMS.values():
        assert len([line for line in code.splitlines() if line.strip()]) <= 12


def test_the_tool(run: Callable[..., str], folder: Path):
    assert run(PROGRAMS["A LangChain tool"]).startswith("repaired: 2 of 2 tests pass")
    assert plain_pytest(folder / "shop") == 0


def test_the_react_agent(run: Callable[..., str], folder: Path):
    with ScriptedServer() as server:
        call = Answer(tool=("fix_tests", {"project_path": "shop"}))
        server.reply("openai", call, RIGHT, "Done: add subtracted.")
        said = run(PROGRAMS["A ReAct agent with it"], **server.environment("openai"))
    assert said == "Done: add subtracted.\n"
    first, _, last = server.calls("openai")
    assert set(first.json["tools"][0]["function"]["parameters"]["properties"]) == {"project_path", "apply"}
    told = last.json["messages"][-1]
    assert told["role"] == "tool" and told["content"].startswith("repaired: 2 of 2 tests pass")
    assert plain_pytest(folder / "shop") == 0


def test_the_mcp_client_on_stdio(run: Callable[..., str], folder: Path):
    said = run(PROGRAMS["From a program"])
    assert said.startswith("repaired: 2 of 2 tests pass") and said.endswith("['calc.py']\n")


def test_the_mcp_client_on_http(run: Callable[..., str], folder: Path):
    with serving(folder, folder / "home") as address:
        code = PROGRAMS["Over HTTP"].replace("http://127.0.0.1:8081/mcp", address)
        assert code != PROGRAMS["Over HTTP"]
        assert run(code).startswith("assert -1 == 5")


def test_a2a(run: Callable[..., str], studio: Studio, folder: Path):
    code = PROGRAMS["A2A"].replace("http://127.0.0.1:2024", studio.url).replace("/path/to/projects", str(folder))
    assert run(code).startswith("completed repaired: 2 of 2 tests pass")
    assert plain_pytest(folder / "shop") == 0


@pytest.mark.parametrize("name", sorted(shown("json")))
def test_the_configurations_of_clients(folder: Path, name: str):
    (servers,) = json.loads(shown("json")[name]).values()
    server: dict[str, Any] = servers["aion-r"]
    assert (server["command"], server["args"][0]) == ("aion-r", "mcp")
    options = [re.sub(r"/path/to/projects|\$\{workspaceFolder\}", str(folder), word) for word in server["args"][1:]]
    with session(stdio(folder, folder / "home", *options, **server.get("env", {}))) as agent:
        assert "no run has written to" in agent.error("undo_fix", project="shop")
