"""Budgets are looked at before a call, by what it costs at worst: one that cannot fit is not made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from aion_r.core.domain import CallRecord, ErrorKind, FixRequest, Proposal, Strategy, Usage
from aion_r.core.errors import AllProvidersFailed, UsageError
from aion_r.providers.account import Account
from aion_r.providers.admission import Shared
from aion_r.providers.chain import FixChain
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.leg import Leg
from aion_r.providers.llm import LLMRequest, create_llm
from aion_r.providers.pace import Pace
from aion_r.providers.registry import configured
from aion_r.providers.reply import Watch
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of
from support.replies import Answer, Hang, Status
from support.scripted_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted
        assert scripted.idle()


def shared(**limits: float) -> Shared:
    return Shared(Cooldown(), Pace(), Account(**limits))  # type: ignore[arg-type]


def several(chain: FixChain, count: int, only: frozenset[str] | None = None) -> list[Proposal]:
    async def once() -> list[Proposal]:
        try:
            return await chain.propose_several(REQUEST, count, only=only)
        finally:
            await chain.aclose()

    return asyncio.run(once())


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"tokens": 1000}, "of 1,000 are left"), ({"usd": 0.0005}, r"of \$0\.0005 are left")],
)
def test_a_call_that_cannot_fit_is_not_made(server: ScriptedServer, limits: dict[str, float], words: str) -> None:
    server.reply("openai", FIX)
    records: list[CallRecord] = []
    chain = chain_of(server.environment("openai"), records, shared=shared(**limits))
    with pytest.raises(AllProvidersFailed, match=words) as caught:
        several(chain, 1)
    assert caught.value.over_budget
    assert not server.requests
    (record,) = records
    assert record.error and record.error.kind is ErrorKind.TOO_LARGE and record.usage == Usage()


def test_a_call_that_fits_is_made_and_its_real_cost_counts(server: ScriptedServer) -> None:
    server.reply("openai", Answer(FIX, input_tokens=500, output_tokens=40))
    budget = shared(tokens=4000)
    chain = chain_of(server.environment("openai"), shared=budget)
    for _ in range(3):
        assert several(chain, 1)[0].patch == PATCH
    assert budget.account.spent.input_tokens == 1500
    with pytest.raises(AllProvidersFailed) as caught:  # 1,620 are spent: 2,000 for an answer and a prompt do not fit
        several(chain, 1)
    assert caught.value.over_budget
    assert len(server.calls()) == 3


def test_a_cheaper_leg_is_asked_where_the_first_is_too_dear(server: ScriptedServer) -> None:
    server.reply("groq", FIX)
    server.reply("openai", FIX)
    variables = server.environment("groq", "openai") | {"GROQ_MODEL": "openai/gpt-oss-20b", "OPENAI_MODEL": "gpt-4o"}
    chain = chain_of(variables, shared=shared(usd=0.002))
    assert chain.names == ("groq", "openai")
    assert several(chain, 1, frozenset({"openai", "groq"}))[0].provider == "groq"
    with pytest.raises(AllProvidersFailed):
        several(chain_of(variables, shared=shared(usd=0.002)), 1, frozenset({"openai"}))
    assert not server.calls("openai")


def test_an_unknown_price_is_not_nothing(server: ScriptedServer) -> None:
    server.reply("openai", Answer(FIX, input_tokens=500, output_tokens=40))
    variables = server.environment("openai") | {"OPENAI_MODEL": "home-made-7b"}
    budget = shared(usd=0.000001, tokens=10_000)
    (proposal,) = several(chain_of(variables, shared=budget), 1)
    assert proposal.usage.cost_usd is None
    assert budget.account.spent.input_tokens == 500  # its tokens count


def test_a_known_cost_is_not_lost_beside_an_unknown_one() -> None:
    account = Account(usd=1.0).add([Usage(10, 10, 0.9), Usage(10, 10, None)])
    assert account.hold(Usage(5, 5, 0.2)) == "it may cost $0.2000, and $0.1000 of $1 are left"
    assert account.hold(Usage(5, 5, 0.05)) == ""


def test_samples_that_do_not_fit_together_are_not_asked_together(server: ScriptedServer) -> None:
    server.reply("openai", lambda request: FIX)
    chain = chain_of(server.environment("openai"), shared=shared(tokens=6_500))
    assert several(chain, 5)[0].patch == PATCH
    assert 1 <= len(server.calls()) <= 2  # each may take 2,000 and its prompt of about 900


def test_the_search_goes_on_where_no_model_can_be_paid(server: ScriptedServer) -> None:
    server.reply("openai", FIX)

    async def search(request: FixRequest) -> Proposal:
        return Proposal(PATCH, Strategy.OFFLINE, "offline")

    for count in (1, 3):
        chain = chain_of(server.environment("openai"), offline=search, shared=shared(tokens=10))
        assert several(chain, count)[0].provider == "offline"
    assert not server.requests


def test_all_that_failed_is_told_of_samples_too(server: ScriptedServer) -> None:
    server.reply("openai", Status(401))
    with pytest.raises(AllProvidersFailed, match="OPENAI_API_KEY") as caught:
        several(chain_of(server.environment("openai")), 3)
    assert not caught.value.over_budget


def test_what_is_held_is_given_back_however_a_call_ends(server: ScriptedServer) -> None:
    budget = shared(tokens=4_000)
    variables = server.environment("openai")
    for reply in (Status(400), Status(422), Answer(""), "no edit"):
        server.script("openai", reply)
        with pytest.raises(AllProvidersFailed):
            several(chain_of(variables, shared=budget), 1)
    server.script("openai", Hang())

    async def cancelled() -> None:
        chain = chain_of(variables, shared=budget)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(chain.propose(REQUEST), 0.5)
        await chain.aclose()

    asyncio.run(cancelled())
    spent = budget.account.spent.input_tokens + budget.account.spent.output_tokens
    assert spent < 2_000
    assert budget.account.hold(Usage(0, 4_000 - spent)) == ""


def test_a_mistake_of_our_own_holds_nothing_back(server: ScriptedServer) -> None:
    budget = shared(tokens=4_000)
    (spec,) = configured(environment_of(server.environment("openai")))
    leg = Leg(spec, CallOptions(), shared=budget)
    with pytest.raises(TypeError, match="nonsense"):
        asyncio.run(leg.ask([], {"nonsense": 1}, Watch()))
    assert budget.account.hold(Usage(0, 4_000)) == ""


def test_direct_use_has_budgets_too(server: ScriptedServer) -> None:
    server.reply("openai", Answer("x", input_tokens=400, output_tokens=50))
    llm = create_llm(environment=environment_of(server.environment("openai")), cooldown=Cooldown(), budget_tokens=1_000)
    assert llm.generate(LLMRequest("hi", max_tokens=100)).content == "x"
    assert "".join(chunk.text for chunk in llm.stream(LLMRequest("hi", max_tokens=100))) == "x"
    with pytest.raises(AllProvidersFailed) as caught:
        llm.generate(LLMRequest("hi", max_tokens=100))
    llm.close()
    assert caught.value.over_budget and len(server.calls()) == 2


@pytest.mark.parametrize("budget", [{"budget_usd": -1}, {"budget_usd": 0}, {"budget_tokens": -5}])
def test_a_budget_that_is_none(server: ScriptedServer, budget: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="above 0"):
        create_llm(environment=environment_of(server.environment("openai")), **budget)  # type: ignore[arg-type]
