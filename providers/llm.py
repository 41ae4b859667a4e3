"""The services for direct use: a LangChain runnable that asks one leg after the other until one answers.

::

    llm = create_llm()
    llm.invoke("Why is the sky blue?").text
    llm.generate(LLMRequest("Why?", system_prompt="Answer in one word.")).provider
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
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
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config
from pydantic import BaseModel

from ..core.domain import CallRecord
from ..core.errors import AllProvidersFailed, ProviderError, UsageError
from ..core.settings import Environment, read_environment
from . import background
from .asking import Judge, as_it_is, ask_twice
from .clients import CallOptions
from .cooldown import Cooldown
from .leg import Leg
from .masking import mask_values, secrets_of
from .registry import LegSpec, configured, with_model
from .reply import Reply, Watch
from .requests import Defect, Defects, LLMRequest, LLMResponse
from .structured import parsed, tool_choice
from .vision import LOOK, image_content

__all__ = ["Defect", "FallbackChat", "LLMRequest", "LLMResponse", "create_llm"]

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")
Question = LanguageModelInput | LLMRequest


def create_llm(
    order: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    environment: Environment | None = None,
    *,
    model: str | None = None,
    options: CallOptions | None = None,
    on_call: Callable[[CallRecord], None] = lambda record: None,
    cooldown: Cooldown | None = None,
) -> FallbackChat:
    """The services that ``environment`` (by default the process's and ``.env`` here) configures, as one chat model.

    ``order`` sets who is asked first, the others following; ``only`` leaves all others out. Raises ``UsageError`` for
    unknown names, and when nothing is configured.
    """
    environment = environment or read_environment(Path.cwd())
    specs = configured(environment, only, model)
    ranks = {name: rank for rank, name in enumerate(order or ())}
    configured(environment, order)  # for its complaint about unknown names
    specs = tuple(sorted(specs, key=lambda spec: ranks.get(spec.provider, len(ranks))))
    if not specs:
        raise UsageError("No LLM providers configured. Set API keys in environment variables.")
    return FallbackChat(specs, environment, options or CallOptions(), Watch(on_call), cooldown)


class FallbackChat(Runnable[Question, AIMessage]):
    """Asks its legs in order. ``response_metadata`` of an answer says which provider and model gave it."""

    def __init__(
        self,
        specs: Sequence[LegSpec],
        environment: Environment | None = None,
        options: CallOptions | None = None,
        watch: Watch | None = None,
        cooldown: Cooldown | None = None,
    ) -> None:
        self.name = "FallbackChat"
        self._specs = tuple(specs)
        self._options = options or CallOptions()
        self._watch = watch or Watch()
        self._cooldown = cooldown
        self._secrets = secrets_of(environment, specs)
        self._legs: dict[LegSpec, Leg] = {}

    def __repr__(self) -> str:
        return f"FallbackChat({', '.join(spec.provider for spec in self._specs)})"

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
        records: list[CallRecord] = []
        watch = self._watch.also(records.append)
        for leg in self._chosen(input):
            begun = False
            try:
                async with aclosing(
                    leg.stream(self._messages(input), self._bind(leg, input, kwargs), watch, config)
                ) as chunks:
                    async for chunk in chunks:
                        begun = begun or bool(chunk.text or chunk.tool_call_chunks)
                        if begun:
                            yield chunk
                return
            except ProviderError:
                if begun:
                    raise
        raise AllProvidersFailed(tuple(records))

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

    async def agenerate_structured(self, request: Question, schema: type[S]) -> S:
        """The answer as ``schema``. One that does not fit goes back once with the reason, then to the next leg."""
        choice = tool_choice(schema)
        return await self._first(request, lambda reply: parsed(reply, schema), choice)

    def generate_structured(self, request: Question, schema: type[S]) -> S:
        """``agenerate_structured`` for callers that are not async."""
        return background.run(self.agenerate_structured(request, schema))

    async def aanalyze_image(self, image: str | Path | bytes, question: str = "What is wrong here?") -> list[Defect]:
        """The defects that a screenshot shows, from the legs whose models see. Raises ``UsageError`` for bad images."""
        seeing = FallbackChat(
            [spec for spec in self._specs if spec.row.vision], None, self._options, self._watch, self._cooldown
        )
        if not seeing._specs:
            raise UsageError("no configured provider sees images: set OPENAI_API_KEY")
        text = {"type": "text", "text": mask_values(question, self._secrets)}
        messages = [SystemMessage(LOOK), HumanMessage(content=[text, image_content(image)])]
        try:
            return (await seeing.agenerate_structured(messages, Defects)).defects
        finally:
            await seeing.aclose()

    def analyze_image(self, image: str | Path | bytes, question: str = "What is wrong here?") -> list[Defect]:
        """``aanalyze_image`` for callers that are not async."""
        return background.run(self.aanalyze_image(image, question))

    async def aclose(self) -> None:
        """Close the connections that the running event loop opened."""
        for leg in self._legs.values():
            await leg.aclose()

    def close(self) -> None:
        """Close the connections of all calls that were not async."""
        background.run(self.aclose())

    async def _message(self, input: Question, run_manager: Any, config: RunnableConfig, **kwargs: Any) -> AIMessage:
        return (await self._reply(input, patch_config(config, callbacks=run_manager.get_child()), **kwargs)).message

    async def _reply(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        return await self._first(input, as_it_is, kwargs, config)

    async def _first(
        self, input: Question, judge: Judge[T], bind: dict[str, Any], config: RunnableConfig | None = None
    ) -> T:
        records: list[CallRecord] = []
        watch = self._watch.also(records.append)
        for leg in self._chosen(input):
            try:
                return await ask_twice(leg, self._messages(input), self._bind(leg, input, bind), judge, watch, config)
            except ProviderError:
                continue  # recorded by the leg
        raise AllProvidersFailed(tuple(records))

    def _chosen(self, input: Question) -> list[Leg]:
        wanted = input.model if isinstance(input, LLMRequest) else None
        specs = [with_model(spec, wanted) for spec in self._specs]
        return [self._legs.setdefault(spec, Leg(spec, self._options, self._cooldown)) for spec in specs]

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
        return [self._masked(message) for message in messages]

    def _masked(self, message: BaseMessage) -> BaseMessage:
        if not isinstance(message.content, str):
            return message
        return message.model_copy(update={"content": mask_values(message.content, self._secrets)})
