"""How many tokens a question has, without the model's own tokenizer: at most, for money; at least, for refusing it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_BYTES_A_TOKEN = 2.5
"""Fewer than text or code has (3 to 4), so that the estimate is an upper one."""
_LEAST_BYTES_A_TOKEN = 6.0
"""More than text or code has."""
_LIKELY_BYTES_A_TOKEN = 3.8
_LIKELY_IMAGE = 1_000
_A_MESSAGE = 8
_AN_IMAGE = 48_500
"""The most that OpenAI's small models count for one image in high detail."""


@dataclass(frozen=True)
class Size:
    """Bytes of text, messages and images of a question."""

    text: int
    messages: int = 1
    images: int = 0

    @property
    def most(self) -> int:
        """Tokens at worst."""
        return round(self.text / _BYTES_A_TOKEN) + self.messages * _A_MESSAGE + self.images * _AN_IMAGE

    @property
    def likely(self) -> int:
        """Tokens as text and code mostly have them."""
        return round(self.text / _LIKELY_BYTES_A_TOKEN) + self.messages * 4 + self.images * _LIKELY_IMAGE

    @property
    def least(self) -> int:
        """Tokens that it has for certain."""
        return round(self.text / _LEAST_BYTES_A_TOKEN)


def size_of(messages: Sequence[BaseMessage], bind: Mapping[str, Any]) -> Size:
    """The size of ``messages`` and of the functions that go with them."""
    text = len(json.dumps(bind["tools"])) if "tools" in bind else 0
    images = 0
    for message in messages:
        content = message.content
        if isinstance(content, str):
            text += len(content.encode(errors="replace"))
            continue
        for part in content:
            if isinstance(part, str):
                text += len(part.encode(errors="replace"))
            elif part.get("type") == "text":
                text += len(str(part.get("text", "")).encode(errors="replace"))
            else:
                images += 1
    return Size(text, len(messages), images)


def bytes_for(tokens: int) -> int:
    """How many bytes of text surely fit into ``tokens``."""
    return max(0, int(tokens * _BYTES_A_TOKEN))
