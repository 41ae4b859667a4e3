"""One leg, asked once more when its answer is useless: the reason goes back with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import bad_answer
from .leg import Leg
from .reply import Reply, Watch

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

T = TypeVar("T")

Judge = Callable[[Reply], tuple[T | None, str]]
"""What an answer is worth: a value, or ``None`` and the reason, in words for the model."""


async def ask_twice(
    leg: Leg,
    messages: list[BaseMessage],
    bind: dict[str, Any],
    judge: Judge[T],
    watch: Watch,
    config: RunnableConfig | None,
) -> T:
    """What ``judge`` makes of an answer of ``leg``; a useless one goes back once with the reason."""
    for _ in range(2):
        reply = await leg.ask(messages, bind, watch, config)
        value, reason = judge(reply)
        leg.settle(reply, watch, reason)
        if value is not None:
            return value
        messages = [*messages, *reply.turns, *_objection(reply, reason)]
    raise bad_answer(leg.spec, reason)


def _objection(reply: Reply, reason: str) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage, ToolMessage

    text = f"That answer cannot be used: {reason}. Answer again, completely."
    calls = [ToolMessage(text, tool_call_id=call["id"]) for call in reply.message.tool_calls]
    return [*calls] or [HumanMessage(text)]


def as_it_is(reply: Reply) -> tuple[Reply | None, str]:
    """Any text will do: one that was cut off ends where the caller's own limit is, and says so."""
    if reply.was_cut and reply.text.strip():
        return reply, ""
    return (None, reply.defect) if reply.defect else (reply, "")
