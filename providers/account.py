"""What calls may cost together, looked at before each call by what it costs at worst."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..core.domain import Usage


@dataclass
class Account:
    """A budget in money and tokens, ``None`` for no limit. Safe to share between threads and concurrent calls.

    A call of unknown price cannot be held against the money; its tokens still count.
    """

    usd: float | None = None
    tokens: int | None = None
    spent: Usage = field(default_factory=Usage)
    """What is settled, unknown prices left out."""
    refused: int = 0
    """Calls that did not fit."""
    _held: list[Usage] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, usages: Iterable[Usage]) -> Account:
        """The same account, with what was spent before."""
        for usage in usages:
            self.spent = self.spent + _known(usage)
        return self

    @property
    def limited(self) -> bool:
        """Whether there is a budget at all."""
        return self.usd is not None or self.tokens is not None

    def hold(self, worst: Usage) -> str:
        """Set ``worst`` aside for a call; ``release`` gives it back. Else why not, in words; empty when it is held."""
        with self._lock:
            total = sum((_known(usage) for usage in self._held), self.spent)
            reason = self._over(total, worst)
            if reason:
                self.refused += 1
            else:
                self._held.append(worst)
            return reason

    def release(self, worst: Usage, actual: Usage) -> None:
        """The call for which ``worst`` was held has ended, and cost ``actual``."""
        with self._lock:
            self._held.remove(worst)
            self.spent = self.spent + _known(actual)

    def _over(self, total: Usage, worst: Usage) -> str:
        used, needed = _tokens(total), _tokens(worst)
        if self.tokens is not None and used + needed > self.tokens:
            return f"it may take {needed:,} tokens, and {max(0, self.tokens - used):,} of {self.tokens:,} are left"
        used_usd = total.cost_usd or 0.0
        if self.usd is not None and worst.cost_usd is not None and used_usd + worst.cost_usd > self.usd:
            left = max(0.0, self.usd - used_usd)
            return f"it may cost ${worst.cost_usd:.4f}, and ${left:.4f} of ${self.usd:g} are left"
        return ""


def _tokens(usage: Usage) -> int:
    return usage.input_tokens + usage.output_tokens


def _known(usage: Usage) -> Usage:
    """``usage`` with a sum that an unknown price does not wipe out."""
    return Usage(usage.input_tokens, usage.output_tokens, usage.cost_usd or 0.0)
