"""The state of a repair run: what flows along the graph's edges and into a checkpoint. JSON types only, and small.

Reports and patches of any size live in the run's store; the state holds their ids and briefs with a fixed bound, so
that a checkpoint stays under 64 KiB whatever the size of the project.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

Record = dict[str, Any]
"""A record of ``core.domain`` as ``core.codec.dump`` writes it."""


def append(old: list[Any], new: list[Any]) -> list[Any]:
    """Reducer of the fields that only grow."""
    return [*old, *new]


class RepairInput(TypedDict, total=False):
    """What starts a run. Only ``project_path`` is needed."""

    project_path: str
    """Folder of the project whose tests fail."""
    language: str | None
    """python, javascript, typescript, go, rust; found from the project's files when absent."""
    framework: str | None
    """pytest, cargo, jest, go, mocha, vitest; found from the project's files when absent."""
    max_iterations: int
    """Most fixes to try, MAX_AUTOCORRECTION_ITERATIONS when absent."""
    min_improvement_percent: float
    """Least improvement for going on, MIN_IMPROVEMENT_THRESHOLD_PERCENT when absent."""


class RepairState(RepairInput, total=False):
    """All fields. Each node returns only those it changes."""

    run_id: str
    """Names the run's folder in the store."""
    iteration: int
    """Fixes tried so far."""
    patch: str
    """Id of the cumulative patch that the next test run sees; empty for the project as found."""
    raw_run: Record
    """What ``execute_tests`` left for ``parse_failures``: ids of artefacts, exit status, duration."""
    report: Record
    """Brief of the newest report: counts, the first failures (capped), its id in the store."""
    initial: Record
    """The same brief for the project as found."""
    comparison: Record
    """Newest report against the project as found: ``regressed`` and ``vanished`` test ids (capped) and their counts."""
    best: Record
    """The best state seen without a regression: ``patch``, ``failing``, ``report``."""
    proposal: Record
    """The candidate that ``generate_fix`` brought and ``apply_fix`` puts in place; empty when nobody had one."""
    attempts: Annotated[list[Record], append]
    """One brief an iteration: before, after, verdict, patch id, provider, usage."""
    seen: Annotated[list[str], append]
    """Hashes of (patch, failing set, error) already met: meeting one twice means stuck."""
    stalls: int
    """Iterations in a row that improved less than the threshold."""
    feedback: str
    """What the last patch did, told to whoever writes the next one."""
    exhausted: list[str]
    """Strategies that have nothing more to offer on the best state."""
    usage: Record
    """Tokens and money so far (``Usage``)."""
    timing: dict[str, float]
    """Seconds spent so far: ``tests_s``, ``llm_s``, ``search_s``."""
    decision: Literal["repair", "accept", "stop"]
    """Where ``evaluate_convergence`` sends the run."""
    stop_reason: str
    """Why it ended, once it has."""
    delivered: Record
    """What ``write_back`` did: ``applied``, ``paths``, ``suggestions``, ``patch_file``."""
