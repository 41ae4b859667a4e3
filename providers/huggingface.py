"""Hugging Face: langchain-huggingface on the service's own router, OpenAI's protocol where an address is given."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from . import openai as protocol
from .clients import CallOptions, Chat

if TYPE_CHECKING:
    from .registry import LegSpec


class _Closing:
    """Closes the hub's client under the name that httpx uses."""

    def __init__(self, client: object) -> None:
        self._client = client

    async def aclose(self) -> None:
        await self._client.close()  # type: ignore[attr-defined]


def build(spec: LegSpec, options: CallOptions) -> Chat:
    """A chat model for ``spec``. With an address of one's own the integration would drop both the key and the model."""
    if spec.own_address or not spec.secret.startswith("hf_"):  # the hub's client refuses other keys without asking
        return protocol.build(spec, options)
    from langchain_huggingface import ChatHuggingFace, HuggingFaceEndpoint

    endpoint = HuggingFaceEndpoint(  # type: ignore[call-arg]  # `model` is derived from `repo_id`
        repo_id=spec.model,
        provider="auto",
        huggingfacehub_api_token=spec.secret,
        timeout=ceil(options.timeout),
        max_new_tokens=options.max_tokens,
        temperature=options.temperature,
    )
    model = ChatHuggingFace(
        llm=endpoint, max_tokens=options.max_tokens, temperature=options.temperature, stream_usage=True
    )
    return Chat(model, (_Closing(endpoint.async_client),))
