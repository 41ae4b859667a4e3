"""What counts as an answer to a question, and what is refused."""

from __future__ import annotations

import json

import pytest

from aion_r.core.decisions import REASON_LONGEST, Action, Decision, Question
from aion_r.core.errors import UsageError

DIFF = "--- a/calc.py\n+++ b/calc.py\n@@ -1 +1 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        (True, Decision(Action.ACCEPT)),
        (False, Decision(Action.REJECT)),
        ({"action": "accept"}, Decision(Action.ACCEPT)),
        ({"action": "accept", "reason": None, "patch": None, "question": None}, Decision(Action.ACCEPT)),
        ({"action": "accept", "question": 2}, Decision(Action.ACCEPT, question=2)),
        ({"action": "reject", "reason": " too clever\n"}, Decision(Action.REJECT, "too clever")),
        ({"action": "edit", "patch": DIFF}, Decision(Action.EDIT, patch=DIFF)),
        (Decision(Action.ACCEPT), Decision(Action.ACCEPT)),
    ],
)
def test_what_counts(given: object, decision: Decision) -> None:
    assert Decision.of(given) == decision
    assert Decision.of(json.loads(json.dumps(decision.to_dict()))) == decision


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("accept", "a decision is"),
        (None, "a decision is"),
        ({}, "a decision is"),
        ({"action": "approve"}, "a decision is"),
        ({"action": ["accept"]}, "a decision is"),
        ({"action": "accept", "patch": DIFF}, 'takes no "patch"'),
        ({"action": "accept", "reason": "good"}, 'takes no "reason"'),
        ({"action": "edit", "patch": " \n"}, 'needs a "patch"'),
        ({"action": "edit", "patch": 7}, "are text"),
        ({"action": "accept", "question": -1}, "is its number"),
        ({"action": "accept", "question": "1"}, "is its number"),
        ({"action": "accept", "comment": "x"}, "has no comment"),
    ],
)
def test_what_is_refused(given: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Decision.of(given)


def test_a_long_reason_is_cut() -> None:
    assert len(Decision.of({"action": "reject", "reason": "x" * 99_999}).reason) == REASON_LONGEST


def test_a_question_survives_json() -> None:
    question = Question("run", 1, DIFF, ("calc.py",), ("test_calc.py::test_add",), suspicious=("why",), problem="no")
    assert Question.of(json.loads(json.dumps(question.to_dict()))) == question
