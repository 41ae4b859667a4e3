"""Which services an environment configures, and what is said about it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aion_r.core.errors import UsageError
from aion_r.core.settings import Environment, Source
from aion_r.providers.masking import secrets_of
from aion_r.providers.registry import PROVIDERS, configured, survey
from aion_r.providers.startup import startup_lines
from support.fixes import environment_of

KEYS = {
    "GROQ_API_KEY": "gsk_0000000000000001",
    "OPENAI_API_KEY": "sk-0000000000000002",
    "GITHUB_TOKEN": "ghp_0000000000000003",
    "HF_TOKEN": "hf_0000000000000004",
    "CLOUDFLARE_API_KEY": "cf0000000000000005",
    "CLOUDFLARE_ACCOUNT_ID": "0123456789abcdef",
}


def test_all_five_in_the_order_of_preference() -> None:
    specs = configured(environment_of(KEYS))
    assert [spec.provider for spec in specs] == ["groq", "openai", "github", "huggingface", "cloudflare"]
    assert [spec.model for spec in specs] == [PROVIDERS[spec.provider].default_model for spec in specs]
    assert specs[4].base_url == "https://api.cloudflare.com/client/v4/accounts/0123456789abcdef/ai/v1"


def test_order_and_set_can_be_given() -> None:
    specs = configured(environment_of(KEYS), ("openai", "offline", "groq"))
    assert [spec.provider for spec in specs] == ["openai", "groq"]
    with pytest.raises(UsageError, match="unknown provider nope: choose from groq, openai"):
        configured(environment_of(KEYS), ("nope",))


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=list(PROVIDERS))
def test_model_and_address_come_from_variables(row) -> None:
    given = {row.model_name: " my-model ", row.base_url_name: "http://127.0.0.1:9/v1/chat/completions/"}
    (spec,) = configured(environment_of(KEYS | given), (row.name,))
    assert (spec.model, spec.base_url, spec.own_address) == ("my-model", "http://127.0.0.1:9/v1", True)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("m", ["m", "m"]), ("openai:m", [PROVIDERS["groq"].default_model, "m"]), ("a:b", ["a:b"] * 2)],
)
def test_a_model_for_all_or_for_one(model: str, expected: list[str]) -> None:
    specs = configured(environment_of(KEYS), ("groq", "openai"), model)
    assert [spec.model for spec in specs] == expected


@pytest.mark.parametrize("value", ["", "   ", "\t\n"])
def test_a_blank_key_is_no_key(value: str) -> None:
    (spec,) = survey(environment_of({"GROQ_API_KEY": value}), ("groq",))
    assert spec.problem == "not set"


@pytest.mark.parametrize("value", ["gsk_0000\n0001", "gsk_ 0000001", "gsk_00000\u200b1"])
def test_a_key_of_the_wrong_shape_is_named_and_not_shown(value: str) -> None:
    specs = survey(environment_of({"GROQ_API_KEY": value}))
    assert not [spec for spec in specs if not spec.problem]
    (line,) = [line for line in startup_lines(specs) if line.startswith("Groq not used")]
    assert "GROQ_API_KEY holds a space, a line break" in line
    assert value not in line


def test_cloudflare_needs_its_account() -> None:
    (spec,) = survey(environment_of({"CLOUDFLARE_API_KEY": "cf0000000000000005"}), ("cloudflare",))
    assert spec.problem.startswith("CLOUDFLARE_ACCOUNT_ID is not set")
    hostile = {"CLOUDFLARE_API_KEY": "cf0000000000000005", "CLOUDFLARE_ACCOUNT_ID": "../../elsewhere"}
    (spec,) = survey(environment_of(hostile), ("cloudflare",))
    assert "holds characters" in spec.problem
    assert "elsewhere" not in spec.base_url


def test_an_address_that_is_none_is_a_problem() -> None:
    (spec,) = survey(environment_of(KEYS | {"OPENAI_BASE_URL": "localhost:11434"}), ("openai",))
    assert "OPENAI_BASE_URL is not an address" in spec.problem


def test_a_local_server_needs_no_key() -> None:
    (spec,) = configured(environment_of({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}))
    assert (spec.provider, spec.base_url) == ("openai", "http://127.0.0.1:11434/v1")
    assert spec.key is None and secrets_of(None, [spec]) == ()  # nothing to keep out of prompts
    assert not configured(environment_of({"GROQ_BASE_URL": "http://127.0.0.1:11434/v1"}))


def test_a_file_in_the_project_cannot_redirect_a_key_from_elsewhere() -> None:
    process = Source("environment", {"OPENAI_API_KEY": "sk-0000000000000002"})
    dotenv = Source(".env", {"OPENAI_BASE_URL": "http://evil.example/v1"})
    (spec,) = configured(Environment((process, dotenv)))
    assert spec.base_url == PROVIDERS["openai"].default_base_url
    own = Source(".env", {"OPENAI_API_KEY": "sk-0000000000000002", "OPENAI_BASE_URL": "http://mine.example/v1"})
    (spec,) = configured(Environment((Source("environment", {}), own)))
    assert spec.base_url == "http://mine.example/v1"


def test_startup_lines_name_what_was_initialised_and_all_available() -> None:
    lines = startup_lines(survey(environment_of({"OPENAI_API_KEY": "sk-0000000000000002", "GROQ_API_KEY": "gsk_x1"})))
    assert lines == [
        "Groq initialised: model openai/gpt-oss-120b",
        "OpenAI initialised: model gpt-4o-mini",
        "Available providers: groq, openai, offline",
    ]


def test_nothing_configured_says_what_to_set_and_goes_on() -> None:
    lines = startup_lines(survey(environment_of({})))
    assert lines[0] == "No LLM providers configured. Set API keys in environment variables."
    for row in PROVIDERS.values():
        assert any(all(name in line for name in row.key_names) for line in lines)
    assert "CLOUDFLARE_ACCOUNT_ID" in "\n".join(lines)
    assert "offline" in lines[-1]


def test_no_key_in_any_repr() -> None:
    for spec in configured(environment_of(KEYS)):
        assert spec.key is not None
        assert spec.key.get_secret_value() not in f"{spec!r} {spec} {spec.identity}"


def test_looking_at_the_configuration_imports_no_langchain() -> None:
    script = "import sys, aion_r.providers.registry; sys.exit(any(m.startswith('lang') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd="/").returncode == 0
