"""From the last state of a run, and what its store kept, to the result that every face shows."""

from __future__ import annotations

from ..core.codec import load
from ..core.documents import RepairResult, not_run, outcome_of
from ..core.domain import AppliedFix, Attempt, Edit, Outcome, Patch, Strategy, TestReport, Usage, Verdict
from ..core.state import Record, RepairState
from ..graph.context import RepairContext
from ..tools.edits.diff import unified_diff
from ..tools.runs import RunStore


def result_of(state: RepairState, context: RepairContext) -> RepairResult:
    """The result of a run that ended in ``state``."""
    store = context.store
    initial = _initial(state, context)
    best = state.get("best", {})
    final = store.report(best["id"]) if best else initial
    patch = store.patch(best.get("patch", ""))
    stop_reason = state.get("stop_reason", "")
    delivered = state.get("delivered", {})
    calls = tuple(store.calls())
    return RepairResult(
        run_id=store.run_id,
        success=state.get("success", False),
        outcome=outcome_of(stop_reason),
        stop_reason=stop_reason,
        iterations_completed=state.get("iteration", 0),
        convergence_achieved=stop_reason in ("already_green", "all_passed", "converged", "no_fix"),
        applied=delivered.get("applied", False),
        patch=unified_diff(patch),
        sandbox=context.sandbox_level,
        initial_test_results=initial,
        final_test_results=final,
        corrections_applied=tuple(_attempt(record, store) for record in state.get("attempts", [])),
        calls=calls,
        usage=load(Usage, state["usage"]) if state.get("usage") else Usage(),
        test_runs=state.get("test_runs", 0),
        tests_executed=store.tests_executed() + context.author.tests_executed,
        timing=_timing(state, context.elapsed()),
        suggestions=tuple(delivered.get("suggestions", ())),
        final_code={edit.path: (edit.after or b"").decode("utf-8", "replace") for edit in patch.edits},
        message=state.get("message", ""),
        flaky=tuple(state.get("flaky", ())),
        patch_file=str(store.patch_file) if patch.edits else None,
    )


def nothing_run(message: str, framework: str) -> RepairResult:
    """The result where no tests were found to start with: nothing was run, nothing kept."""
    empty = not_run(framework, message)
    return RepairResult(
        run_id="",
        success=False,
        outcome=Outcome.ERROR,
        stop_reason="tests_not_run",
        iterations_completed=0,
        convergence_achieved=False,
        applied=False,
        patch="",
        sandbox="none",
        initial_test_results=empty,
        final_test_results=empty,
        corrections_applied=(),
        message=message,
    )


def _initial(state: RepairState, context: RepairContext) -> TestReport:
    if state.get("initial"):
        return context.store.report(state["initial"]["id"])
    return not_run(context.suite.frameworks.name, state.get("message", ""))


def _attempt(record: Record, store: RunStore) -> Attempt:
    step = _between(store.patch(record["base"]), store.patch(record["patch"]))
    fixes = tuple(
        AppliedFix(
            file=edit.path,
            strategy=Strategy(record["strategy"]),
            provider=record["provider"],
            model=record["model"],
            diff=unified_diff(Patch((edit,))),
            explanation=record["explanation"],
        )
        for edit in step.edits
    )
    return attempt_of(record, fixes)


def attempt_of(record: Record, fixes: tuple[AppliedFix, ...]) -> Attempt:
    """One iteration, as its record tells it."""
    return Attempt(
        iteration=record["iteration"],
        failures_before=record["failures_before"],
        failures_after=record["failures_after"],
        improvement_percentage=record["improvement_percentage"],
        success=record["success"],
        verdict=Verdict(record["verdict"]),
        fixes_applied=fixes,
        usage=load(Usage, record["usage"]),
        suspicious=tuple(record.get("suspicious", ())),
    )


def _between(base: Patch, patch: Patch) -> Patch:
    """What ``patch`` adds to ``base``; both are against the project as found."""
    old = {edit.path: edit for edit in base.edits}
    new = {edit.path: edit for edit in patch.edits}
    steps = []
    for path in sorted(old.keys() | new.keys()):
        before = old[path].after if path in old else new[path].before
        after = new[path].after if path in new else old[path].before
        if before != after:
            steps.append(Edit(path, before, after))
    return Patch(tuple(steps))


def _timing(state: RepairState, total: float) -> dict[str, float]:
    seconds = state.get("seconds", {})
    spent = {name: seconds.get(name, 0.0) for name in ("tests", "llm", "search")}
    own = max(0.0, total - sum(spent.values()))
    named = {f"{name}_s": value for name, value in spent.items()}
    return {name: round(value, 4) for name, value in ({"total_s": total} | named | {"own_s": own}).items()}
