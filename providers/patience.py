"""Before giving up: whoever is healthy again soonest is asked once more, if its rest fits the time there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from ..core.domain import CallRecord, ErrorKind
from ..core.errors import ProviderError
from .admission import Admission
from .reply import OnWait

AGAIN = 2
"""Most further requests for one question while nobody has ever answered: a service that fails then, fails."""
AGAIN_PROVEN = 8
"""The same once one has: it is a matter of time."""
_LEAST_SLEEP = 0.02
_PASSES = frozenset(
    {
        ErrorKind.RATE_LIMITED,
        ErrorKind.SERVER_ERROR,
        ErrorKind.TIMEOUT,
        ErrorKind.UNREACHABLE,
        ErrorKind.COOLING_DOWN,
    }
)


class Resting(Protocol):
    """A leg that may have to be left alone."""

    @property
    def provider(self) -> str:
        """The service's name."""
        ...

    @property
    def gate(self) -> Admission:
        """What a request must pass."""
        ...


R = TypeVar("R", bound=Resting)
T = TypeVar("T")


class Patience:
    """The waits of one question, ``seconds`` in all, from now. Each is told to ``on_wait``."""

    def __init__(self, seconds: float, on_wait: OnWait = lambda provider, seconds: None) -> None:
        self._end = time.monotonic() + seconds
        self._on_wait = on_wait
        self._before: int | None = None

    async def outlast(
        self,
        first: Awaitable[T],
        again: Callable[[R], Awaitable[T]],
        legs: Sequence[R],
        records: Sequence[CallRecord],
    ) -> T:
        """What ``first`` gives, or else ``again`` of whichever of ``legs`` is healthy again in time.

        ``records`` grow meanwhile with every call. Raises the last ``ProviderError``.
        """
        try:
            return await first
        except ProviderError as error:
            failure = error
        while leg := await self._next_of(legs, records):
            try:
                return await again(leg)
            except ProviderError as error:
                failure = error
        raise failure

    async def _next_of(self, legs: Sequence[R], records: Sequence[CallRecord]) -> R | None:
        """The leg that is ready soonest, once it is; ``None`` where none is in time.

        Only legs that failed for something that passes by itself, as ``records`` tell, are worth another request.
        """
        last = {record.provider: record.error.kind for record in records if record.error}
        waits = [(leg.gate.wait, at) for at, leg in enumerate(legs) if last.get(leg.provider) in _PASSES]
        wait, at = min(waits, default=(0.0, -1))
        most = AGAIN_PROVEN if any(leg.gate.proven for leg in legs) else AGAIN
        if at < 0 or self._sent(records) >= most or wait >= self._end - time.monotonic():
            return None
        self._on_wait(legs[at].provider, wait)
        await asyncio.sleep(max(wait, _LEAST_SLEEP))
        return legs[at]

    def _sent(self, records: Sequence[CallRecord]) -> int:
        """Requests since the first time that nobody answered; a leg found resting was not asked."""
        sent = sum(record.error is None or record.error.kind is not ErrorKind.COOLING_DOWN for record in records)
        if self._before is None:
            self._before = sent
        return sent - self._before
