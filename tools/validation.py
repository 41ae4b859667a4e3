"""Judging a candidate by two reports: the project as found, and the project with the candidate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..core.domain import TestFailure, TestReport


@dataclass(frozen=True)
class Comparison:
    """What a candidate broke. ``regressed``: passed as found, fails now. ``vanished``: ran as found, and now neither
    passes nor fails: it is gone, skipped, deselected, or the run ended before it."""

    regressed: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def harmless(self) -> bool:
        """Nothing that ran as found was broken or lost."""
        return not self.regressed and not self.vanished


def compare(found: TestReport, now: TestReport, flaky: Collection[str] = ()) -> Comparison:
    """What ``now`` lost against ``found``; ``flaky`` tests accuse nobody.

    A file that could not be loaded turns into its tests, or those below it.
    """
    failing = {failure.test_id for failure in now.failures}
    alive = failing | set(now.passed_ids)
    regressed = tuple(test for test in found.passed_ids if test in failing and test not in flaky)
    lost = tuple(test for test in found.passed_ids if test not in alive)
    lost += tuple(one.test_id for one in found.failures if not _accounted_for(one, alive))
    return Comparison(regressed, lost)


def _accounted_for(failure: TestFailure, alive: set[str]) -> bool:
    test = failure.test_id
    if test in alive:
        return True
    if PurePosixPath(test).name.startswith(_SHARED):
        folder = str(PurePosixPath(test).parent).removeprefix(".")
        return any(one.startswith(folder) for one in alive)
    return any(one.startswith(test) and not (one[len(test)].isalnum() or one[len(test)] == "_") for one in alive)


_SHARED = ("conftest.", "setup.", "jest.", "vitest.", ".mocharc")
"""Files that many tests load: what fails in them is not a test of theirs."""
