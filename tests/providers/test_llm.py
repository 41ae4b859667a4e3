"""Direct use: one chat model over five services."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel

from aion_r.core.domain import CallRecord, ErrorKind, Usage
from aion_r.core.errors import AllProvidersFailed, ProviderError, UsageError
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, LLMRequest, create_llm
from support.fixes import environment_of
from support.replies import TRUNCATED_JSON, Answer, Hang, Reply, Reset, Status
from support.scripted_server import KEYS, PATHS, ScriptedServer

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class Fix(BaseModel):
    line: int
    code: str


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def make(server: ScriptedServer):
    made: list[FallbackChat] = []

    def create(*providers: str, records: list[CallRecord] | None = None, timeout: float = 5.0, **given) -> FallbackChat:
        llm = create_llm(
            environment=environment_of(server.environment(*providers)),
            cooldown=Cooldown(),
            options=CallOptions(patience=0, timeout=timeout),
            on_call=(records if records is not None else []).append,
            **given,
        )
        made.append(llm)
        return llm

    yield create
    for llm in made:
        llm.close()
    assert server.idle()


def test_a_response_says_who_answered_and_what_it_cost(server: ScriptedServer, make) -> None:
    server.reply("groq", Status(429))
    server.reply("openai", Answer("blue", input_tokens=1000, output_tokens=10))
    response = make("groq", "openai").generate(LLMRequest("Why?", "Answer in a word.", 50, 0.7, model="openai:gpt-4o"))
    assert (response.content, response.provider, response.model) == ("blue", "openai", "gpt-4o")
    assert response.usage == Usage(1000, 10, response.cost)
    assert response.cost == pytest.approx(1000 * 2.5e-6 + 10 * 10e-6)
    assert response.finish_reason == "stop"
    call = server.calls("openai")[0].json
    assert [message["role"] for message in call["messages"]] == ["system", "user"]
    assert (call["max_tokens"], call["temperature"], call["model"]) == (50, 0.7, "gpt-4o")


def test_an_unknown_price_is_unknown(server: ScriptedServer, make) -> None:
    server.reply("openai", "hi")
    response = make("openai", model="my-own-model").generate(LLMRequest("hi"))
    assert response.cost is None


@pytest.mark.parametrize("model", ["gpt-5-mini", "o4-mini"])
def test_newer_models_get_the_parameters_they_take(server: ScriptedServer, make, model: str) -> None:
    server.reply("openai", "hi")
    make("openai", model=model).generate(LLMRequest("hi", max_tokens=70))
    call = server.calls()[0].json
    assert call["max_completion_tokens"] == 70
    assert "max_tokens" not in call and "temperature" not in call


def test_order_and_only(server: ScriptedServer, make) -> None:
    for name in PATHS:
        server.reply(name, name)
    assert make(order=["huggingface", "openai"]).invoke("x").text == "huggingface"
    only = make(only=["cloudflare", "github"])
    assert repr(only) == "FallbackChat(cloudflare, github)"
    with pytest.raises(UsageError, match="unknown provider"):
        make(order=["nobody"])
    with pytest.raises(UsageError, match="Set API keys"):
        create_llm(environment=environment_of({}))


def test_it_is_a_runnable(server: ScriptedServer, make) -> None:
    server.reply("openai", lambda request: request["messages"][-1]["content"].upper())
    llm = make("openai")
    assert llm.invoke("a").response_metadata["provider"] == "openai"
    assert [message.text for message in llm.batch(["a", "b"])] == ["A", "B"]
    assert (llm.bind(stop=["x"]) | (lambda message: message.text)).invoke([("user", "c")]) == "C"
    assert server.calls()[-1].json["stop"] == ["x"]


def test_it_is_as_good_in_async_code(server: ScriptedServer, make) -> None:
    server.reply("openai", "one two")
    llm = make("openai")

    async def use() -> list[str]:
        try:
            answers = [(await llm.ainvoke("d")).text, (await llm.agenerate(LLMRequest("d"))).content]
            return [*answers, "".join([chunk.text async for chunk in llm.astream("d")])]
        finally:
            await llm.aclose()

    assert asyncio.run(use()) == ["one two"] * 3


def test_callbacks_see_the_call(server: ScriptedServer, make) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    seen: list[str] = []

    class Seen(BaseCallbackHandler):
        def on_chain_start(self, *_, **__) -> None:
            seen.append("chain")

        def on_chat_model_start(self, *_, **__) -> None:
            seen.append("model")

    server.reply("openai", "x")
    make("openai").invoke("a", {"callbacks": [Seen()]})
    assert seen == ["chain", "model"]


def test_all_failed_lists_all(server: ScriptedServer, make) -> None:
    server.reply("groq", Status(429))
    server.reply("openai", TRUNCATED_JSON)
    with pytest.raises(AllProvidersFailed) as caught:
        make("groq", "openai").invoke("x")
    assert [record.error.kind for record in caught.value.records if record.error] == [
        ErrorKind.RATE_LIMITED,
        ErrorKind.BAD_ANSWER,
    ]


def test_an_answer_cut_at_the_callers_limit_is_given_and_says_so(server: ScriptedServer, make) -> None:
    server.reply("openai", Answer("half an ans", finish_reason="length"))
    response = make("openai").generate(LLMRequest("x", max_tokens=3))
    assert (response.content, response.finish_reason) == ("half an ans", "length")


@pytest.mark.parametrize("provider", list(PATHS))
def test_streaming_with_usage(server: ScriptedServer, make, provider: str) -> None:
    server.reply(provider, Answer("one two three", input_tokens=7, output_tokens=3))
    records: list[CallRecord] = []
    chunks = list(make(provider, records=records).stream("x"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["one ", "two ", "three"]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.response_metadata["provider"] == provider
    assert (records[0].usage.input_tokens, records[0].usage.output_tokens) == (7, 3)


@pytest.mark.parametrize("reply", [Status(503), Reset(), Answer("", cut_after=1), Answer(""), Answer("x", cut_after=0)])
def test_a_stream_falls_over_before_its_first_piece(server: ScriptedServer, make, reply: Reply) -> None:
    server.reply("groq", reply)
    server.reply("openai", "good answer")
    assert "".join(chunk.text for chunk in make("groq", "openai").stream("x")) == "good answer"


def test_a_stream_cut_short_is_noticed_and_not_mixed(server: ScriptedServer, make) -> None:
    server.reply("groq", Answer("one two three", cut_after=3))
    server.reply("openai", "other")
    records: list[CallRecord] = []
    got = []
    with pytest.raises(ProviderError) as caught:
        for chunk in make("groq", "openai", records=records).stream("x"):
            got.append(chunk.text)
    assert [text for text in got if text] == ["one ", "two "]
    assert "the stream ended before the answer did" in str(caught.value)
    assert not server.calls("openai") and not records[0].ok


def test_a_stream_that_hangs_ends_with_its_limit_of_time(server: ScriptedServer, make) -> None:
    server.reply("openai", Answer("one two three", hang_after=2))
    with pytest.raises(ProviderError) as caught:
        list(make("openai", timeout=1.5).stream("x"))
    assert caught.value.kind is ErrorKind.TIMEOUT
    assert server.calls()[0].disconnected.wait(20)


def test_leaving_a_stream_closes_its_connection(server: ScriptedServer, make) -> None:
    server.reply("openai", Answer("one two three", hang_after=3))
    stream = make("openai", timeout=30).stream("x")
    assert next(stream).text == "one "
    stream.close()
    assert server.calls()[0].disconnected.wait(20)


@pytest.mark.parametrize("provider", list(PATHS))
def test_structured_answers(server: ScriptedServer, make, provider: str) -> None:
    server.reply(provider, Answer(tool=("Fix", {"line": 3, "code": "x = 1"})))
    assert make(provider).generate_structured(LLMRequest("x"), Fix) == Fix(line=3, code="x = 1")
    call = server.calls()[0].json
    assert call["tools"][0]["function"]["name"] == "Fix"
    assert call["tool_choice"] == {"type": "function", "function": {"name": "Fix"}}


def test_a_structured_answer_that_does_not_fit_goes_back_once_then_on(server: ScriptedServer, make) -> None:
    server.reply("groq", Answer(tool=("Fix", {"line": "three"})), "no JSON either")
    server.reply("openai", 'Here:\n```json\n{"line": 4, "code": "y"}\n```')
    records: list[CallRecord] = []
    assert make("groq", "openai", records=records).generate_structured("x", Fix).line == 4
    again = server.calls("groq")[1].json["messages"]
    assert again[-1]["role"] == "tool" and "line: Input should be a valid integer" in again[-1]["content"]
    assert [record.ok for record in records] == [False, False, True]
    assert sum(record.usage.input_tokens for record in records) == 300


def test_a_leg_without_functions_is_asked_for_json(server: ScriptedServer, make) -> None:
    def no_functions(request: dict) -> str | Status:
        return Status(400, message="tools are not supported") if "tools" in request else '{"line": 3, "code": "x"}'

    server.reply("openai", no_functions)
    assert make("openai").generate_structured(LLMRequest("x", max_tokens=70), Fix) == Fix(line=3, code="x")
    _, second = server.calls()
    assert second.json["max_tokens"] == 70 and "tool_choice" not in second.json
    assert '"line"' in second.prompt and "nothing but JSON" in second.prompt


def test_a_schema_that_no_leg_can_fill_in_says_so(server: ScriptedServer, make) -> None:
    for name in ("groq", "openai"):
        server.reply(name, lambda request: Status(400, message="no tools") if "tools" in request else "I cannot")
    with pytest.raises(AllProvidersFailed, match="does not fit Fix") as caught:
        make("groq", "openai").generate_structured("x", Fix)
    assert {record.provider for record in caught.value.records} == {"groq", "openai"}


def test_what_is_no_schema_costs_nothing(server: ScriptedServer, make) -> None:
    class Odd(BaseModel):
        model_config = {"arbitrary_types_allowed": True}
        thing: ScriptedServer

    for schema in (Odd, int):
        with pytest.raises(UsageError, match="no schema"):
            make("openai").generate_structured("x", schema)
    assert not server.requests


def test_an_image_is_looked_at_by_a_model_that_sees(server: ScriptedServer, make, tmp_path: Path) -> None:
    region = {"left": 0.1, "top": 0.2, "right": 0.5, "bottom": 0.3}
    found = {"defects": [{"description": "text is cut", "severity": "high", "region": region}]}
    server.reply("openai", Answer(tool=("Defects", found)))
    (tmp_path / "shot.png").write_bytes(PNG)
    llm = make("groq", "openai")
    (defect,) = llm.analyze_image(tmp_path / "shot.png", "Is the text whole?")
    assert (defect.severity, defect.region.left) == ("high", 0.1)
    assert not server.calls("groq")
    content = server.calls("openai")[0].json["messages"][1]["content"]
    assert content[0]["text"] == "Is the text whole?"
    assert content[1]["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("image", "message"),
    [(b"<svg/>", "not an image"), (PNG + b"\0" * 2**25, "scale it down"), ("/nope.png", "cannot be")],
)
def test_what_is_no_image_costs_nothing(server: ScriptedServer, make, image: bytes | str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make("openai").analyze_image(image)
    with pytest.raises(UsageError, match="sees images"):
        make("groq").analyze_image(PNG)
    assert not server.requests


def test_keys_do_not_leave_in_prompts(server: ScriptedServer, make) -> None:
    server.reply("openai", "ok")
    other = KEYS["groq"][1]
    make("groq", "openai", only=["openai"]).invoke(f"my keys: {other} and {KEYS['openai'][1]}")
    assert server.calls()[0].prompt == "my keys: [GROQ_API_KEY] and [OPENAI_API_KEY]"


def test_a_cancelled_call_closes_its_connection(server: ScriptedServer, make) -> None:
    server.reply("openai", Hang())
    llm = make("openai", timeout=60)

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(llm.ainvoke("x"), 0.3)
        await llm.aclose()

    asyncio.run(cancelled())
    assert server.calls()[0].disconnected.wait(20)


def test_closing_leaves_no_connection_open(server: ScriptedServer) -> None:
    server.reply("openai", "x")
    llm = create_llm(environment=environment_of(server.environment("openai")), cooldown=Cooldown())
    assert llm.invoke("a").text == "x"
    assert not server.idle(0.2)  # kept for the next call
    llm.close()
    assert server.idle()
