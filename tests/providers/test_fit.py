"""Prompts beyond a model's context: made shorter by rule, or refused before money is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from aion_r.core.domain import CallRecord, ErrorKind, FixRequest, Proposal, SourceFile, TestFailure
from aion_r.core.errors import AllProvidersFailed
from aion_r.providers.admission import Shared
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import LLMRequest, create_llm
from aion_r.providers.pace import Pace
from aion_r.providers.pricing import GENEROUS_WINDOW, context_window
from aion_r.providers.prompts.fit import fitting_text
from aion_r.providers.prompts.fix import user_text
from aion_r.providers.registry import configured
from support.fixes import FIX, PATCH, REQUEST, chain_of, environment_of
from support.replies import Answer, Status
from support.scripted_server import ScriptedServer

LONG = replace(
    REQUEST,
    failures=(replace(REQUEST.failures[0], output="OUTPUT " * 200), TestFailure("t.py::other", message="SECOND")),
    sources=(
        REQUEST.sources[0],
        SourceFile("second.py", "SOURCE_TWO = 2\n" * 150),
        SourceFile("third.py", "SOURCE_THREE = 3\n" * 150),
    ),
    tests=(SourceFile("tests/test_x.py", "TESTS = 1\n" * 60),),
    feedback="FEEDBACK " * 30,
)
PARTS = ("OUTPUT", "SOURCE_THREE", "SOURCE_TWO", "TESTS", "FEEDBACK", "SECOND")
"""What goes, in the order in which it goes."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def test_what_fits_stays_as_it_is() -> None:
    whole = user_text(LONG)
    assert fitting_text(LONG, len(whole.encode())) == whole
    assert all(part in whole for part in PARTS)


def test_what_matters_least_goes_first() -> None:
    seen = []
    room = len(user_text(LONG).encode())
    while True:
        text = fitting_text(LONG, room)
        left = [part for part in PARTS if part in text]
        if not seen or left != seen[-1]:
            seen.append(left)
        if not left:
            break
        assert len(text.encode()) <= room
        room -= 25
    assert seen == [list(PARTS[at:]) for at in range(len(PARTS) + 1)]


@pytest.mark.parametrize("room", [-5_000, 0, 200, 1_000, 2_500, 8_000])
def test_a_long_source_is_cut_and_said_to_be(room: int) -> None:
    source = SourceFile("big.py", "é = 1  # a line\n" * 4_000)
    request = FixRequest("python", "pytest", REQUEST.failures, (source,))
    text = fitting_text(request, room)
    assert len(text.encode()) <= max(room, 2_600)
    assert "characters left out" in text and "change it by edits only" in text
    assert REQUEST.failures[0].test_id in text


def propose(chain, request: FixRequest = REQUEST) -> Proposal:
    async def once() -> Proposal:
        try:
            return await chain.propose(request)
        finally:
            await chain.aclose()

    return asyncio.run(once())


def test_a_fix_is_asked_for_within_the_models_context(server: ScriptedServer) -> None:
    server.reply("openai", FIX)
    options = CallOptions(patience=0, timeout=5, context_tokens={"openai": 4_096})
    big = replace(LONG, sources=(SourceFile("basket.py", "line = 1\n" * 3_000), *LONG.sources[1:]))
    assert propose(chain_of(server.environment("openai"), options=options), big).patch == PATCH
    call = server.calls()[0].json
    assert call["max_tokens"] <= 2_048
    assert len(server.calls()[0].prompt.encode()) / 2.5 + call["max_tokens"] <= 4_096


@pytest.mark.parametrize(
    "refusal",
    [
        Status(413, code="tokens_limit_reached", message="Request body too large. Max size: 8000 tokens."),
        Status(400, code="context_length_exceeded", message="maximum context length is 8192 tokens"),
    ],
)
def test_a_service_that_finds_it_too_long_is_asked_once_more_with_half(server: ScriptedServer, refusal: Status) -> None:
    server.reply("openai", refusal, FIX)
    assert propose(chain_of(server.environment("openai")), LONG).patch == PATCH
    first, second = (len(call.json["messages"][1]["content"]) for call in server.calls())
    assert second <= first / 2
    server.script("openai", refusal)
    with pytest.raises(AllProvidersFailed):
        propose(chain_of(server.environment("openai")), LONG)
    assert len(server.calls()) == 4


def test_a_prompt_beyond_any_context_costs_nothing(server: ScriptedServer) -> None:
    server.reply("openai", "x")
    records: list[CallRecord] = []
    llm = create_llm(
        environment=environment_of(server.environment("openai")), cooldown=Cooldown(), on_call=records.append
    )
    for ask in (llm.generate, lambda request: list(llm.stream(request))):
        with pytest.raises(AllProvidersFailed, match="takes 128,000 with the answer"):
            ask(LLMRequest("word " * 200_000))
    llm.close()
    assert not server.requests
    assert {record.error.kind for record in records if record.error} == {ErrorKind.TOO_LARGE}


def test_a_leg_with_a_longer_context_takes_over(server: ScriptedServer) -> None:
    server.reply("groq", Answer("short"))
    server.reply("openai", Answer("long"))
    options = CallOptions(patience=0, context_tokens={"groq": 1_000, "openai": 100_000})
    llm = create_llm(
        environment=environment_of(server.environment("groq", "openai")), cooldown=Cooldown(), options=options
    )
    assert llm.generate(LLMRequest("word " * 5_000)).content == "long"
    assert llm.generate(LLMRequest("word", max_tokens=2_000)).content == "short"  # the answer is cut, not the question
    llm.close()
    assert len(server.calls("groq")) == 1


def test_contexts_come_from_a_table_and_unknown_ones_are_generous() -> None:
    keys = {"OPENAI_API_KEY": "sk-0000000000000002", "HF_TOKEN": "hf_0000000000000004"}
    small, unknown = configured(environment_of(keys | {"OPENAI_MODEL": "gpt-4", "HUGGINGFACE_MODEL": "home-made"}))
    assert context_window(small) == 8_192
    assert context_window(unknown) == GENEROUS_WINDOW
    assert Shared(Cooldown(), Pace()).account.limited is False
