"""A patch that a person must agree to: asked through the client, in both of the protocol's ages, or left waiting."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ElicitResult, InputRequiredResult

from aion_r.api.mcp_server import elicitation
from aion_r.api.mcp_server.elicitation import decision_of, form
from aion_r.api.mcp_server.server import Workshop, build_server
from aion_r.api.mcp_server.turns import Turn
from aion_r.api.roots import Roots
from aion_r.core.decisions import Question
from aion_r.core.errors import UsageError
from aion_r.tools.runs import RunStore
from support.mcp_client import Session, serving, session, stdio, words
from support.projects import CALC, RIGHT, calc
from support.scripted_server import ScriptedServer

MENDED = CALC.replace("a - b", "a + b")
EDITED = MENDED.replace("return a + b", "return b + a")
PATCH = "--- a/calc.py\n+++ b/calc.py\n@@ -5 +5 @@\n-    return a - b\n+    return b + a\n"
BOTH_AGES = pytest.mark.parametrize("mode", ["auto", "legacy"])


class Person:
    """Answers each question with the next of ``answers``, and keeps what was shown and how the file was then."""

    def __init__(self, project: Path, *answers: ElicitResult) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.project = project

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.shown.append(params.message)
        self.forms.append(params.requested_schema)
        assert (self.project / "calc.py").read_text() == CALC, "written before it was approved"
        return self.answers.pop(0)


def says(decision: str, **more: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"decision": decision, **more})


@pytest.fixture
def project(folder: Path) -> Path:
    return calc(folder / "shop")


@pytest.fixture
def shop(folder: Path, home: Path, project: Path) -> Workshop:
    """A server in this process, which asks whatever a call says."""
    return Workshop(Roots((folder,)), {"providers": ["offline"], "home": home}, approve=True)


@pytest.fixture
def ask(shop: Workshop) -> Callable[..., Any]:
    """Calls ``fix_tests``, and gives its result."""

    def fixed(person: Person | None, mode: str, server: Any = None, **arguments: Any) -> Any:
        with session(server or build_server(shop), mode=mode, elicitation_callback=person) as agent:
            return agent.call("fix_tests", project="shop", **arguments)

    return fixed


@BOTH_AGES
def test_accepted(ask: Callable[..., Any], folder: Path, home: Path, project: Path, mode: str):
    person = Person(project, says("accept"))
    done = ask(person, mode, stdio(folder, home, "--providers", "offline"), approve=True)
    assert done.structured_content["applied"] and not done.structured_content["awaiting_approval"]
    assert (project / "calc.py").read_text() == MENDED
    (shown,) = person.shown
    assert "Shall this be written to shop?" in shown and "It repairs test_calc.py::test_add." in shown
    assert "-    return a - b\n+    return a + b" in shown
    assert person.forms[0]["properties"]["decision"]["enum"] == ["accept", "reject", "edit"]


def test_accepted_over_http(ask: Callable[..., Any], folder: Path, home: Path, project: Path):
    """Of the first age, where the question goes the other way on the call's own stream, for every call."""
    person = Person(project, says("accept"))
    with serving(folder, home, "--providers", "offline", "--approve") as address:
        done = ask(person, "legacy", address)
    assert done.structured_content["applied"] and person.shown, words(done)
    assert (project / "calc.py").read_text() == MENDED


@BOTH_AGES
def test_rejected_with_a_reason_another_is_made(
    ask: Callable[..., Any], project: Path, shop: Workshop, model: ScriptedServer, mode: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    for name, value in model.environment("openai").items():
        monkeypatch.setenv(name, value)
    server = build_server(replace(shop, given=shop.given | {"providers": ["openai"]}))  # type: ignore[operator]
    model.reply("openai", RIGHT, RIGHT.replace("a + b", "b + a"))
    person = Person(project, says("reject", reason="put b first"), says("accept", reason="", patch=""))
    done = ask(person, mode, server)
    assert done.structured_content["applied"], words(done)
    assert (project / "calc.py").read_text() == EDITED
    assert "+    return a + b" in person.shown[0] and "+    return b + a" in person.shown[1]
    assert "put b first" in json.dumps(model.calls("openai")[-1].json["messages"])


@BOTH_AGES
def test_edited(ask: Callable[..., Any], project: Path, mode: str):
    wrong = PATCH.replace("b + a", "0")
    person = Person(project, says("edit", patch=wrong), says("maybe"), says("edit", patch=PATCH))
    assert ask(person, mode).structured_content["applied"]
    assert (project / "calc.py").read_text() == EDITED
    assert "Asked again: " in person.shown[1] and "+    return a + b" in person.shown[1]
    assert "Asked again: the form came back without a decision" in person.shown[2]


@BOTH_AGES
def test_declined(ask: Callable[..., Any], project: Path, mode: str):
    done = ask(Person(project, ElicitResult(action="decline")), mode)
    said = done.structured_content
    assert (said["applied"], said["awaiting_approval"], said["message"]) == (False, False, "the patch was not approved")
    assert "next: ask whoever rejected it what they want" in words(done)
    assert (project / "calc.py").read_text() == CALC


@BOTH_AGES
def test_nobody_answers_and_the_run_waits(ask: Callable[..., Any], project: Path, mode: str):
    done = ask(Person(project, ElicitResult(action="cancel")), mode)
    assert not done.is_error and done.structured_content["awaiting_approval"]
    assert words(done).startswith("awaiting_approval: 2 of 2 tests pass")
    assert (project / "calc.py").read_text() == CALC


def test_a_client_that_cannot_ask_is_told_how_to_answer(ask: Callable[..., Any], project: Path, home: Path):
    done = ask(None, "auto")
    run = done.structured_content["run_id"]
    assert done.structured_content["awaiting_approval"] and (project / "calc.py").read_text() == CALC
    assert f"next: a person must answer: `aion-r runs resume {run}`" in words(done)
    assert "+    return a + b" in words(done)
    command = [sys.executable, "-m", "aion_r", "runs", "resume", run, "--accept"]
    resumed = subprocess.run(command, cwd=project, env=stdio(project, home).env, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    assert (project / "calc.py").read_text() == MENDED


@pytest.fixture
def agent(shop: Workshop, project: Path) -> Iterator[Session]:
    with session(build_server(shop), elicitation_callback=Person(project)) as opened:
        yield opened


def first_round(agent: Session) -> InputRequiredResult:
    """What the call comes to before anybody is asked."""
    answer = agent.portal.call(called, agent, None, None)
    assert isinstance(answer, InputRequiredResult)
    return answer


async def called(agent: Session, responses: Any, state: str | None) -> Any:
    return await agent.client.session.call_tool(
        "fix_tests", {"project": "shop"}, input_responses=responses, request_state=state, allow_input_required=True
    )


def test_an_answer_counts_once_and_only_for_the_question_that_was_put(agent: Session, project: Path, home: Path):
    state = first_round(agent).request_state or ""
    run = state.partition(":")[0]
    yes = {"approval": says("accept")}
    store = RunStore.find(home, run)
    seal = store.facts["asked_over_mcp"]
    store.update(asked_over_mcp="")  # as of a run that was begun in a terminal
    assert agent.portal.call(called, agent, yes, f"{run}:").is_error
    store.update(asked_over_mcp=seal)
    for forged in (f"{run}:", f"{run}:{'x' * 43}", f"../{run}:x", "none"):
        refused = agent.portal.call(called, agent, yes, forged)
        assert refused.is_error, words(refused)
        assert "did not ask this" in words(refused) or "no run" in words(refused)
    assert (project / "calc.py").read_text() == CALC
    assert agent.portal.call(called, agent, yes, state).structured_content["applied"]
    again = agent.portal.call(called, agent, yes, state)
    assert again.is_error and "waits for no answer any more" in words(again)


def test_a_server_that_may_not_write_takes_no_answer(agent: Session, shop: Workshop, project: Path):
    state = first_round(agent).request_state or ""
    reads = Workshop(shop.roots, shop.given, may_write=False)
    with session(build_server(reads), elicitation_callback=Person(project)) as other:
        refused = other.portal.call(called, other, {"approval": says("accept")}, state)
    assert refused.is_error and "does not write" in words(refused)
    assert (project / "calc.py").read_text() == CALC


@BOTH_AGES
def test_a_patch_too_long_for_a_form_waits(shop: Workshop, project: Path, monkeypatch: pytest.MonkeyPatch, mode: str):
    """A person approves what was shown, whole."""
    monkeypatch.setattr(elicitation, "LONGEST", 40)
    person = Person(project)
    with session(build_server(shop), mode=mode, elicitation_callback=person) as agent:
        done = agent.call("fix_tests", project="shop")
    assert done.structured_content["awaiting_approval"] and person.shown == []


def test_one_that_waits_for_a_person_lets_others_work():
    async def both() -> list[str]:
        turns, seen, answered = asyncio.Semaphore(1), [], asyncio.Event()

        async def waiting() -> None:
            async with Turn(turns) as turn, turn.lent():
                await answered.wait()
            seen.append("answered")

        async def other() -> None:
            async with Turn(turns):
                seen.append("other")
            answered.set()

        await asyncio.wait_for(asyncio.gather(waiting(), other()), 5)
        cancelled = asyncio.create_task(waiting())
        answered.clear()
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        assert turns._value == 1, "a cancelled call gives back what it has, and no more"
        return seen

    assert asyncio.run(both()) == ["other", "answered"]


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (ElicitResult(action="cancel"), None),
        (None, None),
        (ElicitResult(action="decline"), "reject"),
        (says("reject"), "reject"),
        (says("accept", reason="thanks", patch="x"), "accept"),
        (says("edit", patch="--- a\n", reason="so"), "edit"),
    ],
)
def test_what_a_form_means(answer: ElicitResult | None, decision: str | None):
    found = decision_of(answer, 3)
    assert (found and (str(found.action), found.question)) == (decision and (decision, 3))


@pytest.mark.parametrize(
    "content", [None, {}, {"decision": "yes"}, {"decision": "edit"}, {"decision": "reject", "reason": 3}]
)
def test_what_is_no_decision(content: dict[str, Any] | None):
    with pytest.raises(UsageError):
        decision_of(ElicitResult(action="accept", content=content), 1)


def test_what_is_shown_has_no_escapes_and_is_whole():
    patch = "--- a/x\n+++ b/x\n" + "+\x1b[31mred\u202e\n" * 500
    question = Question("r", 1, patch, repairs=("t\x1b[0m" * 90,) * 9, complete=False, suspicious=("deletes a test",))
    shown = form(question, "shop", "no decision").params.message
    assert "\x1b" not in shown and "\u202e" not in shown
    assert shown.count("red") == 500 and "and 4 more" in shown
    for said in ("Other tests still fail", "SUSPICIOUS: deletes a test", "Asked again: no decision"):
        assert said in shown
