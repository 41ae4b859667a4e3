"""The user's own chat models as legs: any LangChain chat model, beside the five services.

::

    create_llm(legs=[ChatAnthropic(model="claude-sonnet-4-5")])
    create_llm(legs={"local": ChatOllama(model="qwen2.5-coder")}, order=["groq", "local"])
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from ..core.errors import UsageError
from ..core.settings import PROVIDER_NAMES
from .clients import CallOptions, Chat
from .registry import LegSpec, Provider

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

OwnLegs = Mapping[str, "BaseChatModel"] | Sequence["BaseChatModel"]
"""Chat models by the names that answers, records and ``order`` give them; without a name each is called after its
class: ``ChatAnthropic`` is ``anthropic``."""

_MODEL_FIELDS = ("model_name", "model", "model_id", "deployment_name", "repo_id")
_ADDRESS_FIELDS = ("base_url", "api_base", "api_url", "endpoint", "endpoint_url", "host")


@dataclass(frozen=True, eq=False)
class OwnModel:
    """One of them, and what takes the place of a service's row. Equal to nothing but itself."""

    model: BaseChatModel
    row: Provider

    def build(self, spec: LegSpec, options: CallOptions) -> Chat:
        """It as it is: its connections are its owner's to close. Only the legs' limits of time bound it."""
        return OwnChat(self.model)


class OwnChat(Chat):
    """Speaks to any chat model by what LangChain promises of all of them, and by nothing more."""

    async def answer(self, messages: list[BaseMessage], config: RunnableConfig, bind: Mapping[str, Any]) -> AIMessage:
        """See ``Chat``."""
        model, others = _fitted(self.model, bind)
        answer: AIMessage = await model.ainvoke(messages, config, **others)
        return answer

    async def pieces(
        self, messages: list[BaseMessage], config: RunnableConfig, bind: Mapping[str, Any]
    ) -> AsyncIterator[AIMessageChunk]:
        """See ``Chat``. A model that cannot stream answers in one piece."""
        from langchain_core.messages import AIMessageChunk

        model, others = _fitted(self.model, bind)
        source: Any = model.astream(messages, config, **others)
        async with aclosing(source):
            async for piece in source:
                whole = not isinstance(piece, AIMessageChunk)
                yield AIMessageChunk(**piece.model_dump(exclude={"type"}), chunk_position="last") if whole else piece


def own_specs(legs: OwnLegs) -> tuple[LegSpec, ...]:
    """``legs`` for a chain. Raises ``UsageError`` for what is no chat model, and for names that are taken."""
    from langchain_core.language_models.chat_models import BaseChatModel

    names = [_checked(name) for name in legs] if isinstance(legs, Mapping) else []
    models = list(legs.values()) if isinstance(legs, Mapping) else list(legs)
    wrong = [model for model in models if not isinstance(model, BaseChatModel)]
    if wrong:
        raise UsageError(f"{wrong[0]!r} is no LangChain chat model: a leg must be one")
    return tuple(_spec(name, model) for name, model in zip(names or _class_names(models), models, strict=True))


def arranged(
    own: Sequence[LegSpec], services: Sequence[LegSpec], order: Sequence[str] | None = None
) -> tuple[LegSpec, ...]:
    """All legs in the order of ``order``; of those that it does not name, ``own`` come first and services last."""
    ranks = {name: rank for rank, name in enumerate(order or ())}

    def rank(spec: LegSpec) -> int:
        return ranks.get(spec.provider, -1 if spec.own else len(ranks))

    return tuple(sorted([*own, *services], key=rank))


def services_of(order: Iterable[str] | None, own: Sequence[LegSpec]) -> list[str] | None:
    """``order`` without the names of ``own``."""
    names = {spec.provider for spec in own}
    return None if order is None else [name for name in order if name not in names]


def _checked(name: str) -> str:
    if name in PROVIDER_NAMES:
        raise UsageError(f"{name} is the name of a service: call your leg otherwise")
    if not name.strip() or set(name) & set(":, \n"):
        raise UsageError(f"{name!r} cannot be the name of a leg: use letters, digits and hyphens")
    return name


def _class_names(models: Sequence[BaseChatModel]) -> list[str]:
    taken = set(PROVIDER_NAMES)
    names: list[str] = []
    for model in models:
        stem = _stem(model)
        tries = (stem, *(f"{stem}-{number}" for number in range(2, len(models) + 3)))
        names.append(next(name for name in tries if name not in taken))
        taken.add(names[-1])
    return names


def _stem(model: BaseChatModel) -> str:
    name = type(model).__name__
    return (name.removeprefix("Chat").removesuffix("Chat").removesuffix("ChatModel") or name).lower()


def _spec(name: str, model: BaseChatModel) -> LegSpec:
    kind = f"your {type(model).__name__}"
    secrets = {field: value for field, value in vars(model).items() if isinstance(value, SecretStr)}
    field, key = next(iter(secrets.items()), ("", None))
    key_name = model.lc_secrets.get(field, field) or kind
    model_name = _first_text(model, _MODEL_FIELDS) or type(model).__name__
    address = _first_text(model, _ADDRESS_FIELDS) or "its address"
    row = Provider(
        name, name, (key_name,), f"the model of {kind}", model_name, f"the address of {kind}", address,
        prices=_stem(model), vision=True,
    )  # fmt: skip
    return LegSpec(name, name, model_name, address, key, key_name, own=OwnModel(model, row))


def _first_text(model: BaseChatModel, wanted: Sequence[str]) -> str:
    """The first field that is called, or ends, like one of ``wanted`` and holds a text."""
    texts = {field: value for field, value in vars(model).items() if isinstance(value, str) and value}
    found = (value for name in wanted for field, value in texts.items() if field == name or field.endswith(f"_{name}"))
    return next(found, "")


def _fitted(model: BaseChatModel, bind: Mapping[str, Any]) -> tuple[Runnable[Any, Any], dict[str, Any]]:
    """``model`` set to the limits in ``bind`` as far as it has such fields, and what of ``bind`` goes with the call.

    Its class knows what its service calls them, while an argument that it does not know may fail the call.
    """
    fields = type(model).model_fields
    limits = {name: bind[name] for name in ("max_tokens", "temperature") if name in bind}
    fitted = model.model_copy(update={name: value for name, value in limits.items() if name in fields})
    others = {name: value for name, value in bind.items() if name not in (*limits, "tools", "tool_choice")}
    if "tools" not in bind:
        return fitted, others
    choice = {"tool_choice": "any"} if "tool_choice" in bind else {}
    return fitted.bind_tools(bind["tools"], **choice), others
