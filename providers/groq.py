"""Groq, through langchain-groq; a gateway at another path through OpenAI's protocol, which it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import openai as protocol
from .clients import CallOptions, Chat, client_options

if TYPE_CHECKING:
    from .registry import LegSpec

_PATH = "/openai/v1"


def build(spec: LegSpec, options: CallOptions) -> Chat:
    """A chat model for ``spec``. The SDK appends its own path to the host: an address without it goes another way."""
    if not spec.base_url.endswith(_PATH):
        return protocol.build(spec, options)
    import groq
    from langchain_groq import ChatGroq

    settings = client_options(spec.base_url)
    client = groq.DefaultAsyncHttpxClient(**settings)
    model = ChatGroq(
        model=spec.model,
        api_key=spec.key,
        base_url=spec.base_url.removesuffix(_PATH),
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        timeout=groq.Timeout(options.timeout, connect=min(options.connect, options.timeout)),
        max_retries=0,
        http_async_client=client,
        http_client=groq.DefaultHttpxClient(verify=settings["verify"], trust_env=False),
    )
    return Chat(model, (client,))
