"""Five legs times everything that can go wrong, asked in three ways: the right kind, the right words, the right step.

The right step is always an answer by the next leg, and then that the failed one is left alone, or asked again, as its
failure demands. Only a stream that has begun cannot be taken over: it ends with an error instead of another's half.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from aion_r.core.domain import CallRecord, ErrorKind
from aion_r.core.errors import ProviderError
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, create_llm
from aion_r.providers.registry import PROVIDERS
from support.fixes import environment_of
from support.replies import (
    CUT_BODY,
    EMPTY_BODY,
    ERROR_BODY,
    HTML,
    NO_CHOICES,
    NULL_CHOICES,
    TRUNCATED_JSON,
    Answer,
    Hang,
    Raw,
    Reply,
    Reset,
    Status,
)
from support.scripted_server import BASE_URL_NAMES, KEYS, PATHS, ScriptedServer

WAYS = ("sync", "async", "streamed")
SSE = "text/event-stream"
LATE = 0.5
"""Seconds that a call may take in the cells in which nothing comes."""


@dataclass(frozen=True)
class Cell:
    """One thing that goes wrong. ``streamed``: what it is in a stream, where that is something else."""

    name: str
    reply: Reply | str
    kind: ErrorKind
    streamed: ErrorKind | None = None


CELLS = (
    Cell("400", Status(400, message="bad parameter"), ErrorKind.BAD_REQUEST),
    Cell("400 context", Status(400, message="too long", code="context_length_exceeded"), ErrorKind.TOO_LARGE),
    Cell("400 model", Status(400, message="gone", code="model_decommissioned"), ErrorKind.MODEL_NOT_FOUND),
    Cell("401", Status(401, message="Incorrect API key provided"), ErrorKind.AUTH),
    Cell("402", Status(402, message="You have exceeded your monthly included credits"), ErrorKind.RATE_LIMITED),
    Cell("403", Status(403, message="not allowed"), ErrorKind.AUTH),
    Cell("404", Status(404, message="no such model", code="model_not_found"), ErrorKind.MODEL_NOT_FOUND),
    Cell("408", Status(408), ErrorKind.TIMEOUT),
    Cell("410", Status(410, message="retired"), ErrorKind.GONE),
    Cell("413", Status(413), ErrorKind.TOO_LARGE),
    Cell("422", Status(422), ErrorKind.BAD_REQUEST),
    Cell("429", Status(429), ErrorKind.RATE_LIMITED),
    Cell("429 wait", Status(429, {"Retry-After": "20"}), ErrorKind.RATE_LIMITED),
    Cell("500", Status(500), ErrorKind.SERVER_ERROR),
    Cell("502 html", Raw(b"<html><title>Bad gateway</title>", "text/html", 502), ErrorKind.SERVER_ERROR),
    Cell("503", Status(503, {"Retry-After": "2"}), ErrorKind.SERVER_ERROR),
    Cell("504", Status(504), ErrorKind.TIMEOUT),
    Cell("302", Status(302, {"Location": "http://127.0.0.1:9/elsewhere"}), ErrorKind.BAD_REQUEST),
    Cell("200 empty answer", Answer(""), ErrorKind.BAD_ANSWER),
    Cell("200 refused", Answer("", finish_reason="content_filter"), ErrorKind.BAD_ANSWER),
    Cell("200 html", HTML, ErrorKind.BAD_ANSWER),
    Cell("200 empty", EMPTY_BODY, ErrorKind.BAD_ANSWER),
    Cell("200 truncated json", TRUNCATED_JSON, ErrorKind.BAD_ANSWER),
    Cell("200 error body", ERROR_BODY, ErrorKind.SERVER_ERROR, ErrorKind.BAD_ANSWER),
    Cell("200 no choices", NO_CHOICES, ErrorKind.BAD_ANSWER),
    Cell("200 null choices", NULL_CHOICES, ErrorKind.BAD_ANSWER),
    Cell("200 list", Raw(b"[]"), ErrorKind.BAD_ANSWER),
    Cell("200 null", Raw(b"null"), ErrorKind.BAD_ANSWER),
    Cell("200 not utf-8", Raw(b'{"choices": "\xff\xfe"}'), ErrorKind.BAD_ANSWER),
    Cell("cut body", CUT_BODY, ErrorKind.UNREACHABLE),
    Cell("reset", Reset(), ErrorKind.UNREACHABLE),
    Cell("hang", Hang(), ErrorKind.TIMEOUT),
    Cell("refused", "http://127.0.0.1:{free}", ErrorKind.UNREACHABLE),
    Cell("dns", "http://no-such-host.invalid", ErrorKind.UNREACHABLE),
    Cell("tls", "https://127.0.0.1:{server}", ErrorKind.UNREACHABLE),
)
IN_STREAM = (
    Cell("junk", Raw(b"data: {not json\n\n", SSE), ErrorKind.BAD_ANSWER),
    Cell("error", Raw(b'data: {"error": {"message": "busy", "code": 503}}\n\n', SSE), ErrorKind.SERVER_ERROR),
    Cell("null", Raw(b'data: {"id": "x", "choices": null}\n\n', SSE), ErrorKind.BAD_ANSWER),
    Cell("ended at once", Raw(b"data: [DONE]\n\n", SSE), ErrorKind.BAD_ANSWER),
    Cell("cut before the first word", Answer("one two", cut_after=1), ErrorKind.BAD_ANSWER),
    Cell("hang before the first word", Answer("one two", hang_after=1), ErrorKind.TIMEOUT),
)
BEGUN = (
    Cell("cut", Answer("one two three", cut_after=3), ErrorKind.BAD_ANSWER),
    Cell("hang", Answer("one two three", hang_after=3), ErrorKind.TIMEOUT),
)
RESTS = {ErrorKind.RATE_LIMITED, ErrorKind.SERVER_ERROR, ErrorKind.TIMEOUT, ErrorKind.UNREACHABLE}
DEAD = {ErrorKind.AUTH, ErrorKind.MODEL_NOT_FOUND, ErrorKind.GONE}


def words_of(kind: ErrorKind, provider: str) -> tuple[str, ...]:
    """What a message of ``kind`` must say, so that one knows what to do."""
    row, key = PROVIDERS[provider], KEYS[provider][0]
    return {
        ErrorKind.AUTH: (f"Set {key} to a key",),
        ErrorKind.MODEL_NOT_FOUND: (row.default_model, f"Set {row.model_name}"),
        ErrorKind.GONE: (row.model_name, row.base_url_name),
        ErrorKind.UNREACHABLE: ("Check the network", row.base_url_name),
        ErrorKind.TOO_LARGE: (f"Set {row.model_name}", "longer context"),
        ErrorKind.RATE_LIMITED: ("no more for now",),
        ErrorKind.BAD_ANSWER: ("no usable answer",),
        ErrorKind.BAD_REQUEST: ("did not accept",),
    }.get(kind, ())


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted
        assert scripted.idle()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def llm_of(server: ScriptedServer, provider: str, cell: Cell, records: list[CallRecord]) -> FallbackChat:
    """``provider``, to which ``cell`` happens, and a service behind it that answers."""
    other = other_than(provider)
    server.script(other, "good answer")
    variables = server.environment(provider, other)
    if isinstance(cell.reply, str):
        port = server.address.rpartition(":")[2]
        address = cell.reply.format(free=free_port(), server=port)
        variables[BASE_URL_NAMES[provider]] = address + PATHS[provider]
    else:
        server.script(provider, cell.reply)
    late = cell.kind is ErrorKind.TIMEOUT and not isinstance(cell.reply, Status)
    return create_llm(
        order=[provider],
        environment=environment_of(variables),
        cooldown=Cooldown(),
        on_call=records.append,
        options=CallOptions(patience=0, timeout=2 * LATE if late else 10.0, first_token=LATE if late else None),
    )


def other_than(provider: str) -> str:
    return "groq" if provider != "groq" else "openai"


def ask(llm: FallbackChat, way: str) -> str:
    if way == "sync":
        return llm.invoke("x").text
    if way == "streamed":
        return "".join(chunk.text for chunk in llm.stream("x"))

    async def once() -> str:
        try:
            return (await llm.ainvoke("x")).text
        finally:
            await llm.aclose()

    return asyncio.run(once())


def check(server: ScriptedServer, provider: str, cell: Cell, way: str) -> None:
    records: list[CallRecord] = []
    llm = llm_of(server, provider, cell, records)
    assert ask(llm, way) == "good answer", cell.name
    failed = records[0]
    assert failed.error and failed.provider == provider and records[-1].provider != provider
    kind = cell.streamed if way == "streamed" and cell.streamed else cell.kind
    if provider == "groq" and cell.reply is ERROR_BODY:
        kind = ErrorKind.BAD_ANSWER  # its client gives no body of a good status away
    assert failed.error.kind is kind, f"{cell.name}: {failed.error}"
    message = failed.error.message
    assert PROVIDERS[provider].title in message and KEYS[provider][1] not in message and "\n" not in message
    for word in words_of(kind, provider):
        assert word in message, f"{cell.name}: {message}"
    if isinstance(cell.reply, Status):
        assert failed.error.status == cell.reply.status, cell.name
    if cell.name == "429 wait":
        assert "20 s of rest" in message
    check_second(server, provider, kind, llm, way)
    llm.close()


def check_second(server: ScriptedServer, provider: str, kind: ErrorKind, llm: FallbackChat, way: str) -> None:
    """What the failure demands at the next question."""
    before = len(server.calls(provider))
    began = time.perf_counter()
    if kind in RESTS | DEAD:
        assert ask(llm, way) == "good answer"
        assert len(server.calls(provider)) == before, "a leg that rests, or is dead, is not asked"
        assert time.perf_counter() - began < 5
    else:
        server.script(provider, "better now")
        assert ask(llm, way) == "better now"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("provider", list(PATHS))
def test_every_cell(server: ScriptedServer, provider: str, way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for cell in (*CELLS, *(IN_STREAM if way == "streamed" else ())):
        check(server, provider, cell, way)
    assert KEYS[provider][1] not in caplog.text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("provider", list(PATHS))
def test_a_slow_answer_is_an_answer(server: ScriptedServer, provider: str, way: str) -> None:
    records: list[CallRecord] = []
    llm = llm_of(server, provider, Cell("slow", Answer("slow answer", delay=0.3), ErrorKind.BAD_ANSWER), records)
    assert ask(llm, way) == "slow answer"
    llm.close()
    (record,) = records
    assert record.ok and record.seconds >= 0.3


@pytest.mark.parametrize("cell", BEGUN, ids=[cell.name for cell in BEGUN])
@pytest.mark.parametrize("provider", list(PATHS))
def test_a_stream_that_has_begun_is_not_taken_over(server: ScriptedServer, provider: str, cell: Cell) -> None:
    records: list[CallRecord] = []
    llm = llm_of(server, provider, cell, records)
    got: list[str] = []
    with pytest.raises(ProviderError) as caught:
        got.extend(chunk.text for chunk in llm.stream("x"))
    llm.close()
    assert caught.value.kind is cell.kind and PROVIDERS[provider].title in str(caught.value)
    assert [record.provider for record in records] == [provider] and not records[0].ok
    assert not server.calls(other_than(provider))
