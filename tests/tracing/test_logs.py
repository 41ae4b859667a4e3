"""Structured logs on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from support.command_line import CommandLine, document
from support.projects import RIGHT, calc, write
from support.receivers import Receiver
from support.replies import Status
from support.scripted_server import KEYS, ScriptedServer

Cycle = Callable[..., AutocorrectionCycle]


def test_json_lines_on_stderr_and_one_document_on_stdout(
    server: ScriptedServer, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    server.reply("groq", Status(503))
    server.reply("openai", RIGHT)
    variables = server.environment("groq", "openai") | {"AION_R_LOG": "json"}
    variables |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address}
    done = CommandLine(tmp_path / "home", calc(tmp_path / "project"), variables).run("fix", "--json")
    result = document(done.stdout)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {line["run_id"] for line in lines} == {result["run_id"]}
    assert {line["trace_id"] for line in lines} == {receiver.spans()[0].trace}
    assert all(line["timestamp"].endswith("Z") for line in lines)
    kinds = [line["event"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("started", "finished")
    assert {"node", "ran", "call"} <= {*kinds} and "tests" not in kinds, "counts while tests run are for debugging"
    bad, good = [line for line in lines if line["event"] == "call"]
    assert (bad["level"], bad["provider"], bad["error"], bad["status"]) == ("warning", "groq", "server_error", 503)
    assert (good["level"], good["ok"], good["input_tokens"]) == ("info", True, 100)
    assert (lines[-1]["outcome"], lines[-1]["stop_reason"]) == ("repaired", "all_passed")
    private = ("The cause is here", "a - b", "test_add", "-1 == 5", *(key for _, key in KEYS.values()))
    logged = json.dumps(lines)
    assert [text for text in private if text in logged] == []


def test_no_lines_unless_asked(cycle: Cycle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    assert cycle().run_autocorrection(project).success
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("level", "kinds"), [("debug", {"tests", "update"}), ("warning", set()), ("error", set())])
def test_the_least_level(
    cycle: Cycle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    level: str,
    kinds: set[str],
) -> None:
    monkeypatch.setenv("AION_R_LOG", "json")
    monkeypatch.setenv("AION_R_LOG_LEVEL", level)
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    assert cycle().run_autocorrection(project).success
    told = {json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()}
    assert kinds <= told if kinds else not told


def test_for_people(
    cycle: Cycle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AION_R_LOG", "console")
    project = write(tmp_path / "green", {"test_green.py": "def test_green():\n    assert True\n"})
    assert cycle().run_autocorrection(project).success
    lines = capsys.readouterr().err.splitlines()
    assert "[info     ] started" in lines[0] and "framework=pytest" in lines[0]
    assert "[info     ] finished" in lines[-1] and "outcome=already_green" in lines[-1]
