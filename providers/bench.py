"""The configured services timed on the same question: a small fix, asked and answered as in a repair, streamed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.domain import CallError, CallRecord, FixRequest, SourceFile, StackFrame, TestFailure, Usage
from ..core.errors import ProviderError
from ..core.settings import Environment
from . import background
from .clients import CallOptions
from .cooldown import Cooldown
from .pricing import cost_usd
from .prompts.fix import system_text, user_text
from .registry import LegSpec

if TYPE_CHECKING:
    from .llm import FallbackChat

SOURCE = '''\
"""What a parcel costs to send."""

FREE_FROM = 50


def postage(weight_kg, basket_total):
    """Euros for a parcel: free from FREE_FROM on, else 4 and 2 for each kilogram begun."""
    if basket_total > FREE_FROM:
        return 0
    return 4 + 2 * int(weight_kg + 0.999)
'''
_TEST = "tests/test_postage.py"
FIX = FixRequest(
    language="python",
    framework="pytest",
    failures=(
        TestFailure(
            f"{_TEST}::test_free_at_the_limit",
            file=_TEST,
            line=9,
            message="assert 8 == 0\n +  where 8 = postage(2, 50)",
            assertion_type="assert ==",
            expected="0",
            actual="8",
            stack=(StackFrame(_TEST, 9, "test_free_at_the_limit"),),
        ),
    ),
    sources=(SourceFile("postage.py", SOURCE),),
    tests=(
        SourceFile(
            _TEST,
            "from postage import postage\n\n\ndef test_paid():\n    assert postage(1, 10) == 6\n\n\n"
            "def test_free_at_the_limit():\n    assert postage(2, 50) == 0\n",
        ),
    ),
)
"""The question: one bug, one failing test, one file."""

_PRICED = 1_000
"""Tokens at which a price is read: some models cost more when a prompt is very long."""


@dataclass(frozen=True)
class Timing:
    """One answer: seconds to its first piece and to its end, and what it says."""

    first_token: float
    total: float
    usage: Usage
    text: str

    @property
    def tokens_per_second(self) -> float:
        """Tokens of the answer, hidden reasoning included, a second of the whole call."""
        return self.usage.output_tokens / self.total if self.total else 0.0


@dataclass(frozen=True)
class Measurement:
    """What came of one service: its answers, and why it gave no more."""

    spec: LegSpec
    timings: tuple[Timing, ...]
    error: CallError | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """US dollars for so many tokens; ``None`` where the price is unknown."""
        return cost_usd(self.spec, input_tokens, output_tokens)

    @property
    def price_per_million(self) -> tuple[float | None, float | None]:
        """US dollars for 1M tokens of prompts and of answers."""
        prices = self.cost(_PRICED, 0), self.cost(0, _PRICED)
        scaled = [None if price is None else round(price * 1_000_000 / _PRICED, 6) for price in prices]
        return scaled[0], scaled[1]


def measure(specs: Sequence[LegSpec], environment: Environment, rounds: int, timeout: float) -> list[Measurement]:
    """Each of ``specs`` asked ``rounds`` times, one after the other; the services at the same time.

    A call before that, which is not counted, loads the client and opens the connection. A service that fails is not
    asked again.
    """
    return background.run(_measure(specs, environment, rounds, timeout))


async def _measure(
    specs: Sequence[LegSpec], environment: Environment, rounds: int, timeout: float
) -> list[Measurement]:
    calls: list[list[CallRecord]] = [[] for _ in specs]
    chats = [_chat(spec, environment, timeout, log) for spec, log in zip(specs, calls, strict=True)]
    opened = await asyncio.gather(*(_greet(chat) for chat in chats))
    measured = await asyncio.gather(
        *(_timings(chat, log, rounds if good else 0) for chat, log, good in zip(chats, calls, opened, strict=True))
    )
    for chat in chats:
        await chat.aclose()
    return [
        Measurement(spec, tuple(timings), next((call.error for call in reversed(log) if call.error), None))
        for spec, timings, log in zip(specs, measured, calls, strict=True)
    ]


def _chat(spec: LegSpec, environment: Environment, timeout: float, log: list[CallRecord]) -> FallbackChat:
    from .llm import create_llm

    return create_llm(
        only=[spec.provider],
        environment=environment,
        model=f"{spec.provider}:{spec.model}",
        options=CallOptions(timeout=timeout, patience=0.0),  # what rests is told, not waited for
        on_call=log.append,
        cooldown=Cooldown(),
    )


async def _greet(chat: FallbackChat) -> bool:
    try:
        await chat.ainvoke("Say OK.")
    except ProviderError:
        return False  # recorded
    return True


async def _timings(chat: FallbackChat, log: list[CallRecord], rounds: int) -> list[Timing]:
    timings: list[Timing] = []
    for _ in range(rounds):
        try:
            timings.append(await timed(chat, log))
        except ProviderError:
            break  # recorded
    return timings


async def timed(chat: FallbackChat, log: Sequence[CallRecord]) -> Timing:
    """One answer of ``chat``, which records its calls in ``log``. Raises ``ProviderError``."""
    from langchain_core.messages import HumanMessage, SystemMessage

    started, first, text = time.perf_counter(), 0.0, ""
    async for chunk in chat.astream([SystemMessage(system_text(FIX)), HumanMessage(user_text(FIX))]):
        first = first or time.perf_counter() - started
        text += str(chunk.text)
    return Timing(first, time.perf_counter() - started, log[-1].usage, text)
