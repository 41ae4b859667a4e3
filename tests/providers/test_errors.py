"""The words of failures: what to do, and no key. ``test_matrix`` has every failure of every leg."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aion_r.core.domain import CallError, CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed
from aion_r.providers.clients import CallOptions
from aion_r.providers.errors import retry_after
from aion_r.providers.registry import PROVIDERS
from support.fixes import FIX, REQUEST, chain_of
from support.replies import (
    ERROR_BODY,
    Status,
)
from support.scripted_server import BASE_URL_NAMES, KEYS, PATHS, ScriptedServer


def failure(variables: dict[str, str], timeout: float = 5.0) -> CallError:
    records: list[CallRecord] = []
    chain = chain_of(variables, records, options=CallOptions(patience=0, timeout=timeout))

    async def ask() -> None:
        try:
            await chain.propose(REQUEST)
        finally:
            await chain.aclose()

    with pytest.raises(AllProvidersFailed):
        asyncio.run(ask())
    error = records[-1].error
    assert error is not None
    return error


@pytest.mark.parametrize("provider", [name for name in PATHS if name != "groq"])
def test_an_error_in_a_good_envelope_is_told(provider: str) -> None:
    with ScriptedServer() as server:
        server.reply(provider, ERROR_BODY)
        error = failure(server.environment(provider))
    assert "upstream had a bad day" in error.message


@pytest.mark.parametrize("provider", ["groq", "openai"])
def test_tls_to_a_server_without_it_is_told_in_words(provider: str) -> None:
    with ScriptedServer() as server:
        address = server.base_url(provider).replace("http://", "https://")
        error = failure(server.environment(provider) | {BASE_URL_NAMES[provider]: address})
    assert address in error.message
    assert ssl.SSLError.__name__ not in error.message


def test_a_wrong_key_names_its_variable() -> None:
    with ScriptedServer() as server:
        error = failure(server.environment("openai") | {"OPENAI_API_KEY": "sk-wrongkeywrongkeywrongkey"})
    assert error.kind is ErrorKind.AUTH and "Set OPENAI_API_KEY" in error.message


@pytest.mark.parametrize("provider", list(PATHS))
def test_a_key_that_the_service_repeats_is_not_shown(provider: str) -> None:
    name, key = KEYS[provider]
    with ScriptedServer() as server:
        server.reply(provider, Status(401, message=f"bad key {key}, or sk-anotherkeyanotherkey"))
        error = failure(server.environment(provider))
    assert f"bad key [{name}], or [key]" in error.message


@pytest.mark.parametrize("provider", list(PATHS))
def test_an_unknown_model_tells_which_are_served_the_nearest_first(provider: str) -> None:
    row = PROVIDERS[provider]
    with ScriptedServer() as server:
        server.models[provider] = ["a/whisper-large", "openai/gpt-oss-20b", "meta/llama-4-70b-versatile"]
        server.reply(provider, Status(404, message="does not exist", code="model_not_found"))
        error = failure(server.environment(provider) | {row.model_name: "llama-3.3-70b-versatile"})
        (listing,) = [request for request in server.requests if request.method == "GET"]
    assert listing.headers["authorization"] == f"Bearer {KEYS[provider][1]}"
    assert "It serves meta/llama-4-70b-versatile, " in error.message
    assert f"Set {row.model_name}" in error.message and "llama-3.3-70b-versatile" in error.message


def test_a_gateways_list_is_where_openais_is() -> None:
    with ScriptedServer() as server:
        server.reply("openai", Status(404, code="model_not_found"))
        server.environment("openai", key=False)
        variables = server.environment("github") | {"GITHUB_MODELS_BASE_URL": server.base_url("openai")}
        assert "It serves gpt-4o-mini, " in failure(variables).message


def test_a_wrong_address_is_suspected_where_no_models_are_listed() -> None:
    with ScriptedServer() as server:
        variables = server.environment("openai") | {"OPENAI_BASE_URL": server.address + "/nowhere"}
        error = failure(variables)
    assert error.status == 404 and "correct OPENAI_BASE_URL" in error.message


def test_control_characters_of_a_service_do_not_reach_the_terminal() -> None:
    with ScriptedServer() as server:
        server.reply("openai", Status(400, message="\x1b[31mred\x1b[0m\r\nsecond line\x07" + "x" * 5000))
        error = failure(server.environment("openai"))
    assert "red second line" in error.message and len(error.message) < 400
    assert "\x1b" not in error.message and "\x07" not in error.message


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e999"}, None),
        ({"Retry-After": "99999999999"}, 99999999999),
        ({"Retry-After": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, 0),
        ({"Retry-After": "Wed, 99 Foo 2026 99:99:99 GMT"}, None),
    ],
)
def test_retry_after_in_every_spelling(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers) == expected


def test_retry_after_as_a_date() -> None:
    seconds = retry_after({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)})
    assert seconds is not None and 55 < seconds <= 60


def test_only_the_own_services_headers_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-private")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-fromtheprocessenvironment")
    monkeypatch.setenv("HF_TOKEN", "hf_fromtheprocessenvironment")
    with ScriptedServer() as server:
        for provider in PATHS:
            server.script(provider, FIX)
            chain = chain_of(server.environment(provider))
            asyncio.run(chain.propose(REQUEST))
        sent = [" ".join(call.headers.values()) for call in server.calls()]
    assert len(sent) == 5
    for provider, headers in zip(PATHS, sent, strict=True):
        assert "private" not in headers and "fromtheprocess" not in headers
        assert [name for name, (_, key) in KEYS.items() if key in headers] == [provider]
