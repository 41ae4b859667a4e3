"""Three limits of time, each its own: to connect, until a stream begins, in all."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from aion_r.core.domain import CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed, ProviderError
from aion_r.core.settings import load_settings
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, LLMRequest, create_llm
from support.fixes import environment_of
from support.replies import Answer, Drip, Hang
from support.scripted_server import PATHS, ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def llm_of(variables: dict[str, str], records: list[CallRecord], **options: float) -> FallbackChat:
    return create_llm(
        environment=environment_of(variables),
        cooldown=Cooldown(),
        on_call=records.append,
        options=CallOptions(patience=0, **options),
    )


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a server that takes no connection: its queue is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for one in waiting:
            one.close()


@pytest.mark.parametrize("provider", ["groq", "openai", "huggingface"])
def test_connecting_has_a_short_limit_of_its_own(nobody: str, server: ScriptedServer, provider: str) -> None:
    names = {"groq": "GROQ_BASE_URL", "openai": "OPENAI_BASE_URL", "huggingface": "HUGGINGFACE_BASE_URL"}
    variables = server.environment(provider) | {names[provider]: nobody + PATHS[provider]}
    records: list[CallRecord] = []
    llm = llm_of(variables, records, timeout=30, connect=0.3)
    with pytest.raises(AllProvidersFailed):
        llm.invoke("x")
    llm.close()
    (record,) = records
    assert record.error and record.error.kind is ErrorKind.TIMEOUT
    assert "connect" in record.error.message and "0.3 s" in record.error.message
    assert record.seconds < 10 and record.usage.input_tokens == 0  # nothing was sent


@pytest.mark.parametrize("provider", list(PATHS))
def test_a_stream_that_does_not_begin_goes_to_the_next_leg_early(server: ScriptedServer, provider: str) -> None:
    other = "groq" if provider != "groq" else "openai"
    server.reply(provider, Answer("one two", hang_after=1))  # says who speaks, and then nothing
    server.reply(other, "good answer")
    records: list[CallRecord] = []
    variables = server.environment(provider) | server.environment(other)
    llm = create_llm(
        order=[provider],
        environment=environment_of(variables),
        cooldown=Cooldown(),
        on_call=records.append,
        options=CallOptions(patience=0, timeout=30, first_token=1.5),
    )
    assert "".join(chunk.text for chunk in llm.stream("x")) == "good answer"
    llm.close()
    late = records[0]
    assert late.error and late.error.kind is ErrorKind.TIMEOUT
    assert "did not begin to answer within 1.5 s" in late.error.message
    assert late.seconds < 10
    assert server.calls(provider)[0].disconnected.wait(20)


def test_a_stream_that_has_begun_may_take_the_whole_time(server: ScriptedServer) -> None:
    server.reply("openai", Answer("one two three", hang_after=3))
    records: list[CallRecord] = []
    llm = llm_of(server.environment("openai"), records, timeout=3.5, first_token=1.5)
    started, got = time.perf_counter(), []
    with pytest.raises(ProviderError, match=r"did not end its answer within 3\.5 s") as caught:
        for chunk in llm.stream("x"):
            got.append(chunk.text)
    llm.close()
    assert caught.value.kind is ErrorKind.TIMEOUT
    assert [text for text in got if text] == ["one ", "two "]
    assert time.perf_counter() - started > 3.0  # not the 1.5 s of the first token


@pytest.mark.parametrize("reply", [Hang(20), Drip(20)])
def test_a_late_answer_is_counted_as_sent(server: ScriptedServer, reply: Hang | Drip) -> None:
    server.reply("openai", reply)
    records: list[CallRecord] = []
    llm = llm_of(server.environment("openai"), records, timeout=1.5)
    with pytest.raises(AllProvidersFailed, match="AION_R_PROVIDER_TIMEOUT"):
        llm.generate(LLMRequest("word " * 400))
    llm.close()
    assert 300 < records[0].usage.input_tokens < 900
    assert records[0].usage.cost_usd


def test_a_cancelled_call_is_recorded_and_paid_for(server: ScriptedServer) -> None:
    server.reply("openai", Hang())
    records: list[CallRecord] = []
    llm = llm_of(server.environment("openai"), records, timeout=30)

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(llm.ainvoke("word " * 400), 1.0)
        await llm.aclose()

    asyncio.run(cancelled())
    (record,) = records
    assert not record.ok and record.usage.input_tokens > 300
    assert record.error and "not waited for" in record.error.message


def test_the_limits_come_from_the_settings() -> None:
    variables = {"AION_R_PROVIDER_TIMEOUT": "20", "AION_R_HEDGE_AFTER": "3", "AION_R_REQUESTS_PER_MINUTE": "groq:30"}
    options = CallOptions.of(load_settings(environment=environment_of(variables)))
    assert (options.timeout, options.until_begun, options.hedge) == (20, 10, 3)
    assert options.requests_per_minute == {"groq": 30, "github": 15}
    first = load_settings(environment=environment_of(variables | {"AION_R_FIRST_TOKEN_TIMEOUT": "4"}))
    assert CallOptions.of(first).until_begun == 4
    assert CallOptions.of(load_settings(environment=environment_of({}))).requests_per_minute == {"github": 15}


def test_direct_use_keeps_to_the_limit_of_the_environment(server: ScriptedServer) -> None:
    server.reply("openai", Hang(20))
    variables = server.environment("openai") | {"AION_R_PROVIDER_TIMEOUT": "0.5"}
    llm = create_llm(environment=environment_of(variables), cooldown=Cooldown())
    started = time.perf_counter()
    with pytest.raises(AllProvidersFailed, match=r"within 0\.5 s"):
        llm.invoke("x")
    llm.close()
    assert time.perf_counter() - started < 10
