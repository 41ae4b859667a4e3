"""LangSmith, by its own variables, at a receiver that takes what its client sends."""

from __future__ import annotations

from pathlib import Path

from support.command_line import CommandLine
from support.projects import RIGHT, calc, write
from support.receivers import Receiver
from support.replies import Status
from support.scripted_server import KEYS, ScriptedServer

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef"
PASSWORD = "hunter2-correct-horse-9"


def variables(receiver: Receiver) -> dict[str, str]:
    return {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_ENDPOINT": receiver.address,
        "LANGSMITH_API_KEY": KEY,
        "LANGSMITH_PROJECT": "nightly-repairs",
        "LANGSMITH_DISABLE_RUN_COMPRESSION": "true",
    }


def test_traces_arrive_without_keys_and_passwords(server: ScriptedServer, receiver: Receiver, tmp_path: Path) -> None:
    project = calc(tmp_path / "project")
    test = (
        f'\n\ndef test_login():\n    connection = dict(password="{PASSWORD}")\n    assert add(1, 1) == 2, connection\n'
    )
    write(project, {"test_calc.py": (project / "test_calc.py").read_text() + test})
    (tmp_path / "home").mkdir()
    server.reply("groq", Status(429, {"Retry-After": "60"}))
    server.reply("openai", RIGHT)
    settings = server.environment("groq", "openai") | variables(receiver)
    done = CommandLine(tmp_path / "home", project, settings).run("fix")
    assert done.returncode == 0, done.stderr

    sent = receiver.everything
    for name in ("execute_tests", "generate_fix", "write_back", "ChatGroq", "groq", "openai"):
        assert f'"name":"{name}"' in sent
    assert '"session_name":"nightly-repairs"' in sent
    assert "The cause is here" in sent and "def add(a, b)" in sent, "LangSmith gets prompts and answers: it is for that"
    assert [name for name, key in KEYS.values() if key in sent] == []
    assert {one.headers["x-api-key"] for one in receiver.arrived} == {KEY}
    assert [one.path for one in receiver.arrived if KEY in one.body.decode(errors="replace")] == []
    assert "test_login" in sent and PASSWORD not in sent
