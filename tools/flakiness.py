"""Telling flaky tests from broken ones: a test that fails and passes with nothing changed accuses no patch.

The tests that failed as found are run again beside the wait for the first fix. A test that a candidate seems to have
broken is run again with the same candidate. Neither costs anything where no test is flaky and no candidate breaks one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

from ..core.domain import Patch, RunOutcome, TestReport
from .running import Alone, Repeat
from .suite import TestSuite
from .validation import compare

MOST_REPEATED = 200
"""Failing tests above which none is repeated: so many do not fail by chance."""
ATTEMPTS = 2
"""Further whole runs that a state gets in which flaky tests alone fail."""
LINES_FROM_MS = 3000.0
"""How long a suite takes for which the failing tests' lines are measured: beside a quicker one they come too late for
the first request, and would only slow down what it shares the processor with."""


class FlakyWatch:
    """Knows the flaky tests of one run."""

    def __init__(self, suite: TestSuite) -> None:
        self._suite = suite
        self._pending: Repeat | None = None
        self._alone: Alone | None = None
        self._waited = 0.0

    def begin(self, found: TestReport) -> None:
        """Start to repeat the tests that failed as found."""
        failing = [failure.test_id for failure in found.failures]
        if found.outcome is RunOutcome.COMPLETED and 0 < len(failing) <= MOST_REPEATED:
            self._pending = self._suite.repeat(Patch(), failing, lines=found.duration_ms >= LINES_FROM_MS)

    async def alone(self) -> Alone | None:
        """What the tests that failed as found do by themselves; ``None`` where that was not tried."""
        if self._alone is None and self._pending:
            began = time.perf_counter()
            self._alone = await asyncio.wrap_future(self._pending.alone)
            self._waited += time.perf_counter() - began
        return self._alone

    def waited(self) -> float:
        """Wall seconds that were spent waiting for tests here since the last call."""
        seconds, self._waited = self._waited, 0.0
        return seconds

    async def settle(
        self, found: TestReport, now: TestReport, patch: Patch, known: Collection[str]
    ) -> tuple[TestReport, frozenset[str]]:
        """``now``, or a later report of the same patch in which no flaky test fails; and all flaky tests known."""
        await self.alone()
        began = time.perf_counter()
        pending, self._pending = self._pending, None
        flaky = frozenset(known) | await _told(pending)
        broken = compare(found, now, flaky).regressed
        if 0 < len(broken) <= MOST_REPEATED:
            flaky |= await _told(self._suite.repeat(patch, broken))
        for _ in range(ATTEMPTS):
            if not now.failures or not {failure.test_id for failure in now.failures} <= flaky:
                break
            now = await asyncio.to_thread(self._suite.parse, await self._suite.execute(patch))
        self._waited += time.perf_counter() - began
        return now, flaky


async def _told(pending: Repeat | None) -> frozenset[str]:
    return await asyncio.wrap_future(pending.flaky) if pending else frozenset()


def only_flaky(found: TestReport, flaky: Collection[str]) -> bool:
    """Whether nothing but flaky tests failed as found: then there is nothing to repair."""
    return bool(found.failures) and {failure.test_id for failure in found.failures} <= set(flaky)
