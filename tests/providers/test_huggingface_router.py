"""Hugging Face at its own address: langchain-huggingface, whose traffic to the router is led to loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from huggingface_hub.utils import set_async_client_factory
from huggingface_hub.utils._http import default_async_client_factory

from aion_r.core.domain import CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed, ProviderError
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.huggingface import build
from aion_r.providers.llm import create_llm
from aion_r.providers.registry import configured
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of
from support.replies import HTML, NO_CHOICES, TRUNCATED_JSON, Answer, Hang, Reply, Reset, Status
from support.scripted_server import KEYS, ScriptedServer

HOST = "router.huggingface.co"


class _ToLoopback(httpx.AsyncHTTPTransport):
    def __init__(self, server: ScriptedServer) -> None:
        super().__init__()
        self._server = httpx.URL(server.address)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == HOST
        path = "/huggingface" + request.url.path
        request.url = request.url.copy_with(scheme="http", host=self._server.host, port=self._server.port, path=path)
        return await super().handle_async_request(request)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        set_async_client_factory(lambda: httpx.AsyncClient(transport=_ToLoopback(scripted), timeout=None))
        yield scripted
        assert scripted.idle()
    set_async_client_factory(default_async_client_factory)


VARIABLES = {"HF_TOKEN": KEYS["huggingface"][1], "HUGGINGFACE_MODEL": "openai/gpt-oss-20b"}


def propose(records: list[CallRecord], timeout: float = 5.0) -> object:
    chain = chain_of(VARIABLES, records, options=CallOptions(patience=0, timeout=timeout))

    async def once() -> object:
        try:
            return (await chain.propose(REQUEST)).patch
        finally:
            await chain.aclose()

    return asyncio.run(once())


def test_the_router_answers(server: ScriptedServer) -> None:
    server.reply("huggingface", FIX)
    records: list[CallRecord] = []
    assert propose(records) == PATCH
    (call,) = server.calls()
    assert call.path == "/huggingface/v1/chat/completions"
    assert call.headers["authorization"] == f"Bearer {KEYS['huggingface'][1]}"
    assert (call.json["model"], call.json["max_tokens"], call.json["temperature"]) == ("openai/gpt-oss-20b", 2000, 0.2)
    assert (records[0].usage.input_tokens, records[0].usage.output_tokens) == (100, 20)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Status(400, message="not supported", code="model_not_supported"), ErrorKind.MODEL_NOT_FOUND),
        (Status(401, message="Invalid username or password."), ErrorKind.AUTH),
        (Status(402, message="exceeded your monthly credits"), ErrorKind.RATE_LIMITED),
        (Status(429, {"Retry-After": "5"}), ErrorKind.RATE_LIMITED),
        (Status(503), ErrorKind.SERVER_ERROR),
        (HTML, ErrorKind.BAD_ANSWER),
        (TRUNCATED_JSON, ErrorKind.BAD_ANSWER),
        (NO_CHOICES, ErrorKind.BAD_ANSWER),
        (Answer(""), ErrorKind.BAD_ANSWER),
        (Reset(), ErrorKind.UNREACHABLE),
        (Hang(), ErrorKind.TIMEOUT),
    ],
)
def test_nothing_foreign_escapes(
    server: ScriptedServer, reply: Reply, kind: ErrorKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_list(spec: object) -> tuple[str, ...]:
        return ("openai/gpt-oss-120b",)  # the real list is on the real router

    monkeypatch.setattr("aion_r.providers.served.models", no_list)
    server.reply("huggingface", reply)
    records: list[CallRecord] = []
    with pytest.raises(AllProvidersFailed):
        propose(records, timeout=0.5 if isinstance(reply, Hang) else 5.0)
    assert records[-1].error and records[-1].error.kind is kind
    assert KEYS["huggingface"][1] not in records[-1].error.message


def test_a_key_of_another_shape_gets_the_routers_own_word_for_it() -> None:
    (spec,) = configured(environment_of({"HF_TOKEN": "not-a-hub-key"}))
    assert type(build(spec, CallOptions()).model).__name__ == "BaseChatOpenAI"  # the hub's client would not even ask
    (spec,) = configured(environment_of(VARIABLES))
    assert type(build(spec, CallOptions()).model).__name__ == "ChatHuggingFace"


def test_the_router_streams(server: ScriptedServer) -> None:
    server.reply("huggingface", Answer("one two", input_tokens=5, output_tokens=2))
    records: list[CallRecord] = []
    llm = create_llm(environment=environment_of(VARIABLES), cooldown=Cooldown(), on_call=records.append)
    assert "".join(chunk.text for chunk in llm.stream("x")) == "one two"
    assert records[0].usage.output_tokens == 2
    server.script("huggingface", Answer("one two three", cut_after=2))
    with pytest.raises(ProviderError, match="stream ended"):
        list(llm.stream("x"))
    llm.close()
