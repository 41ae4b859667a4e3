"""The tools over stdin and stdout, used as an agent uses them."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

from aion_r.api.tokens import tokens
from support.mcp_client import session, stdio, words
from support.projects import RIGHT, calc, plain_pytest, snapshot, write
from support.scripted_server import ScriptedServer


def test_from_a_failing_test_to_its_repair_and_back(folder: Path, home: Path, model: ScriptedServer):
    project = calc(folder / "shop")
    found = snapshot(project)
    model.reply("openai", RIGHT)
    server = stdio(folder, home, "--providers", "openai", **model.environment("openai"))
    with session(server) as agent:
        seen = agent.call("run_tests", project="shop")
        assert seen.structured_content["failed"] == 1 and not seen.structured_content["all_passed"]
        (failing,) = seen.structured_content["failures"]
        assert failing["test_id"] in words(seen)

        why = agent.call("explain_failure", project="shop", test_id=failing["test_id"])
        assert why.structured_content["suspects"][0] | {"score": 0} == {
            "file": "calc.py", "line": 4, "end_line": 5, "function": "add", "score": 0,
        }  # fmt: skip
        assert why.structured_content["fails_alone"] is True
        assert "expected: 5" in words(why) and "    5      return a - b" in words(why)

        fixed = agent.call("fix_tests", project="shop")
        assert fixed.structured_content["outcome"] == "repaired" and fixed.structured_content["applied"]
        assert fixed.structured_content["files"] == ["calc.py"]
        assert plain_pytest(project) == 0

        run = fixed.structured_content["run_id"]
        assert f"undo_fix with run_id {run}" in words(fixed)
        back = agent.call("undo_fix", project="shop", run_id=run)
        assert back.structured_content == {"run_id": run, "project": str(project), "files": ["calc.py"]}
        assert snapshot(project) == found
    assert all(tokens(words(result)) < 600 for result in (seen, why, fixed, back))
    numbers = [number for number, _ in agent.told]
    assert [message for _, message in agent.told if "Iteration 1" in message]
    assert all(later > earlier or later == 1 for earlier, later in itertools.pairwise(numbers))


def test_what_the_tools_say_of_themselves(folder: Path, home: Path):
    with session(stdio(folder, home)) as agent:
        tools = {tool.name: tool for tool in agent.portal.call(agent.client.list_tools).tools}
    assert list(tools) == ["run_tests", "explain_failure", "fix_tests", "undo_fix"]
    hints = {name: tool.annotations for name, tool in tools.items()}
    assert [name for name, hint in hints.items() if hint.read_only_hint] == ["run_tests", "explain_failure"]
    assert [name for name, hint in hints.items() if hint.destructive_hint] == ["fix_tests", "undo_fix"]
    for tool in tools.values():
        assert tool.input_schema["additionalProperties"] is False
        assert all("description" in field for field in tool.input_schema["properties"].values())
        assert tool.output_schema and tool.title
    said = json.dumps([[tool.name, tool.description, tool.input_schema] for tool in tools.values()])
    assert tokens(said) < 2000, "models read this with every question"


def test_a_server_that_may_not_write(folder: Path, home: Path, model: ScriptedServer):
    """To a client of the protocol's first age."""
    project = calc(folder / "shop")
    found = snapshot(project)
    model.reply("openai", RIGHT)
    server = stdio(folder, home, "--no-apply", "--providers", "openai", **model.environment("openai"))
    with session(server, mode="legacy") as agent:
        names = [tool.name for tool in agent.portal.call(agent.client.list_tools).tools]
        shown = agent.call("fix_tests", project="shop", apply=True)
        assert "does not write" in agent.error("undo_fix", project="shop")
    assert names == ["run_tests", "explain_failure", "fix_tests"]
    assert (shown.structured_content["outcome"], shown.structured_content["applied"]) == ("repaired", False)
    assert "+    return a + b" in words(shown) and "Nothing was written" in words(shown)
    assert snapshot(project) == found


def test_nothing_but_the_protocol_reaches_stdout(folder: Path, home: Path):
    """A project whose tests print, a broken `.env`, a message that is no JSON: each line is a message all the same."""
    noisy = "import os\n\nprint('at import')\n\n\ndef test_loud():\n    print('x' * 5000)\n    os.write(1, b'raw')\n"
    write(folder / "noisy", {"test_noisy.py": noisy})
    write(folder / "broken", {"test_ok.py": "def test_ok(): pass\n", ".env": "KEY"})
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    calls = [
        ("run_tests", {"project": "noisy"}),
        ("run_tests", {"project": "broken"}),
        ("fix_tests", {"project": 3}),
    ]
    messages = [
        {"jsonrpc": "2.0", "id": number, "method": "tools/call",
         "params": {"name": name, "arguments": arguments, "_meta": meta}}
        for number, (name, arguments) in enumerate(calls)
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "aion_r", "mcp"],
        cwd=folder,
        env=stdio(folder, home).env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    process.stdin.write(
        'this is no JSON\n{"no": "\\ud800 text"}\n' + "".join(json.dumps(message) + "\n" for message in messages)
    )
    process.stdin.flush()
    answers = {}
    while len(answers) < len(calls):
        message = json.loads(process.stdout.readline())
        answers[message["id"]] = message
    process.stdin.close()
    assert process.stdout.read() == ""
    assert process.wait(timeout=20) == 0
    assert answers[0]["result"]["structuredContent"]["passed"] == 1
    assert ".env:1: not a KEY=value line" in answers[1]["result"]["content"][0]["text"]
    assert answers[2]["result"]["isError"] is True
