"""The chain is a LangChain runnable in every way that one is used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from aion_r.core.errors import UsageError
from aion_r.providers.clients import CallOptions
from aion_r.providers.cooldown import Cooldown
from aion_r.providers.llm import FallbackChat, create_llm
from support.fixes import environment_of
from support.replies import Answer, Status
from support.scripted_server import ScriptedServer


class Fix(BaseModel):
    line: int


class Seen(BaseCallbackHandler):
    """Notes what callbacks are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def on_chain_start(self, *_: Any, **facts: Any) -> None:
        self.told.append(("chain starts", facts.get("name")))

    def on_chat_model_start(self, *_: Any, metadata: dict[str, Any] | None = None, **facts: Any) -> None:
        known = metadata or {}
        self.told.append(("model starts", (known.get("provider"), known.get("run"))))

    def on_llm_end(self, response: Any, **_: Any) -> None:
        self.told.append(("model ends", response.generations[0][0].text))

    def on_llm_error(self, error: BaseException, **_: Any) -> None:
        self.told.append(("model fails", getattr(error, "status_code", None)))

    def on_chain_end(self, outputs: Any, **_: Any) -> None:
        self.told.append(("chain ends", outputs.response_metadata["provider"]))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        scripted.reply("openai", lambda request: request["messages"][-1]["content"].upper())
        yield scripted


@pytest.fixture
def llm(server: ScriptedServer) -> Iterator[FallbackChat]:
    chain = create_llm(
        environment=environment_of(server.environment("groq", "openai")),
        only=["openai"],
        cooldown=Cooldown(),
        options=CallOptions(patience=0, timeout=5),
    )
    yield chain
    chain.close()


async def _astreamed(llm: Any, question: str) -> str:
    return "".join([chunk.text async for chunk in llm.astream(question)])


async def _in_a_loop(llm: Any, work: Callable[[Any], Any]) -> Any:
    try:
        return await work(llm)
    finally:
        await llm.aclose()


@pytest.mark.parametrize(
    "use",
    [
        lambda llm: [llm.invoke("a").text, llm.invoke("b").text],
        lambda llm: ["".join(chunk.text for chunk in llm.stream(text)) for text in "ab"],
        lambda llm: [message.text for message in llm.batch(["a", "b"], {"max_concurrency": 1})],
        lambda llm: [message.text for _, message in sorted(llm.batch_as_completed(["a", "b"]), key=lambda one: one[0])],
    ],
    ids=["invoke", "stream", "batch", "batch_as_completed"],
)
def test_each_way_of_asking(llm: FallbackChat, use: Callable[[Any], list[str]]) -> None:
    assert use(llm) == ["A", "B"]


@pytest.mark.parametrize("way", ["ainvoke", "astream", "abatch"])
def test_each_way_of_asking_in_a_loop(llm: FallbackChat, way: str) -> None:
    async def use(chain: Any) -> list[str]:
        if way == "abatch":
            return [message.text for message in await chain.abatch(["a", "b"])]
        if way == "astream":
            return [await _astreamed(chain, text) for text in "ab"]
        return [(await chain.ainvoke(text)).text for text in "ab"]

    assert asyncio.run(_in_a_loop(llm, use)) == ["A", "B"]


def test_batch_keeps_failures_where_asked(server: ScriptedServer, llm: FallbackChat) -> None:
    server.script("openai", lambda request: Status(400) if request["messages"][-1]["content"] == "a" else "good")
    failed, good = llm.batch(["a", "b"], return_exceptions=True)
    assert isinstance(failed, Exception) and good.text == "good"


def test_bind_reaches_the_wire(server: ScriptedServer, llm: FallbackChat) -> None:
    (llm.bind(stop=["END"]) | RunnableLambda(lambda message: message.text)).invoke("a")
    assert server.calls()[-1].json["stop"] == ["END"]
    list(llm.bind(stop=["NOW"]).stream("a"))
    assert server.calls()[-1].json["stop"] == ["NOW"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_callbacks_and_traces_say_who_is_asked_and_who_answered(server: ScriptedServer, streamed: bool) -> None:
    server.reply("groq", Status(503))
    server.script("openai", "hello")
    seen = Seen()
    chain = create_llm(
        environment=environment_of(server.environment("groq", "openai")),
        cooldown=Cooldown(),
        options=CallOptions(patience=0, timeout=5),
    )
    asked = chain.with_config(callbacks=[seen], metadata={"run": 7}, run_name="my question")
    _ = list(asked.stream("x")) if streamed else asked.invoke("x")
    chain.close()
    assert seen.told == [
        ("chain starts", "my question"),
        ("model starts", ("groq", 7)),
        ("model fails", 503),
        ("model starts", ("openai", 7)),
        ("model ends", "hello"),
        ("chain ends", "openai"),
    ]


def test_with_structured_output(server: ScriptedServer, llm: FallbackChat) -> None:
    server.script("openai", Answer(tool=("Fix", {"line": 3})))
    seen = Seen()
    fixing = llm.with_structured_output(Fix)
    assert fixing.invoke("x") == Fix(line=3)
    assert fixing.batch(["x", "y"]) == [Fix(line=3)] * 2
    assert asyncio.run(_in_a_loop(llm, lambda _: fixing.ainvoke("x"))) == Fix(line=3)
    assert (fixing | RunnableLambda(lambda fix: fix.line)).invoke("x") == 3
    fixing.invoke("x", {"callbacks": [seen]})
    assert ("model starts", ("openai", None)) in seen.told
    with pytest.raises(UsageError, match="no schema"):
        llm.with_structured_output(int)  # type: ignore[type-var]
