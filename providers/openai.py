"""OpenAI, and every server that speaks its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from .clients import CallOptions, Chat, client_options, is_reasoning

if TYPE_CHECKING:
    from .registry import LegSpec


def build(spec: LegSpec, options: CallOptions) -> Chat:
    """A chat model for ``spec`` over OpenAI's protocol."""
    import openai
    from langchain_openai import ChatOpenAI
    from langchain_openai.chat_models.base import BaseChatOpenAI

    settings = client_options(spec.base_url)
    client = openai.DefaultAsyncHttpxClient(**settings)
    reasoning = is_reasoning(spec.model)
    # OpenAI and its newer models want max_completion_tokens, which ChatOpenAI sends; other servers know max_tokens.
    modern = reasoning or urlsplit(spec.base_url).hostname == "api.openai.com"
    chat_class: type[BaseChatOpenAI] = ChatOpenAI if modern else BaseChatOpenAI
    sampling: dict[str, Any] = {} if reasoning else {"temperature": options.temperature}
    model = chat_class(
        model=spec.model,
        api_key=SecretStr(spec.secret),  # never None: the SDK would look for another key
        base_url=spec.base_url,
        timeout=openai.Timeout(options.timeout, connect=min(options.connect, options.timeout)),
        max_retries=0,
        max_tokens=options.max_tokens,
        http_async_client=client,
        http_client=openai.DefaultHttpxClient(verify=settings["verify"], trust_env=False),
        use_responses_api=False,
        stream_usage=True,
        **sampling,
    )
    return Chat(model, (client,))
