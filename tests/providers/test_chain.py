"""The chain of a fix over real HTTP: who is asked, who takes over, what is recorded."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest

from aion_r.core.domain import CallRecord, ErrorKind, FixRequest, Patch, Proposal, Strategy
from aion_r.core.errors import AllProvidersFailed, NoEdit
from aion_r.providers.clients import CallOptions, Chat
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.leg import Leg
from aion_r.providers.registry import PROVIDERS, LegSpec, configured
from aion_r.providers.reply import Watch
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of, read
from support.replies import HTML, Answer, Drip, Hang, Reply, Reset, Status
from support.scripted_server import KEYS, PATHS, ScriptedServer

FAILING = [Status(429, {"Retry-After": "7"}), Status(503), Reset(), HTML]


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted
        assert scripted.idle()  # no test leaves a connection behind


def propose(chain, request: FixRequest = REQUEST, **given) -> Proposal:
    async def once() -> Proposal:
        try:
            return await chain.propose(request, **given)
        finally:
            await chain.aclose()

    return asyncio.run(once())


@pytest.mark.parametrize("provider", list(PATHS))
def test_each_leg_answers_in_its_own_wire_format(server: ScriptedServer, provider: str) -> None:
    server.reply(provider, FIX)
    records: list[CallRecord] = []
    proposal = propose(chain_of(server.environment(provider), records))
    assert proposal.patch == PATCH
    assert (proposal.strategy, proposal.provider) == (Strategy.LLM, provider)
    assert proposal.explanation == "The limit itself must get the discount."
    assert (proposal.usage.input_tokens, proposal.usage.output_tokens) == (100, 20)
    (call,) = server.calls()
    assert call.path == PATHS[provider] + "/chat/completions"
    assert call.headers["authorization"] == f"Bearer {KEYS[provider][1]}"
    assert call.json["model"] == proposal.model
    assert (call.json["temperature"], call.json["max_tokens"]) == (0.2, 2000)
    (record,) = records
    assert record.ok and record.provider == provider and record.seconds > 0


@pytest.mark.parametrize("failing", range(5))
def test_the_next_leg_takes_over_at_once(server: ScriptedServer, failing: int) -> None:
    for index, name in enumerate(PATHS):
        server.reply(name, FIX if index >= failing else FAILING[index])
    records: list[CallRecord] = []
    chain = chain_of(server.environment(), records)

    async def twice() -> tuple[Proposal, float, Proposal]:
        await chain.warm()
        await chain.propose(REQUEST, only=frozenset({"cloudflare"}))
        started = time.perf_counter()
        first = await chain.propose(REQUEST)
        seconds = time.perf_counter() - started
        second = await chain.propose(REQUEST)
        await chain.aclose()
        return first, seconds, second

    server.script("cloudflare", FIX)
    first, seconds, second = asyncio.run(twice())
    expected = list(PATHS)[failing]
    assert first.provider == second.provider == expected
    assert seconds < 4.0  # far below any Retry-After; four first builds are in it
    if failing:
        assert len(server.calls("groq")) == 1  # rests after its 429: the second request did not reach it
        resting = [record for record in records if record.error and record.error.kind is ErrorKind.COOLING_DOWN]
        assert {"groq"} <= {record.provider for record in resting}
        assert all(record.seconds == 0 and not record.usage.input_tokens for record in resting)


def test_all_failed_tells_what_each_leg_said_and_offline_is_last(server: ScriptedServer) -> None:
    server.reply("groq", Status(429, {"Retry-After": "7"}))
    server.reply("openai", Status(401, message="Incorrect API key provided", code="invalid_api_key"))

    async def nothing(request: FixRequest) -> Proposal:
        raise NoEdit("no single edit helps")

    with pytest.raises(AllProvidersFailed) as caught:
        propose(chain_of(server.environment("groq", "openai"), offline=nothing))
    said = [(record.provider, record.error.kind) for record in caught.value.records if record.error]
    assert said == [
        ("groq", ErrorKind.RATE_LIMITED),
        ("openai", ErrorKind.AUTH),
        ("offline", ErrorKind.BAD_ANSWER),
    ]
    assert "OPENAI_API_KEY" in str(caught.value) and "no single edit helps" in str(caught.value)


def test_offline_takes_over_when_no_model_answers(server: ScriptedServer) -> None:
    server.reply("groq", "no idea")
    server.reply("openai", Status(500))

    async def search(request: FixRequest) -> Proposal:
        return Proposal(PATCH, Strategy.OFFLINE, "offline")

    records: list[CallRecord] = []
    proposal = propose(chain_of(server.environment("groq", "openai"), records, offline=search))
    assert (proposal.provider, proposal.patch) == ("offline", PATCH)
    assert proposal.usage.input_tokens == 200  # what the models were paid for nothing
    called = [(record.provider, record.ok) for record in records]
    assert called == [("groq", False), ("groq", False), ("openai", False), ("offline", True)]


def test_only_restricts_the_legs_and_nobody_is_an_error(server: ScriptedServer) -> None:
    server.reply("openai", FIX)
    server.reply("groq", FIX)
    chain = chain_of(server.environment("groq", "openai"))
    assert propose(chain, only=frozenset({"openai"})).provider == "openai"
    assert not server.calls("groq")
    with pytest.raises(AllProvidersFailed, match="none is configured"):
        propose(chain, only=frozenset({"offline"}))


def test_an_edit_that_does_not_apply_goes_back_once_with_the_nearest_lines(server: ScriptedServer) -> None:
    server.reply("openai", "I would use >= there.", FIX)
    records: list[CallRecord] = []
    proposal = propose(chain_of(server.environment("openai"), records))
    assert proposal.patch == PATCH
    assert proposal.usage.input_tokens == 200  # the useless answer was paid for, too
    second = server.calls()[1].json["messages"]
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert second[2]["content"] == "I would use >= there."
    assert "if amount > DISCOUNT_FROM:" in second[3]["content"]
    assert [(record.ok, record.usage.output_tokens) for record in records] == [(False, 20), (True, 20)]


def test_a_second_useless_answer_goes_to_the_next_leg(server: ScriptedServer) -> None:
    server.reply("groq", "no idea", "still none")
    server.reply("openai", FIX)
    records: list[CallRecord] = []
    proposal = propose(chain_of(server.environment("groq", "openai"), records))
    assert proposal.provider == "openai"
    assert len(server.calls("groq")) == 2
    kinds = [record.error.kind for record in records if record.error]
    assert kinds == [ErrorKind.BAD_ANSWER, ErrorKind.BAD_ANSWER]
    assert proposal.usage.input_tokens == 300


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Answer(""), "empty"),
        (Answer("   \n"), "empty"),
        (Answer(FIX, finish_reason="length"), "cut off"),
        (Answer(FIX, finish_reason="content_filter"), "refused"),
    ],
)
def test_empty_cut_and_refused_answers_are_useless(server: ScriptedServer, reply: Answer, reason: str) -> None:
    server.reply("openai", reply, FIX)
    records: list[CallRecord] = []
    assert propose(chain_of(server.environment("openai"), records)).patch == PATCH
    assert records[0].error and reason in records[0].error.message
    limits = [call.json["max_tokens"] for call in server.calls()]
    assert limits == ([2000, 4000] if reason == "cut off" else [2000, 2000])


def test_thoughts_before_an_answer_are_not_read_as_its_edits(server: ScriptedServer) -> None:
    server.reply("openai", f"<think>\nperhaps amount >= DISCOUNT_FROM?\n</think>\n{FIX}")
    seen: list[str] = []
    proposal = propose(chain_of(server.environment("openai"), read=lambda answer: seen.append(answer) or PATCH))
    assert seen[0].strip() == FIX
    assert proposal.explanation == "The limit itself must get the discount."


def test_keys_in_sources_and_output_do_not_leave(server: ScriptedServer) -> None:
    server.reply("openai", FIX)
    variables = server.environment("openai") | {"HF_TOKEN": "hf_not_even_used_here"}
    failure = replace(REQUEST.failures[0], output="env: hf_not_even_used_here")
    source = replace(REQUEST.sources[0], text=f"KEY = {KEYS['openai'][1]!r}\nFAKE = 'sk-thisonlylookslikeakey0000'\n")
    propose(chain_of(variables), replace(REQUEST, failures=(failure,), sources=(source,)))
    prompt = server.calls()[0].prompt
    assert "env: [HF_TOKEN]" in prompt and "KEY = '[OPENAI_API_KEY]'" in prompt
    assert "sk-thisonlylookslikeakey0000" in prompt  # lines must be copied exactly: only real keys are taken out


def test_no_repr_shows_a_key(server: ScriptedServer) -> None:
    variables = server.environment()

    async def built() -> list[object]:
        legs = [Leg(spec, CallOptions(), Cooldown()) for spec in configured(environment_of(variables))]
        return [part for leg in legs for part in (leg, leg.spec, await leg.chat(), (await leg.chat()).model)]

    shown = "".join(f"{part!r} {part}" for part in asyncio.run(built()))
    assert len(shown) > 1000
    assert not [key for _, key in KEYS.values() if key in shown]


def test_a_local_server_without_a_key(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ofthisveryprocess0000")
    server.reply("openai", FIX)
    propose(chain_of(server.environment("openai", key=False)))
    assert server.calls()[0].headers["authorization"] == "Bearer no-key-needed"


def test_groq_at_an_address_without_its_own_path(server: ScriptedServer) -> None:
    server.environment("github", key=False)  # any server that speaks OpenAI's protocol, wherever its API starts
    server.reply("github", FIX)
    variables = server.environment("groq") | {"GROQ_BASE_URL": server.base_url("github") + "/"}
    assert propose(chain_of(variables)).provider == "groq"
    assert server.calls()[0].path == "/github/inference/chat/completions"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "ChatOpenAI"),  # OpenAI itself wants max_completion_tokens, which this class sends
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "BaseChatOpenAI"),  # others know max_tokens only
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_MODEL": "openai/gpt-5-mini"}, "ChatOpenAI"),
    ],
)
def test_the_limit_of_tokens_goes_by_the_name_that_is_known_there(variables: dict[str, str], name: str) -> None:
    (spec,) = configured(environment_of({"OPENAI_API_KEY": "sk-0000000000000002"} | variables))
    model = spec.builder()(spec, CallOptions()).model
    assert type(model).__name__ == name


def test_an_empty_answer_is_not_read_back_to_the_service(server: ScriptedServer) -> None:
    server.reply("openai", "", FIX)
    propose(chain_of(server.environment("openai")))
    assert [message["role"] for message in server.calls()[1].json["messages"]] == ["system", "user", "user"]


def test_reading_an_answer_does_not_block_the_event_loop(server: ScriptedServer) -> None:
    server.reply("openai", FIX)

    def reads_files(answer: str) -> Patch:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return read(answer)

    assert propose(chain_of(server.environment("openai"), read=reads_files)).patch == PATCH


def test_room_for_a_whole_file(server: ScriptedServer) -> None:
    server.reply("openai", FIX)
    large = replace(REQUEST.sources[0], text=REQUEST.sources[0].text * 30)
    propose(chain_of(server.environment("openai")), replace(REQUEST, sources=(large,)))
    assert server.calls()[0].json["max_tokens"] > len(large.text) // 4


def test_a_mistake_of_our_own_is_seen(server: ScriptedServer) -> None:
    server.reply("groq", FIX)
    server.reply("openai", FIX)

    def broken(answer: str):
        raise TypeError("a bug")

    records: list[CallRecord] = []
    with pytest.raises(TypeError, match="a bug"):
        propose(chain_of(server.environment("groq", "openai"), records, read=broken))
    assert not server.calls("openai")
    assert len(records) == 1  # the call happened and cost money


def test_a_mistake_in_the_search_is_seen(server: ScriptedServer) -> None:
    async def broken(request: FixRequest) -> Proposal:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        propose(chain_of({}, offline=broken))


@pytest.mark.parametrize("reply", [Hang(10), Drip(10)])
def test_a_total_limit_of_time_for_one_call(server: ScriptedServer, reply: Reply) -> None:
    server.reply("openai", reply)
    server.reply("github", FIX)
    records: list[CallRecord] = []
    chain = chain_of(server.environment("openai", "github"), records, options=CallOptions(patience=0, timeout=2))
    assert propose(chain).provider == "github"
    assert records[0].error and records[0].error.kind is ErrorKind.TIMEOUT
    assert records[0].seconds < 8
    assert server.calls("openai")[0].disconnected.wait(20)


def test_an_answer_makes_a_leg_healthy_again(server: ScriptedServer) -> None:
    server.reply("openai", Status(500), FIX, Status(500))
    now = [0.0]
    health = Cooldown(clock=lambda: now[0], jitter=lambda: 1.0)
    chain = chain_of(server.environment("openai"), cooldown=health)
    (spec,) = configured(environment_of(server.environment("openai")))
    rests = []
    for works in (False, True, False):
        now[0] += 100
        with nullcontext() if works else pytest.raises(AllProvidersFailed):
            propose(chain)
        rests.append(health.remaining(spec.identity)[0])
    assert rests == [1, 0, 1]


def test_cancelling_closes_the_connection_at_once(server: ScriptedServer) -> None:
    server.reply("openai", Hang())
    chain = chain_of(server.environment("openai"), options=CallOptions(patience=0, timeout=60))

    async def cancel() -> float:
        task = asyncio.create_task(chain.propose(REQUEST))
        while not server.calls():
            await asyncio.sleep(0.01)
        started = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.perf_counter() - started

    assert asyncio.run(cancel()) < 5
    assert server.calls()[0].disconnected.wait(20)


def test_health_is_shared_by_chains_and_belongs_to_key_and_model(server: ScriptedServer) -> None:
    server.reply("openai", Status(401))
    variables, shared = server.environment("openai"), Cooldown()
    for _ in range(2):
        with pytest.raises(AllProvidersFailed):
            propose(chain_of(variables, cooldown=shared))
    assert len(server.calls()) == 1
    server.script("openai", FIX)
    other = variables | {"OPENAI_MODEL": "another"}
    assert propose(chain_of(other, cooldown=shared)).model == "another"


def test_one_chain_serves_several_event_loops_in_turn(server: ScriptedServer) -> None:
    server.reply("openai", FIX)
    server.reply("groq", FIX)
    chain = chain_of(server.environment("groq", "openai"))
    for _ in range(2):
        assert propose(chain).patch == PATCH
        assert propose(chain, only=frozenset({"openai"})).patch == PATCH


def test_many_at_once_through_one_chain(server: ScriptedServer) -> None:
    server.reply("openai", lambda request: FIX)
    chain = chain_of(server.environment("openai"), options=CallOptions(patience=0, timeout=20))

    async def all_of_them() -> list[Proposal]:
        try:
            return await asyncio.gather(*(chain.propose(REQUEST) for _ in range(50)))
        finally:
            await chain.aclose()

    assert {proposal.patch.id for proposal in asyncio.run(all_of_them())} == {PATCH.id}


def test_on_start_comes_before_each_request(server: ScriptedServer) -> None:
    server.reply("groq", Status(500))
    server.reply("openai", FIX)
    started: list[tuple[str, str]] = []
    propose(chain_of(server.environment("groq", "openai"), on_start=lambda *call: started.append(call)))
    assert started == [("groq", "openai/gpt-oss-120b"), ("openai", "gpt-4o-mini")]


def test_a_wrong_parameter_of_ours_is_a_bug_and_not_the_services_fault(server: ScriptedServer) -> None:
    server.reply("openai", FIX)
    (spec,) = configured(environment_of(server.environment("openai")))
    records: list[CallRecord] = []
    health = Cooldown()
    with pytest.raises(TypeError, match="nonsense"):
        asyncio.run(Leg(spec, CallOptions(), health).ask([], {"nonsense": 1}, Watch(records.append)))
    assert not records and health.remaining(spec.identity) == (0.0, "")


def test_legs_are_built_one_at_a_time() -> None:
    building: list[int] = []
    most: list[int] = []

    class Slow:
        row = PROVIDERS["openai"]

        def build(self, spec: LegSpec, options: CallOptions) -> Chat:
            building.append(1)
            time.sleep(0.05)
            most.append(len(building))
            building.pop()
            return Chat(None)  # type: ignore[arg-type]

    async def build_all() -> None:
        specs = [LegSpec(f"own{number}", "Own", "m", "nowhere", own=Slow()) for number in range(4)]
        await asyncio.gather(*(Leg(spec, CallOptions(), Cooldown()).chat() for spec in specs))

    asyncio.run(build_all())
    assert most == [1] * 4
