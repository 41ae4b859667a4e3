"""Before giving up, the leg that is healthy again soonest is asked once more, if that fits the time there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from aion_r.core.domain import CallRecord, ErrorKind, FixRequest, Proposal, Strategy
from aion_r.core.errors import AllProvidersFailed, NoEdit, ProviderError
from aion_r.providers.chain import FixChain
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import create_llm
from aion_r.providers.patience import AGAIN
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of
from support.replies import Answer, Status
from support.scripted_server import ScriptedServer

BUSY = Status(429, {"Retry-After": "1"})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted
        assert scripted.idle()


def propose(chain: FixChain) -> Proposal:
    async def once() -> Proposal:
        try:
            return await chain.propose(REQUEST)
        finally:
            await chain.aclose()

    return asyncio.run(once())


def test_the_only_leg_is_asked_again_once_its_rest_is_over(server: ScriptedServer) -> None:
    server.reply("openai", BUSY, FIX)
    records: list[CallRecord] = []
    proposal = propose(chain_of(server.environment("openai"), records, options=CallOptions(timeout=20)))
    assert proposal.patch == PATCH
    first, second = server.calls()
    assert 0.9 < second.at - first.at < 15
    assert [record.ok for record in records] == [False, True]


def test_the_leg_that_is_ready_soonest_is_chosen(server: ScriptedServer) -> None:
    server.reply("groq", Status(429, {"Retry-After": "30"}))
    server.reply("openai", BUSY, FIX)
    server.reply("github", Status(401))
    chain = chain_of(server.environment("groq", "openai", "github"), options=CallOptions(timeout=20))
    assert propose(chain).provider == "openai"
    assert (len(server.calls("groq")), len(server.calls("openai")), len(server.calls("github"))) == (1, 2, 1)


@pytest.mark.parametrize(
    ("timeout", "left"),
    [(3, float("inf")), (60, 0.5)],
    ids=["the limit of a call", "the time left of the run"],
)
def test_a_wait_that_does_not_fit_is_not_made(server: ScriptedServer, timeout: float, left: float) -> None:
    server.reply("openai", Status(429, {"Retry-After": "7"}))
    chain = chain_of(server.environment("openai"), options=CallOptions(timeout=timeout), time_left=lambda: left)
    started = time.perf_counter()
    with pytest.raises(AllProvidersFailed):
        propose(chain)
    assert time.perf_counter() - started < 5
    assert len(server.calls()) == 1


def test_a_run_with_time_left_waits_longer_than_one_call_may_take(server: ScriptedServer) -> None:
    server.reply("openai", Status(429, {"Retry-After": "2"}), FIX)
    chain = chain_of(server.environment("openai"), options=CallOptions(timeout=1.5), time_left=lambda: 60.0)
    assert propose(chain).patch == PATCH


def test_what_does_not_pass_by_itself_is_not_asked_again(server: ScriptedServer) -> None:
    server.reply("groq", Status(401))
    server.reply("openai", "no edit at all")
    with pytest.raises(AllProvidersFailed):
        propose(chain_of(server.environment("groq", "openai"), options=CallOptions(timeout=20)))
    assert (len(server.calls("groq")), len(server.calls("openai"))) == (1, 2)


def test_a_service_that_keeps_failing_is_given_up(server: ScriptedServer) -> None:
    server.reply("openai", Status(500))
    health = Cooldown(jitter=lambda: 0.1)
    chain = chain_of(server.environment("openai"), options=CallOptions(timeout=60), cooldown=health)
    with pytest.raises(AllProvidersFailed) as caught:
        propose(chain)
    assert len(server.calls()) == 1 + AGAIN == len(caught.value.records)


def test_two_more_tries_at_a_service_that_just_fails_come_soon_and_are_told(server: ScriptedServer) -> None:
    server.reply("groq", Status(500))
    waits: list[tuple[str, float]] = []
    chain = chain_of(
        server.environment("groq"),
        options=CallOptions(timeout=60),
        on_wait=lambda provider, seconds: waits.append((provider, seconds)),
    )
    with pytest.raises(AllProvidersFailed):
        propose(chain)
    assert [provider for provider, _ in waits] == ["groq"] * AGAIN
    assert 1.5 < sum(seconds for _, seconds in waits) < 4


def test_the_search_comes_before_the_wait(server: ScriptedServer) -> None:
    server.reply("openai", BUSY, FIX)
    order: list[str] = []

    async def nothing(request: FixRequest) -> Proposal:
        order.append("offline")
        raise NoEdit("no single edit helps")

    chain = chain_of(
        server.environment("openai"),
        offline=nothing,
        options=CallOptions(timeout=20),
        on_start=lambda provider, model: order.append(provider) if provider != "offline" else None,
    )
    assert propose(chain).provider == "openai"
    assert order == ["openai", "offline", "openai"]

    async def finds(request: FixRequest) -> Proposal:
        return Proposal(PATCH, Strategy.OFFLINE, "offline")

    server.script("openai", BUSY)
    started = time.perf_counter()
    chain = chain_of(server.environment("openai"), offline=finds, options=CallOptions(timeout=20))
    assert propose(chain).provider == "offline"
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("streamed", [False, True])
def test_direct_use_waits_too(server: ScriptedServer, streamed: bool) -> None:
    server.reply("openai", BUSY, Answer("good answer"))
    llm = create_llm(
        environment=environment_of(server.environment("openai")), cooldown=Cooldown(), options=CallOptions(timeout=20)
    )
    text = "".join(chunk.text for chunk in llm.stream("x")) if streamed else llm.invoke("x").text
    llm.close()
    assert text == "good answer"
    assert len(server.calls()) == 2


def test_many_that_fail_together_are_one_failure() -> None:
    now = [100.0]
    health = Cooldown(clock=lambda: now[0], jitter=lambda: 1.0)
    error = ProviderError(ErrorKind.SERVER_ERROR, "why")
    for _ in range(50):
        now[0] += 0.01
        health.failed("leg", error, began=100.0)
    assert health.remaining("leg")[0] == pytest.approx(1.0)
    health.succeeded("leg", began=100.0)  # was on its way before the failure: says nothing about now
    assert health.remaining("leg")[0] > 0
    now[0] += 3
    health.failed("leg", error, began=now[0] - 0.5)
    assert health.remaining("leg")[0] == pytest.approx(2.0)


def test_a_service_that_refuses_after_the_rest_it_asked_for_rests_longer() -> None:
    health = Cooldown(clock=lambda: 0.0, jitter=lambda: 1.0)
    error = ProviderError(ErrorKind.RATE_LIMITED, "why", retry_after=1.0)
    rests = []
    for _ in range(6):
        health.failed("leg", error)
        rests.append(health.remaining("leg")[0])
    assert rests[:3] == [1, 1, 1] and rests[3:] == sorted(rests[3:]) and rests[3] > 10
