"""The rules of convergence, as pure functions of the state."""

from __future__ import annotations

import asyncio

import pytest

from aion_r.core.limits import Limits
from aion_r.core.state import in_turn
from aion_r.graph.routing import after_evaluation, after_generation
from aion_r.nodes.evaluate_convergence import evaluate_convergence

BOTH = frozenset({"llm", "offline"})


def report(failing: int, passed: int, *, signature: str = "s", outcome: str = "completed") -> dict:
    return {
        "id": f"{failing}-{passed}",
        "outcome": outcome,
        "failing": failing,
        "passed": passed,
        "total": failing + passed,
        "all_passed": outcome == "completed" and failing == 0 and passed > 0,
        "signature": f"{signature}{failing}",
        "failures": [{"test_id": f"t{n}", "message": "boom"} for n in range(failing)],
        "failing_in": ["pytest"] if failing else [],
    }


def evaluate(state: dict, **limits) -> dict:
    limits.setdefault("strategies", BOTH)
    return asyncio.run(evaluate_convergence(state, limits=Limits(**limits)))


def first(failing: int = 4, passed: int = 6, **more) -> dict:
    now = report(failing, passed)
    return {"report": now, "initial": now, "comparison": {"harmless": True}} | more


def after_fix(before: dict, now: dict, *, iteration: int = 1, broken: list[str] | None = None, **more) -> dict:
    comparison = {"harmless": not broken, "regressed": broken or [], "vanished": []}
    proposal = {"patch": f"p{iteration}", "strategy": "llm", "provider": "openai", "usage": {}}
    state = {
        "iteration": iteration,
        "patch": f"p{iteration}",
        "report": now,
        "best": before | {"patch": ""},
        "comparison": comparison,
        "proposal": proposal,
        "seen": [],
        "stalls": 0,
        "exhausted": [],
    }
    return state | more


def test_green_as_found_stops_at_once():
    update = evaluate(first(failing=0))
    assert (update["decision"], update["stop_reason"], update["success"]) == ("stop", "already_green", True)


def test_red_as_found_is_repaired():
    update = evaluate(first())
    assert update["decision"] == "repair"
    assert update["best"]["patch"] == ""
    assert len(update["seen"]) == 1


def test_a_suite_that_cannot_run_asks_nobody():
    state = first()
    state["initial"] = state["initial"] | {"not_run": "the package numpy is missing"}
    update = evaluate(state)
    assert (update["stop_reason"], update["message"]) == ("tests_not_run", "the package numpy is missing")


def test_all_green_is_accepted():
    update = evaluate(after_fix(report(4, 6), report(0, 10)))
    assert update["decision"] == "accept"
    assert update["best"]["patch"] == "p1"
    attempt = update["attempts"][0]
    assert attempt["verdict"] == "plausible" and attempt["success"] and attempt["improvement_percentage"] == 100.0


def test_all_green_with_a_lost_test_is_a_regression():
    update = evaluate(after_fix(report(4, 6), report(0, 9), broken=["t7"]))
    assert update["decision"] == "repair"
    assert update["attempts"][0]["verdict"] == "regressed"
    assert update["patch"] == "", "the view goes back to the best state"
    assert "t7" in update["feedback"]


def test_an_improvement_is_built_upon():
    update = evaluate(after_fix(report(4, 6), report(2, 8), stalls=1))
    assert update["decision"] == "repair"
    assert update["patch"] == update["best"]["patch"] == "p1"
    assert update["stalls"] == 0


@pytest.mark.parametrize(("threshold", "stalls"), [(25.0, 0), (25.1, 1)])
def test_the_threshold_is_inclusive(threshold: float, stalls: int):
    update = evaluate(after_fix(report(4, 6), report(3, 7)), min_improvement=threshold)
    assert update["stalls"] == stalls
    assert update["best"]["patch"] == "p1", "a small improvement is kept all the same"


def test_a_file_that_loads_again_reveals_failures_and_counts_as_better():
    update = evaluate(after_fix(report(1, 0), report(3, 5)))
    assert update["best"]["failing"] == 3
    assert update["stalls"] == 0


def test_one_stall_goes_on_two_hand_over_to_the_search():
    once = evaluate(after_fix(report(4, 6), report(4, 6)))
    assert (once["decision"], once["stalls"], once["exhausted"]) == ("repair", 1, [])
    twice = evaluate(after_fix(report(4, 6), report(4, 6), iteration=2, stalls=1))
    assert (twice["decision"], twice["exhausted"]) == ("repair", ["llm"])


def test_converged_when_no_strategy_is_left():
    update = evaluate(after_fix(report(4, 6), report(4, 6), stalls=1), strategies=frozenset({"llm"}))
    assert (update["decision"], update["stop_reason"]) == ("stop", "converged")


def test_the_same_state_twice_is_stuck():
    state = after_fix(report(4, 6), report(4, 6))
    met = evaluate(state)["seen"][0]
    again = evaluate(state | {"seen": [met]}, strategies=frozenset({"llm"}))
    assert again["stop_reason"] == "converged"


def test_the_iteration_limit():
    update = evaluate(after_fix(report(4, 6), report(3, 7), iteration=5), max_iterations=5)
    assert (update["decision"], update["stop_reason"]) == ("stop", "iteration_limit")


@pytest.mark.parametrize(
    ("limits", "usage", "reason"),
    [
        ({"budget_tokens": 100}, {"input_tokens": 60, "output_tokens": 40}, "budget"),
        ({"budget_usd": 0.5}, {"cost_usd": 0.5}, "budget"),
        ({"time_limit": 10.0, "elapsed": lambda: 10.0}, {}, "time_limit"),
    ],
)
def test_budgets_end_a_run(limits: dict, usage: dict, reason: str):
    update = evaluate(after_fix(report(4, 6), report(3, 7), usage=usage), **limits)
    assert (update["decision"], update["stop_reason"]) == ("stop", reason)


def test_an_unknown_price_is_not_taken_for_spent_money():
    usage = {"input_tokens": 9, "output_tokens": 1, "cost_usd": None}
    assert evaluate(after_fix(report(4, 6), report(3, 7), usage=usage), budget_usd=0.5)["decision"] == "repair"


def test_routes():
    best = {"patch": ""}
    assert after_evaluation({"decision": "repair", "best": best}) == "generate_fix"
    assert after_evaluation({"decision": "accept", "best": {"patch": "p"}}) == "merge_edits"
    assert after_evaluation({"decision": "stop", "best": best}) == "__end__"
    assert after_evaluation({"decision": "stop", "best": {"patch": "p"}}) == "merge_edits"
    assert after_evaluation({"decision": "repair", "best": best, "candidates": [{}]}) == "apply_fix"
    assert after_generation({"candidates": [{}], "best": best}) == "apply_fix"
    assert after_generation({"candidates": [], "best": best}) == "__end__"


def test_waiting_candidates_are_tried_before_anything_is_concluded():
    waiting = [{"patch": "p2"}]
    update = evaluate(after_fix(report(4, 6), report(4, 6), stalls=1, candidates=waiting))
    assert (update["decision"], update["stalls"]) == ("repair", 1)
    assert "exhausted" not in update
    spent = after_fix(report(4, 6), report(4, 6), candidates=waiting, usage={"input_tokens": 9})
    assert evaluate(spent, budget_tokens=5)["stop_reason"] == "budget"


def test_chosen_tests_alone_prove_nothing():
    for now in (report(0, 10), report(1, 9)):
        update = evaluate(after_fix(report(4, 6), now | {"partial": True}))
        assert update["decision"] == "repair"
        assert update["best"]["patch"] == ""
        assert update["attempts"][0]["verdict"] == "still_failing"


def two_sides(failing: int, passed: int, *names: str) -> dict:
    return report(failing, passed) | {"failing_in": list(names)}


def test_the_turn_of_another_framework_comes_before_the_end():
    state = after_fix(two_sides(2, 6, "pytest", "vitest"), two_sides(2, 6, "pytest", "vitest"), stalls=1)
    alone = frozenset({"llm"})
    update = evaluate(state, strategies=alone)
    assert (update["decision"], update["given_up"], update["exhausted"]) == ("repair", ["pytest"], [])
    assert (update["stalls"], update["feedback"]) == (0, "")
    last = evaluate(state | {"given_up": ["pytest"]}, strategies=alone)
    assert (last["decision"], last["stop_reason"]) == ("stop", "converged")


def test_a_framework_that_is_green_now_is_no_stall():
    before = two_sides(100, 6, "pytest", "vitest")
    assert evaluate(after_fix(before, two_sides(99, 7, "vitest")))["stalls"] == 0
    assert evaluate(after_fix(before, two_sides(99, 7, "pytest", "vitest")))["stalls"] == 1


def test_turns_go_in_order_past_those_given_up():
    best = two_sides(3, 6, "pytest", "vitest", "go")
    assert in_turn(best, []) == ["pytest", "vitest", "go"]
    assert in_turn(best, ["vitest"]) == ["pytest", "go"]
