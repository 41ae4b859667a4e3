"""What came of a call: the answer, its worth, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..core.domain import CallRecord

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

OnCall = Callable[[CallRecord], None]
OnStart = Callable[[str, str], None]
OnWait = Callable[[str, float], None]

_CUT = frozenset({"length", "max_tokens"})
_REFUSED = frozenset({"content_filter", "refusal", "safety"})
_REASONS = ("finish_reason", "stop_reason", "done_reason")


@dataclass(frozen=True)
class Watch:
    """Who is told of calls: ``on_start`` (provider, model) before one, ``on_call`` with its record after it, and
    ``on_wait`` (provider, seconds) where nobody answered and the one that may be asked soonest is waited for.
    """

    on_call: OnCall = lambda record: None
    on_start: OnStart = lambda provider, model: None
    on_wait: OnWait = lambda provider, seconds: None

    def also(self, on_call: OnCall) -> Watch:
        """The same watch with one more listener."""

        def both(record: CallRecord) -> None:
            on_call(record)
            self.on_call(record)

        return replace(self, on_call=both)


@dataclass(frozen=True)
class Reply:
    """An answer that came over the wire, whatever it is worth. ``record`` is what the call cost."""

    message: AIMessage
    record: CallRecord

    @property
    def text(self) -> str:
        """The answer's text."""
        return str(self.message.text)

    @property
    def turns(self) -> list[BaseMessage]:
        """The answer as part of a conversation; none for an empty one, which services refuse to read back."""
        return [self.message] if self.text.strip() or self.message.tool_calls else []

    def objection(self, text: str) -> list[BaseMessage]:
        """The conversation's next turns, that say ``text``: services want an answer to every function call."""
        from langchain_core.messages import HumanMessage, ToolMessage

        calls: list[BaseMessage] = [ToolMessage(text, tool_call_id=call["id"]) for call in self.message.tool_calls]
        return [*self.turns, *(calls or [HumanMessage(text)])]

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped, as the service says it."""
        said = self.message.response_metadata
        reason = next((said[name] for name in _REASONS if said.get(name)), None)
        return str(reason) if reason else None

    @property
    def was_cut(self) -> bool:
        """Whether the answer ended at the limit of tokens."""
        return (self.finish_reason or "").lower() in _CUT

    @property
    def defect(self) -> str:
        """Why nobody can use it: empty, cut off, refused. Empty for a whole answer."""
        if self.was_cut:
            return "the answer was cut off at the limit of tokens"
        if (self.finish_reason or "").lower() in _REFUSED or self.message.additional_kwargs.get("refusal"):
            return "the model refused to answer"
        if not self.text.strip() and not self.message.tool_calls:
            return "the answer is empty"
        return ""
