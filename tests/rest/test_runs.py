"""Runs over HTTP, from the request to the repaired files: real server, real processes, real tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from support.projects import CALC, RIGHT, WRONG, block, snapshot
from support.replies import Hang, Status
from support.scripted_server import KEYS, ScriptedServer
from support.served import Served

Serve = Callable[..., Served]
CONTRACT = {
    *("run_id", "success", "outcome", "stop_reason", "iterations_completed", "convergence_achieved", "applied"),
    *("patch", "sandbox", "initial_test_results", "final_test_results", "corrections_applied", "providers", "usage"),
    *("timing", "suggestions", "final_code"),
}


def wait_until_asked(models: ScriptedServer, count: int = 1) -> None:
    import time

    end = time.monotonic() + 60
    while len(models.calls()) < count:
        assert time.monotonic() < end, "no model was asked"
        time.sleep(0.02)


def test_a_run_from_the_request_to_the_repaired_files(served: Served) -> None:
    found = snapshot(served.root / "shop")
    answer = served.call("POST", "/api/qa/run", json={"path": "shop", "providers": ["offline"]})
    assert answer.status_code == 202
    run_id = answer.json()["runId"]
    assert answer.headers["location"] == f"/api/qa/runs/{run_id}"
    events = list(served.follow(run_id))
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[1], kinds[-1]) == ("queued", "started", "finished")
    nodes = [event["node"] for event in events if event["event"] == "node"]
    assert nodes.index("execute_tests") < nodes.index("generate_fix") < nodes.index("write_back")

    run = served.get(f"/api/qa/runs/{run_id}")
    assert (run["status"], run["outcome"], run["applied"], run["lastEventId"]) == (
        *("finished", "repaired", True),
        len(events),
    )
    assert set(run["result"]) >= CONTRACT
    assert (served.root / "shop" / "calc.py").read_text() == CALC.replace("a - b", "a + b")
    assert served.get(f"/api/qa/runs/{run_id}/reports/{run['tests']['initial']}")["failed_tests"] == 1
    assert served.get(f"/api/qa/runs/{run_id}/reports/{run['tests']['latest']}")["all_passed"] is True
    base = f"/api/qa/runs/{run_id}"
    assert "+    return a + b" in served.call("GET", f"{base}/patch").text
    assert "calc.py" in served.call("GET", f"{base}/report.html").text
    assert "a + b" in served.call("GET", f"{base}/report.md").text
    assert served.call("GET", f"{base}/events", headers={"Last-Event-ID": str(len(events))}).status_code == 204
    assert [event["id"] for event in served.follow(run_id, after=len(events) - 1)] == [len(events)]

    assert served.call("POST", f"{base}/undo").json() == {"paths": ["calc.py"]}
    assert snapshot(served.root / "shop") == found
    again = served.call("POST", f"{base}/undo")
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    assert served.get(base)["undone"] is True


def test_wait_answers_with_the_result_and_the_same_key_with_the_same_run(served: Served) -> None:
    asked = {"path": str(served.root / "cart"), "providers": ["offline"], "no_apply": True}
    key = {"Idempotency-Key": "first"}
    answer = served.call("POST", "/api/qa/run?wait=true", json=asked, headers=key)
    assert answer.status_code == 200
    result = answer.json()
    assert set(result) >= CONTRACT
    assert (result["outcome"], result["applied"]) == ("repaired", False)
    assert (served.root / "cart" / "calc.py").read_text() == CALC
    assert served.call("POST", "/api/qa/run?wait=true", json=asked, headers=key).json() == result
    again = served.call("POST", "/api/qa/run", json=asked, headers=key)
    assert (again.status_code, again.json()["runId"], again.json()["status"]) == (202, result["run_id"], "finished")
    other = served.call("POST", "/api/qa/run", json=asked | {"samples": 2}, headers=key)
    assert other.status_code == 409
    served.kill()
    served.start()
    assert served.call("POST", "/api/qa/run", json=asked, headers=key).json()["runId"] == result["run_id"]


def test_projects_have_an_id_that_stays(served: Served) -> None:
    first = served.call("POST", "/api/projects", json={"path": "bank"})
    assert first.status_code == 201
    project = first.json()
    assert project == {
        "projectId": project["projectId"], "path": str(served.root / "bank"), "name": "bank", "active": None
    }  # fmt: skip
    same = served.call("POST", "/api/projects", json={"path": str(served.root / "cart" / ".." / "bank")})
    assert same.status_code == 403
    assert served.call("POST", "/api/projects", json={"path": str(served.root / "bank")}).json() == project
    assert project in served.get("/api/projects")["projects"]
    answer = served.call("POST", "/api/qa/run?wait=true", json={"projectId": project["projectId"], "framework": "go"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "error")
    patch = served.call("GET", f"/api/qa/runs/{answer.json()['run_id']}/patch")
    assert (patch.status_code, patch.content) == (204, b"")
    assert served.call("POST", "/api/qa/run", json={"projectId": "p_" + "0" * 16}).status_code == 404


def test_busy_projects_and_a_full_queue_are_told(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang())
    server = serve("a", "b", "c", options=("--workers", "1", "--queue", "1"))
    running = server.ask("a")
    wait_until_asked(models)
    busy = server.call("POST", "/api/qa/run", json={"path": "a"})
    assert (busy.status_code, busy.json()["runId"]) == (409, running)
    waiting = server.ask("b")
    assert server.get(f"/api/qa/runs/{waiting}")["position"] == 1
    full = server.call("POST", "/api/qa/run", json={"path": "c"})
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0
    assert server.call("GET", "/readyz").status_code == 503
    assert server.call("POST", f"/api/qa/runs/{waiting}/cancel").status_code == 202
    assert server.get(f"/api/qa/runs/{waiting}")["status"] == "cancelled"
    assert [event["event"] for event in server.follow(waiting)] == ["queued", "interrupted"]
    again = server.call("POST", f"/api/qa/runs/{waiting}/cancel")
    assert again.status_code == 409
    page = server.get("/api/qa/runs?limit=1")
    assert [row["runId"] for row in page["runs"]] == [waiting]
    rest = server.get(f"/api/qa/runs?limit=1&cursor={page['next']}")
    assert ([row["runId"] for row in rest["runs"]], rest["next"]) == ([running], None)
    assert [row["runId"] for row in server.get("/api/qa/runs?status=cancelled")["runs"]] == [waiting]


def test_a_cancelled_run_goes_on_where_it_was(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang(), RIGHT)
    server = serve("a")
    found = snapshot(server.root / "a")
    run_id = server.ask("a")
    wait_until_asked(models)
    server.call("POST", f"/api/qa/runs/{run_id}/cancel")
    run = server.wait_for(run_id, "cancelled")
    assert (run["resumable"], run["result"]) == (True, None)
    assert snapshot(server.root / "a") == found
    before = list(server.follow(run_id))
    assert [event["event"] for event in before][-2:] == ["cancelling", "interrupted"]
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 202
    after = list(server.follow(run_id, after=len(before)))
    assert [event["id"] for event in after] == list(range(len(before) + 1, len(before) + len(after) + 1))
    assert (after[0]["event"], after[-1]["event"], after[-1]["outcome"]) == ("resumed", "finished", "repaired")
    assert sum(event["event"] == "node" and event["node"] == "parse_failures" for event in before + after) == 2
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 409


def test_a_run_that_asks_is_answered_once(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", RIGHT)
    server = serve("a")
    run_id = server.ask("a", approve=True)
    run = server.wait_for(run_id, "waiting")
    assert "+    return a + b" in run["approval"]["patch"]
    assert (server.root / "a" / "calc.py").read_text() == CALC
    assert server.get("/api/qa/runs?status=waiting")["runs"][0]["runId"] == run_id
    decide = f"/api/qa/runs/{run_id}/approval"
    assert server.call("POST", decide, json={"action": "accept", "question": 9}).status_code == 409
    assert server.call("POST", decide, json={"action": "edit"}).status_code == 422
    server.kill()  # the question outlives the server
    server.start()
    answers: list[int] = []
    accept = {"action": "accept", "question": run["approval"]["question"]}
    both = [
        threading.Thread(target=lambda: answers.append(server.call("POST", decide, json=accept).status_code))
        for _ in range(2)
    ]
    for thread in both:
        thread.start()
    events = list(server.follow(run_id))
    for thread in both:
        thread.join()
    assert sorted(answers) == [202, 409]
    kinds = [event["event"] for event in events]
    assert kinds.index("approval") < kinds.index("decided") < kinds.index("resumed") < kinds.index("finished")
    assert (server.root / "a" / "calc.py").read_text() == CALC.replace("a - b", "a + b")
    assert server.call("POST", decide, json=accept).status_code == 409


def test_a_rejected_patch_goes_back_with_its_reason(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", RIGHT, block("calc.py", "    return a - b", "    return b + a"))
    server = serve("a")
    run_id = server.ask("a", approve=True)
    server.wait_for(run_id, "waiting")
    decide = f"/api/qa/runs/{run_id}/approval"
    answer = server.call("POST", decide, json={"action": "reject", "reason": "put b first"})
    assert answer.status_code == 202, answer.text
    run = server.wait_for(run_id, "waiting", "finished")
    assert (run["status"], run["approval"]["question"]) == ("waiting", 2)
    assert "put b first" in models.calls()[-1].prompt
    assert server.call("POST", decide, json={"action": "reject"}).status_code == 202
    assert server.wait_for(run_id, "finished")["stopReason"] == "rejected"
    assert (server.root / "a" / "calc.py").read_text() == CALC


def test_what_one_run_learns_of_a_provider_the_next_one_knows_and_a_new_key_is_seen(
    serve: Serve, models: ScriptedServer
) -> None:
    models.reply("groq", Status(429, {"Retry-After": "280"}))
    models.reply("openai", RIGHT)
    server = serve("a", "b", "c", AION_R_PROVIDERS="groq,openai", GROQ_BASE_URL=models.base_url("groq"))
    name, key = KEYS["groq"]
    settings = server.root / ".env"
    settings.write_text(f"{name}={key}\nGROQ_BASE_URL={models.base_url('groq')}\n")
    server.wait_for(server.ask("a"), "finished")
    assert [call.provider for call in models.calls()] == ["groq", "openai"]
    server.wait_for(server.ask("b", no_cache=True), "finished")
    assert [call.provider for call in models.calls()] == ["groq", "openai", "openai"]
    settings.write_text(f"{name}=gsk_another{'0' * 20}\nGROQ_BASE_URL={models.base_url('groq')}\n")
    server.wait_for(server.ask("c", no_cache=True), "finished")
    assert [call.provider for call in models.calls()] == ["groq", "openai", "openai", "groq", "openai"]


@pytest.mark.parametrize("outcome", [WRONG])
def test_no_key_is_in_any_answer_or_file(serve: Serve, models: ScriptedServer, outcome: str, tmp_path: Path) -> None:
    key, token = KEYS["openai"][1], "a-token-of-the-server-0123456789"
    models.reply("openai", outcome)
    server = serve(AION_R_SERVE_TOKEN=token)
    project = server.root / "a"
    project.mkdir(parents=True)
    (project / "calc.py").write_text(f"def add(a, b):\n    return '{key} {token}'\n")
    (project / "test_calc.py").write_text("from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n")
    said = ""
    with server.client(headers={"Authorization": f"Bearer {token}"}) as client:
        run_id = client.post("/api/qa/run", json={"path": "a", "max_iterations": 1}).json()["runId"]
        base = f"/api/qa/runs/{run_id}"
        said += client.get(f"{base}/events").text
        for path in (base, "/api/qa/runs", f"{base}/reports/0001", f"{base}/report.md", f"{base}/report.html"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            said += answer.text
        said += client.get(f"{base}/patch").text + client.get("/metrics").text
        refused = client.post("/api/qa/run", json={"path": "a", "model": key})
    assert "[OPENAI_API_KEY]" in said
    assert (key in said, token in said) == (False, False)
    assert (refused.status_code, key in refused.text) == (422, False)
    assert key not in (server.home / "runs" / run_id / "events.jsonl").read_text()
    assert not any(key in line or token in line for line in server.said)


def test_a_run_that_is_cancelled_before_its_process_is_ready_ends(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", RIGHT)
    server = serve("a")
    run_id = server.ask("a")
    assert server.call("POST", f"/api/qa/runs/{run_id}/cancel").status_code == 202
    assert server.wait_for(run_id, "cancelled", "finished")["status"] == "cancelled"
    assert models.calls() == []
    assert (server.root / "a" / "calc.py").read_text() == CALC
