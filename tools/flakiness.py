"""Telling flaky tests from broken ones: a test that fails and passes with nothing changed accuses no patch.

The tests that failed as found are run again beside the wait for the first fix. A test that a candidate seems to have
broken is run again with the same candidate. Neither costs anything where no test is flaky and no candidate breaks one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from concurrent.futures import Future

from ..core.domain import Patch, RunOutcome, TestReport
from .suite import TestSuite
from .validation import compare

MOST_REPEATED = 200
"""Failing tests above which none is repeated: so many do not fail by chance."""
ATTEMPTS = 2
"""Further whole runs that a state gets in which flaky tests alone fail."""


class FlakyWatch:
    """Knows the flaky tests of one run."""

    def __init__(self, suite: TestSuite) -> None:
        self._suite = suite
        self._pending: Future[frozenset[str]] | None = None
        self.seconds = 0.0
        """Wall seconds that the last ``settle`` waited for tests."""

    def begin(self, found: TestReport) -> None:
        """Start to repeat the tests that failed as found."""
        failing = [failure.test_id for failure in found.failures]
        if found.outcome is RunOutcome.COMPLETED and 0 < len(failing) <= MOST_REPEATED:
            self._pending = self._suite.repeat(Patch(), failing)

    async def settle(
        self, found: TestReport, now: TestReport, patch: Patch, known: Collection[str]
    ) -> tuple[TestReport, frozenset[str]]:
        """``now``, or a later report of the same patch in which no flaky test fails; and all flaky tests known."""
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
        self.seconds = time.perf_counter() - began
        return now, flaky


async def _told(pending: Future[frozenset[str]] | None) -> frozenset[str]:
    return await asyncio.wrap_future(pending) if pending else frozenset()


def only_flaky(found: TestReport, flaky: Collection[str]) -> bool:
    """Whether nothing but flaky tests failed as found: then there is nothing to repair."""
    return bool(found.failures) and {failure.test_id for failure in found.failures} <= set(flaky)
