"""What is still wrong with a project when a run has ended."""

from __future__ import annotations

from ...core.documents import RepairResult
from ...core.domain import Outcome, TestFailure


def still_failing(result: RepairResult) -> tuple[TestFailure, ...]:
    """What fails in the project as the run leaves it; nothing where the patch that mends it was only not to be written.

    Not what fails under a patch that was not written: that is not the project.
    """
    left_alone = not result.applied and result.outcome is not Outcome.REPAIRED
    report = result.initial_test_results if left_alone else result.final_test_results
    return report.failures
