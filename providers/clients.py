"""HTTP clients for the legs: bounded in time, faithful to one address, closed when their event loop is done.

The SDKs' own clients read other services' variables, follow redirects with the key on board and never time out.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from ..core.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
    from langchain_core.runnables import RunnableConfig

    from .registry import LegSpec

CONNECT_SECONDS = 5.0
_REASONING = re.compile(r"(?:^(?:ft:)?|/)(?:o\d|gpt-5)")


def is_reasoning(model: str) -> bool:
    """Whether ``model`` is one of OpenAI's that take ``max_completion_tokens`` and no temperature."""
    return bool(_REASONING.search(model))


@dataclass(frozen=True)
class CallOptions:
    """How a leg is called: sampling temperature, most tokens of an answer, and seconds."""

    temperature: float = 0.2
    max_tokens: int = 2000
    timeout: float = 60.0
    """For one call in all."""
    connect: float = CONNECT_SECONDS
    first_token: float | None = None
    """Until a stream has begun; half of ``timeout`` when not given."""
    patience: float | None = None
    """That one question may wait for services that rest; as long as ``timeout`` when not given."""
    hedge: float | None = None
    """Without an answer, after which the next leg is asked as well."""
    requests_per_minute: Mapping[str, int] = field(default_factory=dict, hash=False)
    tokens_per_minute: Mapping[str, int] = field(default_factory=dict, hash=False)
    context_tokens: Mapping[str, int] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, settings: Settings, temperature: float = 0.2) -> CallOptions:
        """What ``settings`` say."""
        return cls(
            temperature=temperature,
            timeout=settings.provider_timeout,
            first_token=settings.first_token_timeout,
            hedge=settings.hedge_after,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
            context_tokens=settings.context_tokens,
        )

    @property
    def until_begun(self) -> float:
        """Seconds until a stream must have begun."""
        return min(self.timeout, self.first_token or self.timeout / 2)

    @property
    def waits(self) -> float:
        """Seconds that a question may wait for services that rest."""
        return self.timeout if self.patience is None else self.patience


@dataclass(frozen=True)
class Chat:
    """A chat model and what closes its connections."""

    model: BaseChatModel
    clients: tuple[Any, ...] = ()

    async def answer(self, messages: list[BaseMessage], config: RunnableConfig, bind: Mapping[str, Any]) -> AIMessage:
        """The model's answer; ``bind`` is what this call alone wants."""
        return await self.model.ainvoke(messages, config, **bind)

    def pieces(
        self, messages: list[BaseMessage], config: RunnableConfig, bind: Mapping[str, Any]
    ) -> AsyncIterator[AIMessageChunk]:
        """The same, piece by piece: an asynchronous generator."""
        return self.model.astream(messages, config, **bind)

    async def aclose(self) -> None:
        """Close every connection."""
        for client in self.clients:
            await client.aclose()


class ChatBuild(Protocol):
    """What a provider's file offers: the chat model of ``spec``. Its HTTP clients belong to the running event loop."""

    def __call__(self, spec: LegSpec, options: CallOptions) -> Chat: ...


@dataclass
class Exchange:
    """What the wire said during one call, whatever an SDK makes of it."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


exchange: ContextVar[Exchange | None] = ContextVar("aion_r_exchange", default=None)
"""The call under way in this task."""


@contextmanager
def observing(seen: Exchange) -> Iterator[None]:
    """Note in ``seen`` what the wire says meanwhile."""
    token = exchange.set(seen)
    try:
        yield
    finally:
        exchange.reset(token)


async def _note_response(response: Any) -> None:
    seen = exchange.get()
    if seen is not None:
        seen.status, seen.headers = response.status_code, dict(response.headers)


def _keep_to(host: str | None) -> Callable[[Any], Any]:
    """A hook that drops what the OpenAI SDK adds from the user's environment unless OpenAI itself is asked."""

    async def hook(request: Any) -> None:
        if host != "api.openai.com":
            for name in ("openai-organization", "openai-project"):
                request.headers.pop(name, None)

    return hook


def client_options(base_url: str) -> dict[str, Any]:
    """Keyword arguments for an httpx client of either generation that talks to ``base_url`` only."""
    parts = urlsplit(base_url)
    return {
        "verify": _trusted() if parts.scheme == "https" else _nobody(),
        "trust_env": not _is_loopback(parts.hostname),  # a proxy of the environment is for the world outside
        "follow_redirects": False,  # the key stays with the address it was given for
        "event_hooks": {"request": [_keep_to(parts.hostname)], "response": [_note_response]},
    }


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


@cache
def _trusted() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


@cache
def _nobody() -> ssl.SSLContext:
    """For plain http: reading 140 certificates costs 20 ms, and should TLS come up after all, nobody is trusted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
