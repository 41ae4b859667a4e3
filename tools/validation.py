"""Judging a candidate by two reports: the project as found, and the project with the candidate."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.domain import TestReport


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


def compare(found: TestReport, now: TestReport) -> Comparison:
    """What ``now`` lost against ``found``. A failing file that could not even be collected may turn into its tests."""
    failing = {failure.test_id for failure in now.failures}
    passed = set(now.passed_ids)
    regressed = [test for test in found.passed_ids if test in failing]
    alive = passed | failing
    skipped_as_found = set(found.skipped_ids)
    vanished = [test for test in found.passed_ids if test not in alive]
    for failure in found.failures:
        test = failure.test_id
        if test in alive or test in skipped_as_found or any(one.startswith(test) for one in alive):
            continue
        vanished.append(test)
    return Comparison(tuple(regressed), tuple(vanished))
