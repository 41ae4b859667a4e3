"""``aion-r providers``: in order, where each key came from, never the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command_line import CommandLine, document
from support.replies import Status
from support.scripted_server import KEYS, ScriptedServer

NAMES = ["groq", "openai", "github", "huggingface", "cloudflare", "offline"]


def rows(aion: CommandLine, *arguments: str) -> dict[str, dict[str, object]]:
    listed = document(aion.call("providers", "--json", *arguments).stdout)["providers"]
    return {row["provider"]: row for row in listed}


def test_none_configured_says_what_to_set(aion: CommandLine) -> None:
    done = aion.call("providers")
    assert done.returncode == 0
    assert "No LLM providers configured. Set API keys in environment variables." in done.stdout
    assert [line.split()[1] for line in done.stdout.splitlines()[:6]] == NAMES
    assert "CLOUDFLARE_API_KEY with CLOUDFLARE_ACCOUNT_ID" in done.stdout


def test_where_each_key_came_from(aion: CommandLine, project: Path) -> None:
    (project / ".env").write_text("OPENAI_API_KEY=sk-fromthefile00001\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\n")
    aion.variables |= {"HF_TOKEN": "hf_fromenvironment1", "HUGGINGFACE_MODEL": "mine"}
    listed = rows(aion)
    assert list(listed) == NAMES
    assert listed["openai"]["key"] == {"variable": "OPENAI_API_KEY", "source": str(project / ".env")}
    assert listed["openai"]["base_url"] == "http://127.0.0.1:9/v1"
    assert listed["huggingface"]["key"] == {"variable": "HF_TOKEN", "source": "environment"}
    assert (listed["huggingface"]["model"], listed["huggingface"]["state"]) == ("mine", "ready")
    assert listed["groq"]["state"] == "not set"
    shown = aion.call("providers").stdout
    assert f"key: OPENAI_API_KEY, from {project / '.env'}" in shown
    assert "fromthefile" not in shown and "fromenvironment" not in shown


def test_a_faulty_key_is_explained(aion: CommandLine) -> None:
    aion.variables["GROQ_API_KEY"] = "gsk_with a space"
    assert rows(aion)["groq"]["state"] == "faulty"
    assert "GROQ_API_KEY holds a space" in aion.call("providers").stdout


def test_order_and_model_by_hand(aion: CommandLine) -> None:
    listed = rows(aion, "--providers", "openai,groq", "--model", "one")
    assert [(name, row["model"]) for name, row in listed.items()] == [("openai", "one"), ("groq", "one")]


@pytest.mark.parametrize("as_json", [False, True])
def test_check_calls_each_one(aion: CommandLine, server: ScriptedServer, as_json: bool) -> None:
    server.reply("openai", "OK")
    server.reply("groq", Status(401, message=f"wrong key {KEYS['groq'][1]}"))
    aion.variables |= server.environment("groq", "openai")
    done = aion.call("providers", "--check", *(["--json"] if as_json else []))
    assert done.returncode == 1
    assert sorted(call.provider for call in server.calls()) == ["groq", "openai"]
    assert KEYS["groq"][1] not in done.stdout + done.stderr
    if as_json:
        listed = {row["provider"]: row for row in document(done.stdout)["providers"]}
        assert (listed["openai"]["state"], listed["groq"]["state"]) == ("ok", "failed")
        assert listed["groq"]["check"]["error"]["kind"] == "auth"
    else:
        assert "answered in " in done.stdout
        assert "auth 401: " in done.stdout
