"""One chat model over several legs, as LangChain's runnables are used: each is asked in turn until one answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    convert_to_messages,
)
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import patch_config
from pydantic import BaseModel

from ..core.errors import UsageError
from . import background
from .admission import Shared
from .asking import Judge, Round, as_it_is, ask_for
from .clients import CallOptions
from .leg import Leg
from .masking import Secrets, mask_values, secrets_of
from .registry import LegSpec, with_model
from .reply import Reply, Watch
from .requests import Defect, Defects, LLMRequest, LLMResponse
from .rotation import Configuration
from .streaming import Begun, begin, close
from .structured import parsed, tool_choice
from .vision import LOOK, image_content

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")
Question = LanguageModelInput | LLMRequest


class FallbackChat(Runnable[Question, AIMessage]):
    """Asks its legs in order. ``response_metadata`` of an answer says which provider and model gave it."""

    def __init__(self, configuration: Configuration, options: CallOptions, watch: Watch, shared: Shared) -> None:
        self.name = "FallbackChat"
        self._configuration = configuration
        self._options = options
        self._watch = watch
        self._shared = shared
        self._legs: dict[LegSpec, Leg] = {}

    def __repr__(self) -> str:
        return f"FallbackChat({', '.join(spec.provider for spec in self._configuration.specs)})"

    async def ainvoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The first usable answer. Raises ``AllProvidersFailed`` with what each leg said."""
        return await self._acall_with_config(self._message, input, config, **kwargs)

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """``ainvoke`` for callers that are not async."""
        return background.run(self.ainvoke(input, config, **kwargs))

    async def astream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """The answer piece by piece. Another leg takes over only before the first piece: no two halves are mixed."""

        async def one() -> AsyncIterator[Question]:
            yield input

        pieces: Any = self._atransform_stream_with_config(one(), self._pieces, config, **kwargs)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    def stream(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[AIMessageChunk]:
        """``astream`` for callers that are not async."""
        return background.iterate(self.astream(input, config, **kwargs))

    async def agenerate(self, request: LLMRequest) -> LLMResponse:
        """The answer to ``request``, with who gave it, tokens, cost and the reason why it ended."""
        reply = await self._reply(request)
        usage = reply.record.usage
        record = reply.record
        return LLMResponse(reply.text, record.provider, record.model, usage, usage.cost_usd, reply.finish_reason)

    def generate(self, request: LLMRequest) -> LLMResponse:
        """``agenerate`` for callers that are not async."""
        return background.run(self.agenerate(request))

    async def agenerate_judged(self, request: LLMRequest, judge: Judge[T]) -> T:
        """What ``judge`` makes of an answer. A useless one goes back once with the reason, then to the next leg."""
        return await self._first(request, judge, {})

    async def agenerate_structured(self, request: Question, schema: type[S], config: RunnableConfig | None = None) -> S:
        """The answer as ``schema``. One that does not fit goes back once with the reason, then to the next leg."""
        choice = tool_choice(schema)
        return await self._first(request, lambda reply: parsed(reply, schema), choice, config)

    def generate_structured(self, request: Question, schema: type[S]) -> S:
        """``agenerate_structured`` for callers that are not async."""
        return background.run(self.agenerate_structured(request, schema))

    def with_structured_output(self, schema: type[S]) -> Runnable[Question, S]:
        """``generate_structured`` as a runnable, as LangChain's chat models have it."""
        tool_choice(schema)  # for its complaint about what is no schema

        async def structured(input: Question, config: RunnableConfig) -> S:
            return await self.agenerate_structured(input, schema, config)

        def waited_for(input: Question, config: RunnableConfig) -> S:
            return background.run(structured(input, config))

        return RunnableLambda(waited_for, structured, name=f"{self.name} as {schema.__name__}")

    async def aanalyze_image(self, image: str | Path | bytes, question: str = "What is wrong here?") -> list[Defect]:
        """The defects that a screenshot shows, from the legs whose models see. Raises ``UsageError`` for bad images."""
        legs = [leg for leg in self.legs() if leg.spec.row.vision]
        if not legs:
            raise UsageError("no configured provider sees images: set OPENAI_API_KEY")
        text = {"type": "text", "text": mask_values(question, self._secrets)}
        messages = [SystemMessage(LOOK), HumanMessage(content=[text, image_content(image)])]
        found = await self._first(messages, lambda reply: parsed(reply, Defects), tool_choice(Defects), legs=legs)
        return found.defects

    def analyze_image(self, image: str | Path | bytes, question: str = "What is wrong here?") -> list[Defect]:
        """``aanalyze_image`` for callers that are not async."""
        return background.run(self.aanalyze_image(image, question))

    async def awarm(self) -> None:
        """Import and build every leg ahead of its first use."""
        for leg in self.legs():
            await leg.chat()

    async def aclose(self) -> None:
        """Close the connections that the running event loop opened."""
        for leg in self._legs.values():
            await leg.aclose()

    def close(self) -> None:
        """Close the connections of all calls that were not async."""
        background.run(self.aclose())

    async def _pieces(
        self, inputs: AsyncIterator[Question], run_manager: Any, config: RunnableConfig, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        input = await anext(inputs)
        ask = Round(self._options, self._shared.account)
        watch, messages = self._watch.also(ask.records.append), self._messages(input)
        traced = patch_config(config, callbacks=run_manager.get_child())

        async def once(leg: Leg) -> Begun:
            return await begin(leg.stream(messages, self._bind(leg, input, kwargs), watch, traced))

        first, stream = await ask.first(self.legs(input), once, close)
        async with aclosing(stream):
            if first is not None:
                yield first
            async for piece in stream:
                yield piece

    async def _message(self, input: Question, run_manager: Any, config: RunnableConfig, **kwargs: Any) -> AIMessage:
        return (await self._reply(input, patch_config(config, callbacks=run_manager.get_child()), **kwargs)).message

    async def _reply(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        return await self._first(input, as_it_is, kwargs, config)

    async def _first(
        self,
        input: Question,
        judge: Judge[T],
        bind: dict[str, Any],
        config: RunnableConfig | None = None,
        legs: Sequence[Leg] | None = None,
    ) -> T:
        ask = Round(self._options, self._shared.account)
        legs = legs or self.legs(input)
        watch, messages = self._watch.also(ask.records.append), self._messages(input)

        async def once(leg: Leg) -> T:
            return await ask_for(leg, messages, self._bind(leg, input, bind), judge, watch, config)

        return await ask.first(legs, once)

    def legs(self, input: Question | None = None) -> list[Leg]:
        """The legs as they are configured now, and so the keys to mask. Those of an old key are closed with all."""
        self._configuration.refresh()
        wanted = input.model if isinstance(input, LLMRequest) else None
        specs = [with_model(spec, wanted) for spec in self._configuration.specs]
        for spec in specs:
            if spec not in self._legs:
                self._legs[spec] = Leg(spec, self._options, shared=self._shared)
        return [self._legs[spec] for spec in specs]

    @property
    def _secrets(self) -> Secrets:
        return secrets_of(self._configuration.environment, self._configuration.specs)

    def _bind(self, leg: Leg, input: Question, bind: dict[str, Any]) -> dict[str, Any]:
        limits = leg.limits(input.max_tokens, input.temperature) if isinstance(input, LLMRequest) else {}
        return {**limits, **bind}

    def _messages(self, input: Question) -> list[BaseMessage]:
        if isinstance(input, LLMRequest):
            system = [SystemMessage(input.system_prompt)] if input.system_prompt else []
            messages: list[BaseMessage] = [*system, HumanMessage(input.prompt)]
        elif isinstance(input, str):
            messages = [HumanMessage(input)]
        else:
            messages = input.to_messages() if isinstance(input, PromptValue) else convert_to_messages(input)
        secrets = self._secrets
        return [_masked(message, secrets) for message in messages]


def _masked(message: BaseMessage, secrets: Secrets) -> BaseMessage:
    if not isinstance(message.content, str):
        return message
    return message.model_copy(update={"content": mask_values(message.content, secrets)})
