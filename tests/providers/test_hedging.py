"""When an answer is late the next leg is asked too; the first good answer wins, and the loser is paid for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from aion_r.core.domain import CallRecord, FixRequest, Proposal
from aion_r.core.errors import AllProvidersFailed, NoEdit, ProviderError
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, create_llm
from aion_r.providers.race import first_good
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of
from support.replies import Answer, Hang, Status
from support.scripted_server import ScriptedServer

EARLY = CallOptions(patience=0, timeout=30, hedge=0.2)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted
        assert scripted.idle()


def propose(chain) -> Proposal:
    async def once() -> Proposal:
        try:
            return await chain.propose(REQUEST)
        finally:
            await chain.aclose()

    return asyncio.run(once())


def test_a_late_leg_is_overtaken_and_still_billed(server: ScriptedServer) -> None:
    server.reply("groq", Hang())
    server.reply("openai", FIX)
    records: list[CallRecord] = []
    started = time.perf_counter()
    proposal = propose(chain_of(server.environment("groq", "openai"), records, options=EARLY))
    assert time.perf_counter() - started < 15
    assert (proposal.provider, proposal.patch) == ("openai", PATCH)
    assert server.calls("groq")[0].disconnected.wait(2)
    assert {(record.provider, record.ok) for record in records} == {("groq", False), ("openai", True)}
    lost = next(record for record in records if record.provider == "groq")
    assert lost.usage.input_tokens > 200 and lost.usage.cost_usd
    assert proposal.usage.input_tokens == 100 + lost.usage.input_tokens


def test_a_leg_in_time_is_not_overtaken(server: ScriptedServer) -> None:
    server.reply("groq", FIX)
    server.reply("openai", FIX)
    late = CallOptions(patience=0, timeout=30, hedge=20)
    assert propose(chain_of(server.environment("groq", "openai"), options=late)).provider == "groq"
    assert not server.calls("openai")


def test_off_unless_asked_for(server: ScriptedServer) -> None:
    server.reply("groq", Answer(FIX, delay=0.7))
    server.reply("openai", FIX)
    chain = chain_of(server.environment("groq", "openai"), options=CallOptions(patience=0, timeout=30))
    assert propose(chain).provider == "groq"
    assert not server.calls("openai")


def test_the_first_good_answer_wins_and_not_the_first(server: ScriptedServer) -> None:
    server.reply("groq", Answer(FIX, delay=1.0))
    server.reply("openai", "no edit in it")
    proposal = propose(chain_of(server.environment("groq", "openai"), options=EARLY))
    assert proposal.provider == "groq"
    assert len(server.calls("openai")) == 2


def test_a_failure_starts_the_next_at_once_and_the_search_comes_last(server: ScriptedServer) -> None:
    server.reply("groq", Status(500))
    server.reply("openai", Status(429))
    order: list[str] = []

    async def nothing(request: FixRequest) -> Proposal:
        raise NoEdit("no single edit helps")

    options = CallOptions(patience=0, timeout=30, hedge=25)
    started = time.perf_counter()
    chain = chain_of(
        server.environment("groq", "openai"),
        offline=nothing,
        options=options,
        on_start=lambda provider, model: order.append(provider),
    )
    with pytest.raises(AllProvidersFailed):
        propose(chain)
    assert order == ["groq", "openai", "offline"]
    assert time.perf_counter() - started < 20


def llm_of(server: ScriptedServer, records: list[CallRecord]) -> FallbackChat:
    environment = environment_of(server.environment("groq", "openai"))
    return create_llm(environment=environment, cooldown=Cooldown(), on_call=records.append, options=EARLY)


@pytest.mark.parametrize("reply", [Hang(), Answer("one two", hang_after=1)], ids=["silent", "begun without a word"])
def test_a_stream_without_a_first_piece_is_overtaken(server: ScriptedServer, reply: Answer | Hang) -> None:
    server.reply("groq", reply)
    server.reply("openai", "good answer")
    records: list[CallRecord] = []
    llm = llm_of(server, records)
    assert "".join(chunk.text for chunk in llm.stream("x")) == "good answer"
    llm.close()
    assert server.calls("groq")[0].disconnected.wait(2)
    assert {(record.provider, record.ok) for record in records} == {("groq", False), ("openai", True)}


def test_a_stream_that_has_begun_is_not_overtaken(server: ScriptedServer) -> None:
    server.reply("groq", Answer("one two three", cut_after=3, delay=0.0))
    server.reply("openai", "other")
    llm = llm_of(server, [])
    got: list[str] = []
    with pytest.raises(ProviderError):
        for chunk in llm.stream("x"):
            got.append(chunk.text)
            time.sleep(0.3)
    llm.close()
    assert [text for text in got if text] == ["one ", "two "]
    assert not server.calls("openai")


def test_direct_answers_are_hedged(server: ScriptedServer) -> None:
    server.reply("groq", Hang())
    server.reply("openai", "good answer")
    records: list[CallRecord] = []
    llm = llm_of(server, records)
    assert llm.invoke("x").text == "good answer"
    llm.close()
    assert len(records) == 2


def test_a_mistake_of_our_own_ends_the_race() -> None:
    ended = asyncio.Event()

    async def broken() -> str:
        raise TypeError("a bug")

    async def slow() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return ""

    with pytest.raises(TypeError, match="a bug"):
        asyncio.run(first_good([slow, broken], 0.05))
    assert ended.is_set()


def test_what_comes_too_late_is_disposed_of() -> None:
    disposed: list[str] = []

    async def answer(text: str) -> str:
        await asyncio.sleep(0.05)
        return text

    async def dispose(text: str) -> None:
        disposed.append(text)

    async def race() -> str:
        return await first_good([lambda: answer("a"), lambda: answer("b")], 0.0, dispose)

    won = asyncio.run(race())
    assert [won, *disposed] in (["a", "b"], ["b", "a"], ["a"], ["b"])
