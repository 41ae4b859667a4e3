"""The repair agent through the server's A2A: a short text for an answer, a question before a write, no state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from aion_r.api.tokens import tokens
from support.projects import CALC, plain_pytest
from support.studio_server import Studio

OFFLINE = {"kind": "data", "data": {"providers": ["offline"]}}


@pytest.fixture
def send(studio: Studio) -> Any:
    """Sends parts to the agent, for a task of its own or for the one that ``task`` is; the task that they come to."""
    server = httpx.Client(base_url=studio.url, timeout=300)
    search = server.post("/assistants/search", json={"graph_id": "aion_r_agent"})
    address = f"/a2a/{search.json()[0]['assistant_id']}"

    def sent(*parts: dict[str, Any], task: dict[str, Any] | None = None) -> dict[str, Any]:
        message = {"role": "user", "messageId": str(uuid4()), "parts": list(parts)}
        if task:
            message |= {"taskId": task["id"], "contextId": task["contextId"]}
        asked = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}
        answer = server.post(address, json=asked, headers={"accept": "application/json"}).json()
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    yield sent
    server.close()


def said(task: dict[str, Any]) -> str:
    ((part,),) = [artifact["parts"] for artifact in task["artifacts"]]
    return str(part["text"])


def test_a_short_answer_and_nothing_of_the_state(send: Any, project: Path, studio: Studio) -> None:
    task = send({"kind": "data", "data": {"project_path": str(project), "providers": ["offline"]}})
    assert task["status"]["state"] == "completed"
    text = said(task)
    assert text.startswith("repaired: 2 of 2 tests pass") and "files: calc.py" in text and "+    return a + b" in text
    assert tokens(text) < 600 and "evaluate_convergence" not in json.dumps(task)
    assert len(json.dumps(task)) < 8_000
    assert plain_pytest(project) == 0
    assert studio.complaints() == []


def test_words_that_name_the_project_and_a_question_before_the_write(send: Any, project: Path) -> None:
    words = {"kind": "text", "text": f"Make the tests of {project} pass, please."}
    asked = send(words, {"kind": "data", "data": {"providers": ["offline"], "approve": True}})
    assert asked["status"]["state"] == "input-required"
    (part,) = asked["artifacts"][0]["parts"]
    assert "+    return a + b" in part["data"]["value"]["patch"]
    assert (project / "calc.py").read_text() == CALC
    done = send({"kind": "data", "data": {"resume": {"action": "accept"}}}, task=asked)
    assert (done["status"]["state"], done["id"]) == ("completed", asked["id"])
    assert said(done).startswith("repaired: ")
    assert plain_pytest(project) == 0


def test_words_that_name_nothing(send: Any, tmp_path: Path) -> None:
    task = send({"kind": "text", "text": f"Make the tests of {tmp_path / 'nowhere'} pass."}, OFFLINE)
    assert said(task).startswith("error: name the folder of a project: a data part")
    lost = send({"kind": "data", "data": {"project_path": str(tmp_path / "nowhere")}})
    assert said(lost) == "error: project_path must name the folder of a project"
