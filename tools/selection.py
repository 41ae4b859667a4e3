"""Which tests meet a candidate first: those that fail on the best state, where that spares more than it costs.

Nothing is accepted, and no candidate is accused, on their word: as soon as one of them passes the whole suite is run.
"""

from __future__ import annotations

from dataclasses import replace

from ..core.brief import signature
from ..core.domain import RunOutcome, TestReport
from .running import Alone

WORTH_SPARING = 2.0
"""Seconds of a whole run below which it is not worth a second start of the framework."""
DEARER = 2.0
"""How many times dearer than the chosen tests the whole run must be."""


def failing_first(
    best: TestReport, alone: Alone | None, *, signature_as_found: str, whole_seconds: float
) -> tuple[str, ...] | None:
    """The failing tests of ``best``, or ``None`` where the whole suite is to be run at once.

    ``alone`` is how the tests that failed as found did by themselves. Where one of them passed then, or failed with
    another error, it depends on those that run before it, and its word alone is worth nothing. (A dependence that only
    shows once the fault is mended stays unseen: such a candidate is passed over, and whoever writes the next is told
    the test's new error.)
    """
    if alone is None or best.outcome is not RunOutcome.COMPLETED or signature(alone.report) != signature_as_found:
        return None
    ids = tuple(failure.test_id for failure in best.failures)
    known = {failure.test_id for failure in alone.report.failures}
    minority = 0 < 2 * best.failing <= best.total_tests
    # A wrong candidate spares a whole run, a right one costs the chosen tests on top: they must be much the cheaper.
    pays = whole_seconds >= max(WORTH_SPARING, DEARER * alone.seconds)
    return ids if minority and pays and known.issuperset(ids) else None


def still_failing(best: TestReport, chosen: TestReport) -> TestReport | None:
    """``best`` with the new records of its failing tests, of which none passes in ``chosen``; ``None`` if one does.

    A test that neither passes nor fails (skipped, gone, not reached) keeps its old record: it was not repaired.
    """
    if {failure.test_id for failure in best.failures}.intersection(chosen.passed_ids):
        return None
    told = {failure.test_id for failure in chosen.failures}
    rest = tuple(failure for failure in best.failures if failure.test_id not in told)
    return replace(best, failures=(*chosen.failures, *rest), duration_ms=chosen.duration_ms)
