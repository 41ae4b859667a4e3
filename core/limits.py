"""The limits of a run as pure rules over its state. Only ``elapsed`` asks a clock, and that is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .settings import Settings
from .state import RepairState


@dataclass(frozen=True)
class Limits:
    """Iterations, improvement, money, tokens and time that a run may use."""

    max_iterations: int = 5
    min_improvement: float = 5.0
    patience: int = 2
    budget_usd: float | None = None
    budget_tokens: int | None = None
    time_limit: float | None = None
    strategies: frozenset[str] = frozenset({"llm", "offline"})
    """Those that this run can call on."""
    elapsed: Callable[[], float] = field(default=lambda: 0.0)
    """Seconds since the run began."""

    @classmethod
    def of(cls, settings: Settings, strategies: frozenset[str], elapsed: Callable[[], float]) -> Limits:
        """The limits that ``settings`` set."""
        names = ("max_iterations", "min_improvement", "patience", "budget_usd", "budget_tokens", "time_limit")
        return cls(**{name: getattr(settings, name) for name in names}, strategies=strategies, elapsed=elapsed)

    def spent(self, state: RepairState) -> str | None:
        """Which budget is spent (``budget`` or ``time_limit``), or ``None``."""
        usage = state.get("usage", {})
        tokens = usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
        if self.budget_tokens is not None and tokens >= self.budget_tokens:
            return "budget"
        if self.budget_usd is not None and (usage.get("cost_usd") or 0.0) >= self.budget_usd:
            return "budget"
        if self.time_limit is not None and self.elapsed() >= self.time_limit:
            return "time_limit"
        return None
