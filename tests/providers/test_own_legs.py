"""Chat models of the user's own as legs: any of LangChain's, in front of the services or behind them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import BaseModel, SecretStr

from aion_r import AutocorrectionCycle
from aion_r.core.domain import CallRecord, ErrorKind
from aion_r.core.errors import AllProvidersFailed, UsageError
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, LLMRequest, create_llm
from support.fixes import environment_of
from support.projects import RIGHT, calc, plain_pytest
from support.replies import Status
from support.scripted_server import ScriptedServer


class ServiceError(Exception):
    """What a client that we do not know raises."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        vars(self).update(facts)


class Response:
    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.status_code, self.headers, self.text = status, headers or {}, '{"error": {"message": "slow down"}}'


class ChatHouse(BaseChatModel):
    """A chat model that somebody wrote: it answers ``says``, or raises it."""

    model: str = "house-1"
    house_api_key: SecretStr = SecretStr("house-key-000000001")
    max_tokens: int = 4000
    says: Any = "own answer"
    asked: list[dict[str, Any]] = []  # noqa: RUF012 - a pydantic field

    @property
    def _llm_type(self) -> str:
        return "house"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        known = {name: value for name, value in vars(self).items() if name in ("max_tokens", "temperature")}
        self.asked.append({"text": messages[-1].content, **known, **kwargs})
        if isinstance(self.says, Exception):
            raise self.says
        usage = {"input_tokens": 11, "output_tokens": 3, "total_tokens": 14}
        message = AIMessage(self.says, usage_metadata=usage, response_metadata={"stop_reason": "end_turn"})
        return ChatResult(generations=[ChatGeneration(message=message)])


class ChatStreaming(ChatHouse):
    """The same, word by word."""

    async def _astream(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any):
        for word in self.says.split():
            yield ChatGenerationChunk(message=AIMessageChunk(word + " "))


class ChatCalling(ChatHouse):
    """The same, with functions."""

    def bind_tools(self, tools: Any, *, tool_choice: str | None = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self.bind(house_tools=[tool["function"]["name"] for tool in tools], house_choice=tool_choice)


class Fix(BaseModel):
    line: int


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def llm_of(legs: Any, variables: dict[str, str] | None = None, **given: Any) -> FallbackChat:
    options = CallOptions(patience=0, timeout=5)
    return create_llm(
        environment=environment_of(variables or {}), legs=legs, cooldown=Cooldown(), options=options, **given
    )


def test_one_line_and_no_key_of_a_service() -> None:
    llm = llm_of([ChatHouse()])
    answer = llm.invoke("x")
    assert answer.text == "own answer"
    assert (answer.response_metadata["provider"], answer.response_metadata["model_name"]) == ("house", "house-1")
    response = llm.generate(LLMRequest("x"))
    assert (response.usage.input_tokens, response.cost, response.finish_reason) == (11, None, "end_turn")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["house", "groq", "openai"]),
        ({"order": ["groq"]}, ["house", "groq", "openai"]),
        ({"order": ["groq", "house"]}, ["groq", "house", "openai"]),
        ({"order": ["groq", "openai", "house"]}, ["groq", "openai", "house"]),
        ({"only": ["openai"]}, ["house", "openai"]),
        ({"only": ["openai", "house"]}, ["openai", "house"]),
        ({"only": ["house"]}, ["house"]),
    ],
)
def test_in_front_or_behind(server: ScriptedServer, given: dict[str, Any], expected: list[str]) -> None:
    llm = llm_of([ChatHouse()], server.environment("groq", "openai"), **given)
    assert repr(llm) == f"FallbackChat({', '.join(expected)})"


def test_names_are_given_or_made() -> None:
    llm = llm_of({"fast": ChatHouse(model="a"), "careful": ChatHouse(model="b")}, order=["careful", "fast"])
    assert repr(llm) == "FallbackChat(careful, fast)"
    assert repr(llm_of([ChatHouse(), ChatHouse()])) == "FallbackChat(house, house-2)"

    class ChatOpenAI(ChatHouse):
        """Named as one of the services."""

    assert repr(llm_of([ChatOpenAI()])) == "FallbackChat(openai-2)"


@pytest.mark.parametrize(
    ("legs", "words"),
    [({"groq": ChatHouse()}, "name of a service"), ({"a, b": ChatHouse()}, "cannot be"), (["gpt-4o"], "no LangChain")],
)
def test_wrong_legs_are_refused(legs: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        llm_of(legs)


FOREIGN = [
    (ServiceError("busy", status_code=429, response=Response(429, {"Retry-After": "7"})), ErrorKind.RATE_LIMITED),
    (ServiceError("denied", response=Response(401)), ErrorKind.AUTH),
    (ServiceError("who?", code=404), ErrorKind.MODEL_NOT_FOUND),
    (ServiceError("no", http_status=500), ErrorKind.SERVER_ERROR),
    (ServiceError("aws", response={"ResponseMetadata": {"HTTPStatusCode": 503}}), ErrorKind.SERVER_ERROR),
    (ConnectionRefusedError("nobody there"), ErrorKind.UNREACHABLE),
    (TimeoutError("late"), ErrorKind.TIMEOUT),
    (ServiceError("something odd"), ErrorKind.BAD_ANSWER),
    (KeyError("choices"), ErrorKind.BAD_ANSWER),
    (NotImplementedError("no such thing"), ErrorKind.BAD_REQUEST),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("error", "kind"), FOREIGN, ids=[str(error) for error, _ in FOREIGN])
def test_whatever_its_client_raises_passes_on(
    server: ScriptedServer, error: Exception, kind: ErrorKind, streamed: bool
) -> None:
    server.reply("openai", "good answer")
    records: list[CallRecord] = []
    llm = llm_of([ChatHouse(says=error)], server.environment("openai"), on_call=records.append)
    text = "".join(chunk.text for chunk in llm.stream("x")) if streamed else llm.invoke("x").text
    llm.close()
    assert text == "good answer"
    failed = records[0].error
    assert failed and failed.kind is kind, failed
    assert failed.message.startswith("house ") and "house-key" not in failed.message


@pytest.mark.parametrize("mistake", [NameError("x"), ImportError("no module"), AssertionError("never")])
def test_a_mistake_in_it_is_seen(mistake: Exception) -> None:
    with pytest.raises(type(mistake)):
        llm_of([ChatHouse(says=mistake)]).invoke("x")


def test_its_rest_and_death_are_kept(server: ScriptedServer) -> None:
    server.reply("openai", "good answer")
    busy = ChatHouse(says=ServiceError("busy", response=Response(429, {"Retry-After": "30"})))
    gone = ChatHouse(model="old", says=ServiceError("gone", code=410))
    llm = llm_of({"busy": busy, "gone": gone}, server.environment("openai"))
    for _ in range(3):
        assert llm.invoke("x").text == "good answer"
    llm.close()
    assert (len(busy.asked), len(gone.asked)) == (1, 1)


def test_it_is_there_when_a_service_fails(server: ScriptedServer) -> None:
    server.reply("groq", Status(503))
    llm = llm_of([ChatHouse()], server.environment("groq"), order=["groq", "house"])
    assert llm.invoke("x").response_metadata["provider"] == "house"
    llm.close()


@pytest.mark.parametrize("model", [ChatHouse(says="one two"), ChatStreaming(says="one two")])
def test_streaming_with_and_without_its_help(model: ChatHouse) -> None:
    chunks = list(llm_of({"mine": model}).stream("x"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.text.strip() == "one two" and all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    assert whole.response_metadata["provider"] == "mine" and whole.response_metadata["model_name"] == "house-1"


def test_limits_reach_it_only_as_far_as_it_knows_them() -> None:
    model = ChatHouse()
    llm_of([model]).generate(LLMRequest("x", max_tokens=50, temperature=0.9))
    assert model.asked == [{"text": "x", "max_tokens": 50}]
    assert model.max_tokens == 4000


def test_structured_answers_by_its_functions_or_in_words() -> None:
    calling = ChatCalling(says='{"line": 3}')
    assert llm_of([calling]).generate_structured("x", Fix) == Fix(line=3)
    assert (calling.asked[0]["house_tools"], calling.asked[0]["house_choice"]) == (["Fix"], "any")
    plain = ChatHouse(says='{"line": 4}')
    assert llm_of([plain]).generate_structured("x", Fix) == Fix(line=4)
    assert "nothing but JSON" in plain.asked[-1]["text"]


def test_its_key_stays_out_of_prompts() -> None:
    model = ChatHouse()
    llm_of([model]).invoke("my key is house-key-000000001")
    assert model.asked[0]["text"] == "my key is [house_api_key]"


def test_a_budget_counts_it() -> None:
    with pytest.raises(AllProvidersFailed) as caught:
        llm_of([ChatHouse()], budget_tokens=10).invoke("x")
    assert caught.value.over_budget


@pytest.mark.parametrize("providers", [None, ["house"], ["offline"], "groq,house"])
def test_it_repairs(tmp_path: Path, server: ScriptedServer, providers: Any) -> None:
    project = calc(tmp_path / "project")
    server.reply("groq", Status(500))
    model = ChatHouse(says=RIGHT)
    environment = environment_of({**server.environment("groq"), "AION_R_HOME": str(tmp_path / "home")})
    cycle = AutocorrectionCycle(legs=[model], providers=providers, environment=environment)
    result = cycle.run_autocorrection(project)
    assert result.success, result.message
    (fix,) = result.corrections_applied[0].fixes_applied
    assert (fix.provider, fix.model) == ("house", "house-1")
    assert plain_pytest(project) == 0
    assert len(server.calls("groq")) == (providers == "groq,house")
    assert "house-key" not in json.dumps(result.to_dict())


def test_two_loops_use_the_same_model() -> None:
    model = ChatHouse()
    llm = llm_of([model])
    assert asyncio.run(llm.ainvoke("a")).text == llm.invoke("b").text
    assert [one["text"] for one in model.asked] == ["a", "b"]
