"""The rules that decide whether a run is done, goes on, or has converged. No input or output: state in, state out.

- what failed as found is flaky: there is nothing to repair, and no patch is credited with it;
- all tests pass and nothing was lost: ``accept`` (or stop at once when the project was green as found);
- a regression, or no improvement, rolls back to the best state seen; whoever writes the next fix is told;
- ``patience`` iterations in a row that improve less than the threshold, or a (patch, failing set, error) met before:
  the strategy in use is exhausted. The offline search, if the run has it, gets the last word; then it has converged,
  unless tests of another framework fail, too: their turn comes;
- candidates of the same iteration that wait are tried first, whatever this one did;
- the limit of iterations, or a budget of money, tokens or time, ends it;
- what a reviewer made of a patch goes back to the reviewer, unless it is as good as the patch was.
"""

from __future__ import annotations

import hashlib

from ..core.domain import Verdict
from ..core.limits import Limits
from ..core.state import Record, RepairState, Update, in_turn


async def evaluate_convergence(state: RepairState, *, limits: Limits) -> Update:
    """Sets ``decision``; after an iteration also the attempt's record, ``best``, ``stalls`` and ``feedback``."""
    if not state.get("iteration"):
        return _first_look(state, limits)
    attempt = _judge(state)
    edited = attempt.get("edited", False)
    better = _better(state, attempt)
    best = _as_best(state, state["patch"]) if better else state["best"]
    met = _hash(state)
    waiting = state.get("candidates", [])
    stalls = 0 if better and _enough(attempt, state, limits) else state.get("stalls", 0) + (not waiting)
    stuck = met in state.get("seen", [])
    update: Update = {
        "attempts": [attempt],
        "seen": [met],
        "best": best,
        "patch": best["patch"],
        "stalls": stalls,
        "feedback": _feedback(state, attempt, better),
    }
    if edited:
        return update | _reviewed(state, best, better)
    if state["comparison"].get("only_flaky"):
        return update | _only_flaky(state)
    if attempt["success"]:
        return update | {"decision": "accept", "rollback": state["best"]}
    if waiting and not limits.spent(state):
        return update | {"decision": "repair"}
    exhausted = _exhausted(state, attempt, better, stuck or stalls >= limits.patience)
    now, *others = in_turn(state["best"], state.get("given_up", [])) or [""]
    if others and limits.strategies <= set(exhausted):
        exhausted = []
        update |= {"given_up": [*state.get("given_up", []), now], "feedback": "", "stalls": 0}
    reason, message = end(state, limits, exhausted)
    if reason:
        return update | {"decision": "stop", "stop_reason": reason, "message": message, "success": False}
    if exhausted != state.get("exhausted", []):
        update["stalls"] = 0
    return update | {"decision": "repair", "exhausted": exhausted}


def _first_look(state: RepairState, limits: Limits) -> Update:
    best = _as_best(state, "")
    if state["report"]["all_passed"]:
        return {"best": best, "decision": "stop", "stop_reason": "already_green", "success": True}
    why = state["initial"].get("not_run")
    if why:
        return {"best": best, "decision": "stop", "stop_reason": "tests_not_run", "message": why, "success": False}
    spent = limits.spent(state)
    if spent:
        return {"best": best, "decision": "stop", "stop_reason": spent, "success": False}
    return {"best": best, "decision": "repair", "seen": [_hash(state)], "exhausted": [], "stalls": 0}


def _only_flaky(state: RepairState) -> Update:
    names = ", ".join(state["flaky"][:5])
    message = f"nothing to repair: what failed passes when it is run again with nothing changed ({names})"
    as_found = state["initial"] | {"patch": ""}
    return {
        "best": as_found,
        "patch": "",
        "decision": "stop",
        "stop_reason": "flaky",
        "message": message,
        "success": False,
    }


def _reviewed(state: RepairState, best: Record, better: bool) -> Update:
    decision: Update = {"decision": "accept" if best["all_passed"] else "stop"}
    if better:
        return decision
    broken = (state["comparison"]["regressed"] or state["comparison"]["vanished"])[:5]
    shown = "; ".join(f"{one['test_id']}: {one['message']}" for one in state["report"]["failures"][:3])
    said = f"breaks or loses tests that ran before ({', '.join(broken)})" if broken else f"does not hold ({shown})"
    return decision | {"approved": "", "pending": {"problem": f"the edited patch {said}"}}


def _judge(state: RepairState) -> Record:
    report, proposal = state["report"], state["proposal"]
    before, after = state["best"]["failing"], report["failing"]
    if not state["comparison"]["harmless"]:
        verdict = Verdict.REGRESSED
    else:
        green = report["all_passed"] and not report.get("partial")
        verdict = Verdict.PLAUSIBLE if green else Verdict.STILL_FAILING
    return proposal | {
        "iteration": state["iteration"],
        "failures_before": before,
        "failures_after": after,
        "improvement_percentage": round(100.0 * (before - after) / before, 2) if before else 0.0,
        "success": verdict is Verdict.PLAUSIBLE,
        "verdict": str(verdict),
        "patch": state["patch"],
    }


def _key(report: Record) -> tuple[bool, int, int]:
    """Orders states, best last. Passed before failing: mending a file that did not load reveals tests that fail."""
    return report["outcome"] == "completed", report["passed"], -report["failing"]


def _better(state: RepairState, attempt: Record) -> bool:
    """Chosen tests alone never make a state the best."""
    judged = attempt["verdict"] != Verdict.REGRESSED and not state["report"].get("partial")
    now, best = _key(state["report"]), _key(state["best"])
    return judged and (now > best or (now == best and attempt.get("edited", False)))


def _as_best(state: RepairState, patch: str) -> Record:
    report = {name: value for name, value in state["report"].items() if name != "failures"}
    return report | {"patch": patch}


def _enough(attempt: Record, state: RepairState, limits: Limits) -> bool:
    report, best = state["report"], state["best"]
    revealed: bool = report["total"] > best["total"]
    mended: bool = len(report.get("failing_in", [])) < len(best.get("failing_in", []))
    improved: float = attempt["improvement_percentage"]
    return revealed or mended or improved >= limits.min_improvement


def _exhausted(state: RepairState, attempt: Record, better: bool, converged: bool) -> list[str]:
    if better and not converged:
        return []
    done = set(state.get("exhausted", []))
    if converged or attempt["strategy"] == "offline":  # the search is deterministic: asking again tells nothing new
        done.add(attempt["strategy"])
    return sorted(done)


def end(state: RepairState, limits: Limits, exhausted: list[str]) -> tuple[str, str]:
    """Why a run that is not green ends here, and the same in words; empty where it goes on."""
    spent = limits.spent(state)
    if spent:
        return spent, "a budget of the run is spent"
    if state["iteration"] >= limits.max_iterations:
        return "iteration_limit", f"{limits.max_iterations} iterations did not make all tests pass"
    if limits.strategies <= set(exhausted):
        return "converged", f"the last fixes improved less than {limits.min_improvement:g} %"
    return "", ""


def _hash(state: RepairState) -> str:
    return hashlib.sha256(f"{state.get('patch', '')}\0{state['report']['signature']}".encode()).hexdigest()[:16]


def _feedback(state: RepairState, attempt: Record, better: bool) -> str:
    after, comparison = attempt["failures_after"], state["comparison"]
    if better:
        return f"The last patch helped and is kept: {after} tests still fail."
    if attempt["verdict"] == Verdict.REGRESSED:
        broken = ", ".join((comparison["regressed"] or comparison["vanished"])[:5])
        return f"The last patch was undone: it broke or lost tests that ran before ({broken})."
    shown = state["report"]["failures"][:3]
    messages = "; ".join(f"{failure['test_id']}: {failure['message']}" for failure in shown)
    return f"The last patch was undone: {after} tests still fail ({messages})."
