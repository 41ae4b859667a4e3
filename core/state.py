"""The state of a repair run: what flows along the graph's edges and into a checkpoint. JSON types only, and small.

Reports and patches of any size live in the run's store; the state holds their ids and briefs with a fixed bound, so
that a checkpoint stays under 64 KiB whatever the size of the project.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import Field
from typing_extensions import TypedDict

Record = dict[str, Any]
"""A small record of JSON types."""


def append(old: list[Any], new: list[Any] | None) -> list[Any]:
    """Reducer of the fields that only grow, within one run: ``None`` empties them."""
    return [] if new is None else [*old, *new]


class RunOptions(TypedDict, total=False):
    """How a run is to go, where no ``RepairContext`` says so. What is absent or ``None`` comes from the environment."""

    language: Annotated[
        str | None,
        Field(description="python, javascript, typescript, go or rust; found from the project's files.", default=None),
    ]
    framework: Annotated[
        str | None,
        Field(description="pytest, jest, mocha, vitest, go or cargo; found from the project's files.", default=None),
    ]
    test_command: Annotated[
        str | None,
        Field(description="Command that runs the tests, where they are not found by themselves.", default=None),
    ]
    providers: Annotated[
        list[str] | None,
        Field(
            description="Whom to ask, in this order: groq, openai, github, huggingface, cloudflare, offline. "
            '["offline"] alone means no model; without a list, all that have a key, and the offline search last.',
            default=None,
        ),
    ]
    model: Annotated[str | None, Field(description="Model to ask, instead of each provider's own.", default=None)]
    max_iterations: Annotated[int | None, Field(description="Most fixes to try.", default=5, ge=1)]
    budget_usd: Annotated[float | None, Field(description="Most US dollars for model calls.", default=None, gt=0)]
    time_limit: Annotated[float | None, Field(description="Most seconds for the run.", default=None, gt=0)]
    apply: Annotated[
        bool | None, Field(description="Write a patch with which all tests pass to the project.", default=True)
    ]
    apply_partial: Annotated[
        bool | None, Field(description="Write the best patch even where some tests still fail.", default=False)
    ]
    approve: Annotated[
        bool | None, Field(description="Interrupt and ask before anything is written to the project.", default=False)
    ]


class RepairInput(RunOptions):
    """What starts a run: the form that LangGraph Studio shows. Only ``project_path`` is needed."""

    project_path: Annotated[str, Field(description="Folder of the project whose tests fail.")]


class RepairState(RunOptions, total=False):
    """All fields. Each node returns only those it changes."""

    project_path: str
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
    rollback: Record
    """``best`` as it was before the patch that turned everything green: where a rejection with a reason goes back."""
    pending: Record
    """What is about to be written: ``patch`` id, whether to ``ask`` first, ``answer`` (where that leads, see
    ``request_approval``), and the ``problem`` for which an answer did not count."""
    approved: str
    """Id of the patch that a reviewer accepted, or wrote."""
    decisions: Annotated[list[Record], append]
    """The answers so far: ``question``, ``action``, ``reason``, and ``patch``, the id of what was asked about."""
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


_EMPTY: dict[str, Any] = {
    "iteration": 0, "stalls": 0, "test_runs": 0, "success": False,
    "patch": "", "feedback": "", "approved": "", "stop_reason": "", "message": "",
    "flaky": [], "candidates": [], "exhausted": [], "given_up": [], "usage": {}, "seconds": {},
    "raw_run": {}, "report": {}, "initial": {}, "comparison": {}, "best": {}, "proposal": {}, "rollback": {},
    "pending": {}, "delivered": {}, "attempts": None, "seen": None, "decisions": None,
}  # fmt: skip
NOTHING_DONE: Update = cast(Update, _EMPTY)
"""The state of a run that has just begun."""
