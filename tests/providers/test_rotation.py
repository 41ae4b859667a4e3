"""Keys that change while the process lives, and keys that may only go where their owner sends them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aion_r.core.errors import AllProvidersFailed, UsageError
from aion_r.core.settings import read_environment
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, create_llm
from aion_r.providers.registry import PROVIDERS, configured
from support.scripted_server import KEYS, ScriptedServer

GOOD, OLD = KEYS["openai"][1], "sk-thisonewasrevoked0001"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        scripted.reply("openai", "hello")
        scripted.reply("groq", "hello")
        yield scripted


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, in a process without any provider."""
    for row in PROVIDERS.values():
        for name in (*row.key_names, row.model_name, row.base_url_name, row.account_name, "AION_R_ENV"):
            monkeypatch.delenv(name or "NONE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def live(**given) -> FallbackChat:
    return create_llm(cooldown=Cooldown(), options=CallOptions(patience=0, timeout=5), **given)


def test_a_key_that_changes_in_the_environment_is_seen(
    server: ScriptedServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url("openai"))
    monkeypatch.setenv("OPENAI_API_KEY", OLD)
    llm = live()
    for _ in range(2):
        with pytest.raises(AllProvidersFailed, match="OPENAI_API_KEY"):
            llm.invoke("x")
    assert len(server.calls()) == 1  # a refused key is not tried again
    monkeypatch.setenv("OPENAI_API_KEY", GOOD)
    assert llm.invoke(f"my key is {GOOD}").text == "hello"
    assert server.calls()[-1].prompt == "my key is [OPENAI_API_KEY]"  # the new one is masked too
    llm.close()
    assert server.idle()


def test_a_key_that_changes_in_a_file_is_seen(server: ScriptedServer, folder: Path) -> None:
    dotenv = folder / ".env"
    dotenv.write_text(f"OPENAI_BASE_URL={server.base_url('openai')}\nOPENAI_API_KEY={OLD}\n")
    llm = live()
    with pytest.raises(AllProvidersFailed):
        llm.invoke("x")
    dotenv.write_text(f"OPENAI_BASE_URL={server.base_url('openai')}\nOPENAI_API_KEY={GOOD}\n")
    assert "".join(chunk.text for chunk in llm.stream("x")) == "hello"
    groq = f"GROQ_BASE_URL={server.base_url('groq')}\nGROQ_API_KEY={KEYS['groq'][1]}\n"
    dotenv.write_text(groq)
    assert llm.invoke("x").response_metadata["provider"] == "groq"
    dotenv.unlink()
    with pytest.raises(UsageError, match="Set API keys"):
        llm.invoke("x")
    llm.close()


def test_an_environment_that_was_given_stays(server: ScriptedServer, folder: Path, monkeypatch) -> None:
    given = read_environment(environ=server.environment("openai"))
    llm = live(environment=given)
    monkeypatch.setenv("OPENAI_API_KEY", OLD)
    assert llm.invoke("x").text == "hello"
    llm.close()


def test_what_has_not_changed_is_not_read_again(server: ScriptedServer, folder: Path, monkeypatch) -> None:
    for name, value in server.environment("openai").items():
        monkeypatch.setenv(name, value)
    llm = live()
    monkeypatch.setattr("aion_r.providers.rotation.read_environment", lambda *_: pytest.fail("read again"))
    assert llm.invoke("x").text == "hello"
    llm.close()


ADDRESS = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("own", "project", "goes_there"),
    [
        ({}, {".env": "OPENAI_BASE_URL"}, False),
        ({".env": "OPENAI_API_KEY"}, {".env": "OPENAI_BASE_URL"}, False),
        ({".env": "OPENAI_API_KEY"}, {".env.production": "OPENAI_BASE_URL"}, False),
        ({".env": "OPENAI_API_KEY"}, {"pyproject.toml": "OPENAI_BASE_URL"}, False),
        ({".env": "OPENAI_API_KEY", ".env.production": "OPENAI_BASE_URL"}, {}, True),
        ({}, {".env": "OPENAI_API_KEY", ".env.production": "OPENAI_BASE_URL"}, True),
        ({".env": "OPENAI_BASE_URL"}, {".env": "OPENAI_API_KEY"}, True),
    ],
)
def test_a_key_goes_only_where_its_own_source_or_the_user_sends_it(
    tmp_path: Path, own: dict[str, str], project: dict[str, str], goes_there: bool
) -> None:
    values = {"OPENAI_API_KEY": GOOD, "OPENAI_BASE_URL": ADDRESS}
    for folder, files in (("own", own), ("project", project)):
        (tmp_path / folder).mkdir()
        for file, name in files.items():
            text = f'[tool.aion-r]\n{name} = "{ADDRESS}"\n' if file.endswith("toml") else f"{name}={values[name]}\n"
            (tmp_path / folder / file).write_text(text)
    environ = {"AION_R_ENV": "production"}
    if not any("OPENAI_API_KEY" in files.values() for files in (own, project)):
        environ["OPENAI_API_KEY"] = GOOD
    (spec,) = configured(read_environment(tmp_path / "own", tmp_path / "project", environ=environ))
    assert (spec.base_url == ADDRESS) is goes_there
    assert goes_there or spec.base_url == PROVIDERS["openai"].default_base_url


def test_the_process_may_redirect_any_key(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={GOOD}\n")
    (spec,) = configured(read_environment(tmp_path, environ={"OPENAI_BASE_URL": ADDRESS}))
    assert spec.base_url == ADDRESS
    assert os.environ.get("OPENAI_BASE_URL") != ADDRESS
