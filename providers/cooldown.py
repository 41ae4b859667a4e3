"""Who must be left alone, and for how long. One object serves all chains of a process.

A failed leg rests: as long as the service asks, capped, else longer with every failure in a row. A dead one (wrong key,
unknown model, closed service) is out until its key, address or model changes, which makes it another leg.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any

from ..core.domain import ErrorKind
from ..core.errors import ProviderError

LONGEST_REST = 300.0
_FIRST_REST = {
    ErrorKind.RATE_LIMITED: 5.0,
    ErrorKind.SERVER_ERROR: 1.0,
    ErrorKind.TIMEOUT: 1.0,
    ErrorKind.UNREACHABLE: 1.0,
}
"""Seconds. A question's two further tries at a service that just fails come within 3 to 4 seconds."""
_BELIEVED = 3
"""Failures in a row up to which the service's own ``Retry-After`` is enough."""
_DEAD = frozenset({ErrorKind.AUTH, ErrorKind.MODEL_NOT_FOUND, ErrorKind.GONE})


@dataclass
class _Health:
    failures: int = 0
    failed_at: float = 0.0
    until: float = 0.0
    reason: str = ""


Watch = Callable[[Hashable, dict[str, Any] | None], None]
"""Told a leg and its record, ``None`` once it has answered."""


def _nobody(leg: Hashable, record: dict[str, Any] | None) -> None:
    """Nobody watches."""


@dataclass
class Cooldown:
    """The health of legs by their identity. Safe to share between threads. ``clock`` is monotonic, in seconds.

    ``watch`` hears of every change made here, so that other processes of the machine can ``learn`` it.
    """

    clock: Callable[[], float] = time.monotonic
    watch: Watch = field(default=_nobody, repr=False)
    jitter: Callable[[], float] = field(default=lambda: random.uniform(1.0, 1.25))
    _health: dict[Hashable, _Health] = field(default_factory=dict, repr=False)
    _answered: set[Hashable] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def remaining(self, leg: Hashable) -> tuple[float, str]:
        """Seconds that ``leg`` still rests (0 when it may be asked, ``inf`` when it is dead), and why."""
        with self._lock:
            health = self._health.get(leg)
            return (max(0.0, health.until - self.clock()), health.reason) if health else (0.0, "")

    def answered(self, leg: Hashable) -> bool:
        """Whether ``leg`` has ever answered."""
        return leg in self._answered

    def failed(self, leg: Hashable, error: ProviderError, began: float | None = None) -> None:
        """Let ``leg`` rest as ``error`` demands. What is wrong with a question or an answer alone demands nothing.

        ``began``, of this clock, says when the request was sent: many that were on their way together and fail
        together are one failure, not many in a row.
        """
        with self._lock:
            health = self._health.setdefault(leg, _Health())
            if error.kind in _DEAD:
                health.until, health.reason = inf, str(error)
            elif error.kind in _FIRST_REST:
                health.failures += began is None or began >= health.failed_at
                health.failed_at = self.clock()
                health.until = max(health.until, self.clock() + self._rest(health, error))
                health.reason = str(error)
            record = asdict(health)
        self.watch(leg, record)

    def _rest(self, health: _Health, error: ProviderError) -> float:
        growing = _FIRST_REST[error.kind] * 2.0 ** min(max(health.failures, 1) - 1, 10) * self.jitter()
        if error.retry_after is None:
            return min(growing, LONGEST_REST)
        # A service that keeps refusing after the rest it asked for is believed no longer.
        least = growing if health.failures > _BELIEVED else 1.0
        return min(max(error.retry_after, least), LONGEST_REST)

    def succeeded(self, leg: Hashable, began: float | None = None) -> None:
        """Forget what ``leg`` did before; but not a failure after this request ``began``."""
        with self._lock:
            self._answered.add(leg)
            health = self._health.get(leg)
            if health and (began is None or began >= health.failed_at):
                del self._health[leg]
            record = asdict(self._health[leg]) if leg in self._health else None
        self.watch(leg, record)

    def learn(self, leg: Hashable, record: dict[str, Any] | None) -> None:
        """Take over what another process of this machine, whose clock is the same, was told by its ``watch``."""
        with self._lock:
            if record is None:
                self._answered.add(leg)
                self._health.pop(leg, None)
            elif leg not in self._health or self._health[leg].until <= record["until"]:
                self._health[leg] = _Health(**record)

    def records(self) -> dict[Hashable, dict[str, Any]]:
        """What is known of the legs that rest or have rested."""
        with self._lock:
            return {leg: asdict(health) for leg, health in self._health.items()}


SHARED = Cooldown()
"""The health that all chains of this process share."""
