"""The state of a repair run: what flows along the graph's edges and into a checkpoint. JSON types only, and small.

Reports and patches of any size live in the run's store; the state holds their ids and briefs with a fixed bound, so
that a checkpoint stays under 64 KiB whatever the size of the project.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

Record = dict[str, Any]
"""A small record of JSON types."""


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


class RepairState(RepairInput, total=False):
    """All fields. Each node returns only those it changes."""

    run_id: str
    """Names the run's folder in the store."""
    iteration: int
    """Fixes put to the tests so far."""
    patch: str
    """Id of the cumulative patch that the next test run sees; empty for the project as found."""
    raw_run: Record
    """What ``execute_tests`` left for ``parse_failures``: folder, exit status, seconds."""
    report: Record
    """Brief of the newest report: its id in the store, counts, a signature, the first failures (capped), the frameworks
    that they are in. ``partial``: only the tests that failed before were run, and none of them passes."""
    initial: Record
    """Counts and id of the report of the project as found."""
    comparison: Record
    """Newest report against the project as found: ``harmless``, and ids of ``regressed`` and ``vanished`` tests."""
    flaky: list[str]
    """Tests seen to fail and to pass with nothing changed (capped)."""
    best: Record
    """The best state seen without a regression: ``patch`` and ``report`` ids, counts."""
    candidates: list[Record]
    """Proposals of ``generate_fix`` that wait for their test run: patch id, author, explanation, usage."""
    proposal: Record
    """The candidate that the view holds now."""
    attempts: Annotated[list[Record], append]
    """One brief an iteration: failing before and after, verdict, base and patch ids, author, usage."""
    seen: Annotated[list[str], append]
    """Hashes of (patch, failing set, error) already met: meeting one twice means stuck."""
    stalls: int
    """Iterations in a row that improved less than the threshold."""
    feedback: str
    """What the last patch did, for whoever writes the next one."""
    exhausted: list[str]
    """Strategies (``llm``, ``offline``) that have nothing more to offer on the best state."""
    given_up: list[str]
    """Of several frameworks, those whose failing tests no strategy could mend."""
    usage: Record
    """Tokens and money so far (``Usage``)."""
    seconds: dict[str, float]
    """Wall seconds so far in ``tests``, ``llm`` and ``search``."""
    test_runs: int
    """Times that tests were run."""
    decision: Literal["repair", "accept", "stop"]
    """Where ``evaluate_convergence`` sends the run."""
    stop_reason: str
    """Why it ended, once it has."""
    message: str
    """The same in words, with what to do."""
    success: bool
    """All tests pass, and nothing that ran before was lost."""
    delivered: Record
    """What ``write_back`` did: ``applied``, ``paths``, ``suggestions``."""


def in_turn(best: Record, given_up: list[str]) -> list[str]:
    """The frameworks whose failing tests are still to be mended on the state ``best``, in order: one at a time."""
    return [name for name in best["failing_in"] if name not in given_up]


class Update(RepairState, total=False):
    """What a node returns: the fields it changes."""
