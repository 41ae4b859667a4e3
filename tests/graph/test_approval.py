"""A run that asks before it writes: every answer, over Python, in this process and from a checkpoint."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aion_r.api.approvals import OpenQuestions
from aion_r.core.decisions import Decision, Question
from aion_r.core.errors import Forbidden, NotWaiting, ProjectBusy, UsageError
from aion_r.graph.context import is_held
from aion_r.tools.delivery import DeliveryOptions, ProjectDelivery
from aion_r.tools.edits.guard import Guard
from aion_r.tools.runs import RunStore, list_runs
from aion_r.tools.workspace import Workspace
from aion_r.tools.workspace.changes import TICK
from support.projects import CALC, RIGHT, TEST_CALC, WRONG, block, plain_pytest
from support.repairing import MakeCycle
from support.scripted_server import ScriptedServer

GOOD = CALC.replace("a - b", "a + b")
OTHER = block("calc.py", "    return a - b", "    return sum((a, b))")


def diff(line: str, path: str = "calc.py") -> str:
    """``add`` with another body."""
    return f"--- a/{path}\n+++ b/{path}\n@@ -4,2 +4,2 @@\n def add(a, b):\n-    return a - b\n+{line}\n"


class Reviewer:
    """Gives the answers in their order, and keeps the questions."""

    def __init__(self, *answers: Any) -> None:
        self.questions: list[Question] = []
        self._answers = list(answers)

    def __call__(self, question: Question) -> Any:
        self.questions.append(question)
        return self._answers.pop(0)


def test_the_question_says_what_is_to_be_written_and_why(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    reviewer = Reviewer(True)
    result = cycle(approve=reviewer).run_autocorrection(project)
    assert (result.success, result.applied, result.stop_reason) == (True, True, "all_passed")
    assert (project / "calc.py").read_text() == GOOD
    (question,) = reviewer.questions
    assert question.patch == result.patch and "+    return a + b" in question.patch
    assert (question.run_id, question.question, question.paths) == (result.run_id, 1, ("calc.py",))
    assert question.repairs == ("test_calc.py::test_add",)
    assert (question.complete, question.verdict, question.problem) == (True, "plausible", "")


def test_nobody_is_asked_for_what_is_not_written(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", RIGHT)
    reviewer = Reviewer()
    assert cycle(approve=reviewer, apply=False).run_autocorrection(project).success
    assert (reviewer.questions, (project / "calc.py").read_text()) == ([], CALC)


def test_a_rejection_without_a_reason_ends_the_run(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", RIGHT, OTHER)
    result = cycle(approve=lambda question: False).run_autocorrection(project)
    assert (result.success, result.applied, result.stop_reason) == (False, False, "rejected")
    assert (project / "calc.py").read_text() == CALC
    assert len(server.calls()) == 1
    assert result.patch_file is not None and "+    return a + b" in Path(result.patch_file).read_text()


def test_a_reason_goes_to_the_model_and_the_loop_goes_on(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT, OTHER)
    reviewer = Reviewer({"action": "reject", "reason": "use sum(), please"}, {"action": "accept"})
    result = cycle(approve=reviewer).run_autocorrection(project)
    assert result.applied and "return sum((a, b))" in (project / "calc.py").read_text()
    assert [one.question for one in reviewer.questions] == [1, 2]
    second = server.calls()[1].prompt
    assert "a reviewer rejected it: use sum(), please" in second
    assert "+    return a + b" in second, "the rejected patch is shown"
    assert "assert -1 == 5" in second or "test_add" in second, "the failures are those before the patch"
    assert result.iterations_completed == 2


def test_a_rejection_goes_back_to_the_state_before_the_last_patch(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    """Not to the beginning: what an earlier iteration mended stays."""
    (project / "calc.py").write_text(CALC.replace("a * b", "a / b"))
    mul = block("calc.py", "    return a / b", "    return a * b")
    server.reply("openai", RIGHT, mul, block("calc.py", "    return a / b", "    return b * a"))
    result = cycle(approve=Reviewer({"action": "reject", "reason": "b first"}, True)).run_autocorrection(project)
    assert result.applied
    assert (project / "calc.py").read_text() == GOOD.replace("a * b", "b * a")
    assert len(server.calls()) == 3


def test_a_commit_names_nothing_that_was_rejected(
    cycle: MakeCycle, server: ScriptedServer, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "T")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.invalid")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "found"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    server.reply("openai", RIGHT, OTHER)
    result = cycle(approve=Reviewer({"action": "reject", "reason": "use sum()"}, True), commit=True)
    assert "Committed as" in result.run_autocorrection(project).message
    log = subprocess.run(["git", "log", "-1", "--format=%B"], cwd=project, check=True, capture_output=True, text=True)
    assert log.stdout.count("Found by") == 1


def test_tests_inside_a_source_file_are_not_the_reviewers_to_edit_either(project: Path, home: Path) -> None:
    refused = "the tests in calc.py may not be changed"
    options = DeliveryOptions(approve=True)
    guard = Guard(project, lambda path: False)
    arguments = Workspace(project), guard, RunStore.create(home, project), options
    assert ProjectDelivery(*arguments).edited(diff("    return a + b")).paths == ("calc.py",)
    with pytest.raises(Forbidden, match=refused):
        ProjectDelivery(*arguments, refuse=lambda edit: refused).edited(diff("    return a + b"))


def test_a_rejection_at_the_limit_ends_the_run(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", RIGHT, OTHER)
    reviewer = Reviewer({"action": "reject", "reason": "use sum()"})
    result = cycle(approve=reviewer, max_iterations=1).run_autocorrection(project)
    assert (result.stop_reason, result.applied) == ("rejected", False)
    assert "use sum()" in result.message and "1 iterations" in result.message
    assert (project / "calc.py").read_text() == CALC


def test_the_offline_search_is_not_asked_for_the_same_again(cycle: MakeCycle, project: Path) -> None:
    reviewer = Reviewer({"action": "reject", "reason": "no"})
    result = cycle(approve=reviewer, providers=["offline"]).run_autocorrection(project)
    assert (result.stop_reason, len(reviewer.questions), result.applied) == ("rejected", 1, False)


def test_an_edited_patch_is_tested_and_then_written_unasked(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    reviewer = Reviewer({"action": "edit", "patch": diff("    return b + a  # mine")})
    result = cycle(approve=reviewer).run_autocorrection(project)
    assert (result.success, result.applied, len(reviewer.questions)) == (True, True, 1)
    assert (project / "calc.py").read_text() == CALC.replace("return a - b", "return b + a  # mine")
    assert "+    return b + a  # mine" in result.patch
    last = result.corrections_applied[-1]
    assert (last.iteration, last.success, last.fixes_applied[0].explanation) == (1, True, "edited by a reviewer")
    assert result.test_runs == 3, "as found, the model's patch, the reviewer's"


@pytest.mark.parametrize(
    ("patch", "problem"),
    [
        (diff("    return a * b"), "the edited patch does not hold (test_calc.py::test_add"),
        (diff("    return a + b").replace("return a - b", "raise NotImplementedError(a, b)"), "was not applied"),
        (diff("    pass", "test_calc.py"), "test_calc.py"),
        (diff("    pass", "../outside.py"), "holds '..'"),
        (diff("    pass", ".git/config"), "may not be changed"),
        ("not a diff at all", "There is no edit"),
    ],
    ids=["tests fail", "does not apply", "a test", "outside", "git", "no diff"],
)
def test_an_edited_patch_that_does_not_hold_is_asked_about_again(
    cycle: MakeCycle, server: ScriptedServer, project: Path, patch: str, problem: str
) -> None:
    server.reply("openai", RIGHT)
    before: list[str] = []
    reviewer = Reviewer({"action": "edit", "patch": patch}, True)

    def ask(question: Question) -> Any:
        before.append((project / "calc.py").read_text())
        return reviewer(question)

    result = cycle(approve=ask).run_autocorrection(project)
    assert problem in reviewer.questions[1].problem
    assert reviewer.questions[1].patch == reviewer.questions[0].patch, "the patch that holds is shown again"
    assert before == [CALC, CALC]
    assert result.applied and (project / "calc.py").read_text() == GOOD
    assert (project / "test_calc.py").read_text() == TEST_CALC


def test_an_edit_that_breaks_another_test_is_not_written(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    broken = diff("    return a + b") + "@@ -8,2 +8,2 @@\n def mul(a, b):\n-    return a * b\n+    return a + b\n"
    reviewer = Reviewer({"action": "edit", "patch": broken}, False)
    result = cycle(approve=reviewer).run_autocorrection(project)
    assert "breaks or loses tests that ran before (test_calc.py::test_mul)" in reviewer.questions[1].problem
    assert (result.stop_reason, (project / "calc.py").read_text()) == ("rejected", CALC)


def test_a_partial_patch_is_asked_about_too(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    (project / "calc.py").write_text(CALC.replace("a * b", "a / b"))
    server.reply("openai", RIGHT)
    reviewer = Reviewer(True)
    options: dict[str, Any] = {"apply_partial": True, "max_iterations": 1}
    result = cycle(approve=reviewer, **options).run_autocorrection(project)
    assert (reviewer.questions[0].complete, result.applied, result.stop_reason) == (False, True, "iteration_limit")


def test_a_partial_patch_that_is_rejected_changes_nothing(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    (project / "calc.py").write_text(CALC.replace("a * b", "a / b"))
    server.reply("openai", RIGHT)
    options: dict[str, Any] = {"apply_partial": True, "max_iterations": 1}
    result = cycle(approve=lambda question: False, **options).run_autocorrection(project)
    assert (result.applied, result.stop_reason) == (False, "iteration_limit")
    assert "a / b" in (project / "calc.py").read_text() and "a - b" in (project / "calc.py").read_text()


def test_what_the_user_edits_while_asked_is_merged_tested_and_asked_about(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    asked: list[str] = []

    def ask(question: Question) -> bool:
        asked.append(question.patch)
        if len(asked) == 1:
            (project / "calc.py").write_text(CALC + "\n\ndef half(a):\n    return a / 2\n")
        return True

    result = cycle(approve=ask).run_autocorrection(project)
    assert len(asked) == 2, "the yes was for a patch that does not fit any more"
    assert result.applied and (project / "calc.py").read_text() == GOOD + "\n\ndef half(a):\n    return a / 2\n"
    assert plain_pytest(project) == 0


def test_while_it_waits_the_run_gives_up_nothing_and_its_clock_stands(
    cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path
) -> None:
    server.reply("openai", RIGHT)
    seen: dict[str, Any] = {}

    def ask(question: Question) -> bool:
        seen["held"] = is_held(project, home)
        seen["facts"] = json.loads((home / "runs" / question.run_id / "run.json").read_text())
        with pytest.raises(ProjectBusy):
            cycle().run_autocorrection(project)
        time.sleep(1.5)
        return True

    began = time.monotonic()
    result = cycle(approve=ask, time_limit=60).run_autocorrection(project)
    assert result.applied and seen["held"]
    assert (seen["facts"]["outcome"], seen["facts"]["question"]["question"]) == ("waiting", 1)
    assert result.timing["total_s"] < time.monotonic() - began - 1.4
    assert json.loads((home / "runs" / result.run_id / "run.json").read_text())["question"] is None


def paused(cycle: MakeCycle, project: Path, **options: Any) -> tuple[str, list[dict[str, Any]]]:
    """A run that has stopped at its question: its id, and its events."""
    time.sleep(2 * TICK)  # a project as young as that counts as changed after the run had begun

    async def events() -> list[dict[str, Any]]:
        return [event async for event in cycle(approve=True, **options).astream(project)]

    seen = asyncio.run(events())
    return seen[-1]["result"].run_id, seen


def test_a_run_stops_at_its_question_and_goes_on_with_the_decision(
    cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path
) -> None:
    server.reply("openai", RIGHT)
    run_id, events = paused(cycle, project)
    result = events[-1]["result"]
    assert (result.stop_reason, result.applied, str(result.outcome)) == ("awaiting_approval", False, "not_repaired")
    assert events[-2]["event"] == "approval" and "+    return a + b" in events[-2]["patch"]
    assert (project / "calc.py").read_text() == CALC
    assert not is_held(project, home)
    result = cycle().resume(run_id, {"action": "accept", "question": 1})
    assert result.applied and (project / "calc.py").read_text() == GOOD
    assert len(server.calls()) == 1
    with pytest.raises(NotWaiting, match=r"waits for no answer any more: it has ended \(repaired\)"):
        cycle().resume(run_id, {"action": "accept"})


def test_a_stopped_run_asks_again_where_no_decision_is_given(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    run_id, _ = paused(cycle, project)
    reviewer = Reviewer(None, False)
    assert cycle(approve=reviewer).resume(run_id).stop_reason == "awaiting_approval"
    assert cycle(approve=reviewer).resume(run_id).stop_reason == "rejected"
    assert [one.question for one in reviewer.questions] == [1, 1]


def test_an_answer_counts_for_its_own_question_alone(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", RIGHT, OTHER)
    run_id, _ = paused(cycle, project)
    again = cycle().resume(run_id, {"action": "reject", "reason": "use sum()", "question": 1})
    assert again.stop_reason == "awaiting_approval"
    with pytest.raises(NotWaiting, match=r"question 1 of run .* is not open: question 2 is"):
        cycle().resume(run_id, {"action": "accept", "question": 1})
    assert cycle().resume(run_id, {"action": "accept", "question": 2}).applied
    assert "sum((a, b))" in (project / "calc.py").read_text()


def test_a_run_that_has_not_asked_takes_no_decision(
    cycle: MakeCycle, server: ScriptedServer, project: Path, home: Path
) -> None:
    server.reply("openai", RIGHT)

    async def cut_short() -> None:
        events = cycle(approve=True).astream(project)
        async for event in events:
            if event["event"] == "node" and event["node"] == "apply_fix":
                await events.aclose()

    asyncio.run(cut_short())
    run_id = list_runs(home)[0]["run_id"]
    with pytest.raises(NotWaiting, match="waits for no answer"):
        cycle().resume(run_id, True)
    with pytest.raises(UsageError, match="a decision is"):
        cycle().resume(run_id, {"action": "yes"})


def test_a_project_that_changed_meanwhile_is_tested_again_and_asked_about_again(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    run_id, _ = paused(cycle, project)
    (project / "calc.py").write_text(CALC + "\n\ndef half(a):\n    return a / 2\n")
    time.sleep(2 * TICK)
    result = cycle().resume(run_id, True)
    assert (result.stop_reason, result.applied) == ("awaiting_approval", False)
    assert "your answer was not used" in result.message
    assert cycle().resume(run_id, True).applied


def test_a_coroutine_function_may_answer(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", RIGHT)

    async def ask(question: Question) -> Decision:
        await asyncio.sleep(0)
        return Decision.of({"action": "accept", "question": question.question})

    assert cycle(approve=ask).run_autocorrection(project).applied


def test_an_open_question_is_answered_once_from_elsewhere(
    cycle: MakeCycle, server: ScriptedServer, project: Path
) -> None:
    server.reply("openai", RIGHT)
    questions = OpenQuestions()
    outcome: list[Any] = []

    def answer() -> None:
        while not (waiting := questions.waiting()):
            time.sleep(0.01)
        run_id = waiting[0].run_id
        with pytest.raises(NotWaiting, match=r"question 7 of run .* is not open: question 1 is"):
            questions.answer(run_id, {"action": "accept", "question": 7})
        outcome.append(questions.answer(run_id, {"action": "accept"}))
        try:
            outcome.append(questions.answer(run_id, {"action": "accept"}))  # False: the run is on its way already
        except NotWaiting as error:
            outcome.append(str(error))

    other = threading.Thread(target=answer)
    other.start()
    result = cycle(approve=questions.ask).run_autocorrection(project)
    other.join()
    assert result.applied and outcome[0] is True
    assert outcome[1] is False or "has been answered" in outcome[1]
    assert questions.answer(result.run_id, True) is False
    assert questions.waiting() == []


def test_the_second_of_two_answers_is_refused() -> None:
    async def twice() -> Decision:
        questions = OpenQuestions()
        asking = asyncio.create_task(questions.ask(Question("run", 1, "diff")))
        await asyncio.sleep(0)
        assert questions.answer("run", True)
        with pytest.raises(NotWaiting, match="question 1 of run run has been answered"):
            questions.answer("run", False)
        return await asking

    assert asyncio.run(twice()) == Decision.of(True)


def test_a_wrong_first_fix_asks_nobody(cycle: MakeCycle, server: ScriptedServer, project: Path) -> None:
    server.reply("openai", WRONG, RIGHT)
    reviewer = Reviewer(True)
    assert cycle(approve=reviewer).run_autocorrection(project).applied
    assert len(reviewer.questions) == 1
