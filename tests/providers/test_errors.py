"""Five legs times everything that can go wrong: each cell ends in the right kind, with words that say what to do."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aion_r.core.domain import CallError, CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.errors import retry_after
from aion_r.providers.llm import create_llm
from aion_r.providers.registry import PROVIDERS
from support.fixes import FIX, REQUEST, chain_of, environment_of
from support.replies import (
    CUT_BODY,
    EMPTY_BODY,
    ERROR_BODY,
    HTML,
    NO_CHOICES,
    NULL_CHOICES,
    TRUNCATED_JSON,
    Hang,
    Raw,
    Reply,
    Reset,
    Status,
)
from support.scripted_server import BASE_URL_NAMES, KEYS, PATHS, ScriptedServer

SSE = "text/event-stream"

MATRIX: list[tuple[str, Reply, ErrorKind]] = [
    ("400", Status(400, message="bad parameter"), ErrorKind.BAD_REQUEST),
    ("400 context", Status(400, message="too long", code="context_length_exceeded"), ErrorKind.TOO_LARGE),
    ("400 model", Status(400, message="gone", code="model_decommissioned"), ErrorKind.MODEL_NOT_FOUND),
    ("401", Status(401, message="Incorrect API key provided"), ErrorKind.AUTH),
    ("402", Status(402, message="You have exceeded your monthly included credits"), ErrorKind.RATE_LIMITED),
    ("403", Status(403, message="not allowed"), ErrorKind.AUTH),
    ("404", Status(404, message="no such model", code="model_not_found"), ErrorKind.MODEL_NOT_FOUND),
    ("408", Status(408), ErrorKind.TIMEOUT),
    ("410", Status(410, message="retired"), ErrorKind.GONE),
    ("413", Status(413), ErrorKind.TOO_LARGE),
    ("422", Status(422), ErrorKind.BAD_REQUEST),
    ("429", Status(429), ErrorKind.RATE_LIMITED),
    ("429 wait", Status(429, {"Retry-After": "20"}), ErrorKind.RATE_LIMITED),
    ("500", Status(500), ErrorKind.SERVER_ERROR),
    ("502 html", Raw(b"<html><title>Bad gateway</title>", "text/html", 502), ErrorKind.SERVER_ERROR),
    ("503", Status(503, {"Retry-After": "2"}), ErrorKind.SERVER_ERROR),
    ("504", Status(504), ErrorKind.TIMEOUT),
    ("302", Status(302, {"Location": "http://127.0.0.1:9/elsewhere"}), ErrorKind.BAD_REQUEST),
    ("200 html", HTML, ErrorKind.BAD_ANSWER),
    ("200 empty", EMPTY_BODY, ErrorKind.BAD_ANSWER),
    ("200 truncated json", TRUNCATED_JSON, ErrorKind.BAD_ANSWER),
    ("200 no choices", NO_CHOICES, ErrorKind.BAD_ANSWER),
    ("200 null choices", NULL_CHOICES, ErrorKind.BAD_ANSWER),
    ("200 list", Raw(b"[]"), ErrorKind.BAD_ANSWER),
    ("200 null", Raw(b"null"), ErrorKind.BAD_ANSWER),
    ("200 not utf-8", Raw(b'{"choices": "\xff\xfe"}'), ErrorKind.BAD_ANSWER),
    ("cut body", CUT_BODY, ErrorKind.UNREACHABLE),
    ("reset", Reset(), ErrorKind.UNREACHABLE),
    ("hang", Hang(), ErrorKind.TIMEOUT),
]


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


@pytest.mark.parametrize("provider", list(PATHS))
def test_every_cell_of_the_matrix(provider: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    title, key = PROVIDERS[provider].title, KEYS[provider][1]
    with ScriptedServer() as server:
        for name, reply, kind in MATRIX:
            server.script(provider, reply)
            error = failure(server.environment(provider), timeout=0.3 if name == "hang" else 5.0)
            assert error.kind is kind, f"{name}: {error}"
            assert title in error.message, name
            if isinstance(reply, Status):
                assert error.status == reply.status, name
            assert key not in error.message and "\n" not in error.message, name
    assert key not in caplog.text


@pytest.mark.parametrize("provider", list(PATHS))
def test_every_cell_of_the_matrix_streamed(provider: str) -> None:
    in_stream = [
        ("junk", Raw(b"data: {not json\n\n", SSE), ErrorKind.BAD_ANSWER),
        ("error", Raw(b'data: {"error": {"message": "busy", "code": 503}}\n\n', SSE), ErrorKind.SERVER_ERROR),
        ("null", Raw(b'data: {"id": "x", "choices": null}\n\n', SSE), ErrorKind.BAD_ANSWER),
        ("ended at once", Raw(b"data: [DONE]\n\n", SSE), ErrorKind.BAD_ANSWER),
    ]
    with ScriptedServer() as server:
        for name, reply, kind in [*MATRIX, *in_stream]:
            server.script(provider, reply)
            records: list[CallRecord] = []
            llm = create_llm(
                environment=environment_of(server.environment(provider)),
                cooldown=Cooldown(),
                on_call=records.append,
                options=CallOptions(patience=0, timeout=0.3 if name == "hang" else 5.0),
            )
            with pytest.raises(AllProvidersFailed):
                list(llm.stream("x"))
            llm.close()
            (record,) = records
            assert record.error and record.error.kind is kind, f"{name}: {record.error}"


@pytest.mark.parametrize("provider", list(PATHS))
def test_an_error_in_a_good_envelope_is_told(provider: str) -> None:
    with ScriptedServer() as server:
        server.reply(provider, ERROR_BODY)
        error = failure(server.environment(provider))
    expected = (ErrorKind.BAD_ANSWER,) if provider == "groq" else (ErrorKind.SERVER_ERROR,)
    assert error.kind in expected
    assert provider == "groq" or "upstream had a bad day" in error.message


@pytest.mark.parametrize("provider", list(PATHS))
def test_refused_and_unknown_hosts(provider: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ScriptedServer() as server:
        variables = server.environment(provider)
    for address in (f"http://127.0.0.1:{port}{PATHS[provider]}", f"http://no-such-host.invalid{PATHS[provider]}"):
        error = failure(variables | {BASE_URL_NAMES[provider]: address})
        assert error.kind is ErrorKind.UNREACHABLE
        assert BASE_URL_NAMES[provider] in error.message and address in error.message


@pytest.mark.parametrize("provider", ["groq", "openai"])
def test_tls_to_a_server_without_it(provider: str) -> None:
    with ScriptedServer() as server:
        address = server.base_url(provider).replace("http://", "https://")
        error = failure(server.environment(provider) | {BASE_URL_NAMES[provider]: address})
    assert error.kind is ErrorKind.UNREACHABLE
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
