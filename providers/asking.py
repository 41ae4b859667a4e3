"""One leg, asked once more when its answer is useless: the reason goes back with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.domain import CallRecord, ErrorKind
from ..core.errors import AllProvidersFailed, ProviderError
from .account import Account
from .clients import CallOptions
from .errors import bad_answer
from .leg import Leg
from .patience import Patience
from .race import Dispose, first_good, nothing
from .reply import Reply, Watch
from .structured import in_words

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

T = TypeVar("T")

Once = Callable[[Leg], Awaitable[T]]

Judge = Callable[[Reply], tuple[T | None, str]]
"""What an answer is worth: a value, or ``None`` and the reason, in words for the model."""


@dataclass
class Round:
    """One question put to leg after leg. ``records`` grow with every call made for it."""

    options: CallOptions
    account: Account
    records: list[CallRecord] = field(default_factory=list)

    async def first(self, legs: Sequence[Leg], once: Once[T], dispose: Dispose[T] = nothing) -> T:
        """What ``once`` makes of the first leg that answers, then of whoever is healthy again in time.

        ``dispose`` gets what came too late. Raises ``AllProvidersFailed`` with what each leg said.
        """
        refused = self.account.refused
        everyone = first_good([partial(once, leg) for leg in legs], self.options.hedge, dispose)
        try:
            return await Patience(self.options.waits).outlast(everyone, once, legs, self.records)
        except ProviderError as error:
            raise AllProvidersFailed(tuple(self.records), self.account.refused > refused) from error


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
        objection = f"That answer cannot be used: {reason}. Answer again, completely."
        messages = [*messages, *reply.objection(objection)]
    raise bad_answer(leg.spec, reason)


async def ask_for(
    leg: Leg,
    messages: list[BaseMessage],
    bind: dict[str, Any],
    judge: Judge[T],
    watch: Watch,
    config: RunnableConfig | None,
) -> T:
    """``ask_twice``; a model that knows no functions is asked to write the same as JSON."""
    from langchain_core.messages import HumanMessage

    try:
        return await ask_twice(leg, messages, bind, judge, watch, config)
    except ProviderError as error:
        if error.kind is not ErrorKind.BAD_REQUEST or "tools" not in bind:
            raise
    plain = {name: value for name, value in bind.items() if name not in ("tools", "tool_choice")}
    words = HumanMessage(in_words(bind["tools"][0]))
    return await ask_twice(leg, [*messages, words], plain, judge, watch, config)


def as_it_is(reply: Reply) -> tuple[Reply | None, str]:
    """Any text will do: one that was cut off ends where the caller's own limit is, and says so."""
    if reply.was_cut and reply.text.strip():
        return reply, ""
    return (None, reply.defect) if reply.defect else (reply, "")
