"""What stands before every request of a leg: rest, size, budget and rate. A request refused here was never sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf

from ..core.domain import ErrorKind, Usage
from ..core.errors import OverBudget, ProviderError
from .account import Account
from .clients import CallOptions
from .cooldown import SHARED as SHARED_COOLDOWN
from .cooldown import Cooldown
from .pace import SHARED as SHARED_PACE
from .pace import Pace, Rate
from .pricing import context_window, priced
from .registry import LegSpec
from .size import Size

SHORT_WAIT = 2.0
"""Seconds that a request waits for its turn; longer, and the next leg is asked."""


@dataclass(frozen=True)
class Shared:
    """What legs have in common: health and rates with all of the process, the account with those of one run."""

    cooldown: Cooldown = field(default_factory=lambda: SHARED_COOLDOWN)
    pace: Pace = field(default_factory=lambda: SHARED_PACE)
    account: Account = field(default_factory=Account)


@dataclass
class Ticket:
    """Leave to send one request."""

    worst: Usage
    sent: Usage
    """Its prompt alone, estimated: what a request costs that nobody waited for."""
    began: float
    used: bool = False


class Admission:
    """The gate of one leg."""

    def __init__(self, spec: LegSpec, options: CallOptions, shared: Shared) -> None:
        self._spec = spec
        self._shared = shared
        limits = options.requests_per_minute.get(spec.provider), options.tokens_per_minute.get(spec.provider)
        self._rate = Rate(*limits)
        self._room = options.context_tokens.get(spec.provider)
        self._next_turn = 0.0

    @property
    def window(self) -> int:
        """Tokens of prompt and answer that the model takes."""
        return self._room or context_window(self._spec)

    @property
    def wait(self) -> float:
        """Seconds until a request may be sent, ``inf`` for a dead leg."""
        cooldown = self._shared.cooldown
        return max(cooldown.remaining(self._spec.identity)[0], self._next_turn - cooldown.clock())

    @property
    def proven(self) -> bool:
        """Whether the leg has ever answered in this process."""
        return self._shared.cooldown.answered(self._spec.identity)

    async def enter(self, size: Size, max_tokens: int) -> Ticket:
        """Wait for the leg's turn where that is short. Raises ``ProviderError`` where nothing may be sent."""
        self._check_rest()
        if size.least + min(max_tokens, self.window // 2) > self.window:
            raise self._refusal(ErrorKind.TOO_LARGE, self._too_long(size))
        worst = priced(self._spec, Usage(size.most, max_tokens)) if self._shared.account.limited else Usage()
        over = self._shared.account.hold(worst)
        if over:
            text = f"{self._spec.title} is not asked, for the budget: {over}"
            raise OverBudget(ErrorKind.TOO_LARGE, text, provider=self._spec.provider, model=self._spec.model)
        try:
            await self._turn(size.likely + max_tokens)
        except BaseException:
            self._shared.account.release(worst, Usage())
            raise
        return Ticket(worst, Usage(size.likely), self._shared.cooldown.clock())

    def leave(self, ticket: Ticket, usage: Usage) -> None:
        """The request has ended and cost ``usage``. Only the first call counts."""
        if not ticket.used:
            ticket.used = True
            self._shared.account.release(ticket.worst, usage)

    def failed(self, ticket: Ticket, error: ProviderError) -> None:
        """Let the leg rest as ``error`` demands."""
        self._shared.cooldown.failed(self._spec.identity, error, ticket.began)

    def succeeded(self, ticket: Ticket) -> None:
        """The leg is healthy."""
        self._shared.cooldown.succeeded(self._spec.identity, ticket.began)

    def _check_rest(self) -> None:
        seconds, reason = self._shared.cooldown.remaining(self._spec.identity)
        if seconds:
            rest = f"for another {seconds:.0f} s" if seconds < inf else "until its key or its model changes"
            raise self._refusal(ErrorKind.COOLING_DOWN, f"{self._spec.title} is left alone {rest}: {reason}")

    async def _turn(self, tokens: int) -> None:
        waited = 0.0
        while wait := await self._take(tokens):
            waited += wait
            if waited > SHORT_WAIT:
                self._next_turn = self._shared.cooldown.clock() + wait
                text = (
                    f"{self._spec.title} has had what it takes in a minute: the next request may go in {wait:.0f} s. "
                    "AION_R_REQUESTS_PER_MINUTE and AION_R_TOKENS_PER_MINUTE set the rates."
                )
                raise self._refusal(ErrorKind.COOLING_DOWN, text)
            await asyncio.sleep(wait)

    async def _take(self, tokens: int) -> float:
        if self._rate == Rate():
            return 0.0
        if self._shared.pace.folder is None:
            return self._shared.pace.take(self._spec, self._rate, tokens)
        return await asyncio.to_thread(self._shared.pace.take, self._spec, self._rate, tokens)

    def _too_long(self, size: Size) -> str:
        return (
            f"{self._spec.title} is not asked: the prompt has at least {size.least:,} tokens, and {self._spec.model} "
            f"takes {self.window:,} with the answer. Set {self._spec.row.model_name} to a model with a longer context, "
            "or AION_R_CONTEXT_TOKENS if it has one."
        )

    def _refusal(self, kind: ErrorKind, text: str) -> ProviderError:
        return ProviderError(kind, text, provider=self._spec.provider, model=self._spec.model)
