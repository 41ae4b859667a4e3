"""The server killed, and told to end, in the middle of runs: nothing that a client was told is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from aion_r.graph.context import is_held
from support.projects import RIGHT, snapshot
from support.replies import Answer, Hang
from support.scripted_server import ScriptedServer
from support.served import Served

Serve = Callable[..., Served]
Events = list[dict[str, Any]]


def listen(server: Served, run_id: str, heard: Events) -> threading.Thread:
    def follow() -> None:
        try:
            for event in server.follow(run_id):
                heard.append(event)
        except httpx.HTTPError:  # the server is gone
            return

    thread = threading.Thread(target=follow)
    thread.start()
    return thread


def wait_until_asked(models: ScriptedServer, heard: Events) -> None:
    """The model has the question, and the client knows of it."""
    end = time.monotonic() + 60
    while not (models.calls() and any(event["event"] == "asking" for event in heard)):
        assert time.monotonic() < end, heard
        time.sleep(0.01)


def worker_of(server: Served, run_id: str) -> int:
    """The process of the server that writes the run's events."""
    log = server.home / "runs" / run_id / "events.jsonl"
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    opened = {child: {link.readlink() for link in Path(f"/proc/{child}/fd").iterdir()} for child in children}
    return next(int(child) for child, files in opened.items() if log in files)


def test_a_kill_of_the_server_loses_no_event_that_was_told(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang(), Answer(RIGHT))
    server = serve("a", "b", options=("--workers", "1"))
    found = snapshot(server.root / "a")
    run_id = server.ask("a")
    waiting = server.ask("b")
    heard: Events = []
    listening = listen(server, run_id, heard)
    wait_until_asked(models, heard)
    server.kill()
    listening.join()
    server.start()
    for one in (run_id, waiting):
        run = server.wait_for(one, "interrupted")
        assert (run["resumable"], run["finishedAt"]) == (True, None)
    assert not is_held(server.root / "a", server.home), "its process has gone as well"
    assert snapshot(server.root / "a") == found
    told = list(server.follow(run_id))
    assert told[: len(heard)] == heard
    assert [event["id"] for event in told] == list(range(1, len(told) + 1))
    assert told[-1]["event"] == "interrupted"
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 202
    rest = list(server.follow(run_id, after=len(told)))
    assert [event["id"] for event in rest] == list(range(len(told) + 1, len(told) + len(rest) + 1))
    assert rest[-1]["outcome"] == "repaired"
    assert server.call("POST", f"/api/qa/runs/{waiting}/resume").status_code == 202
    assert server.wait_for(waiting, "finished")["outcome"] == "repaired"
    assert "afresh" not in str(list(server.follow(waiting))), "it had not begun"


def test_kills_at_many_instants_leave_every_run_finished_or_resumable(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", RIGHT)
    server = serve("a")
    for after in (0.1, 0.9):
        run_id = server.ask("a", no_apply=True, no_cache=True)
        time.sleep(after)
        server.kill()
        server.start()
        run = server.wait_for(run_id, "finished", "interrupted")
        assert run["resumable"] is (run["status"] == "interrupted")
        if run["resumable"]:
            server.call("POST", f"/api/qa/runs/{run_id}/resume")
        assert server.wait_for(run_id, "finished")["outcome"] == "repaired"
        events = list(server.follow(run_id))
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert {run["status"] for run in server.get("/api/qa/runs")["runs"]} == {"finished"}


def test_a_line_that_a_kill_cut_short_is_never_told(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang())
    server = serve("a")
    run_id = server.ask("a")
    heard: Events = []
    listening = listen(server, run_id, heard)
    wait_until_asked(models, heard)
    server.kill()
    listening.join()
    deadline = time.monotonic() + 30
    while is_held(server.root / "a", server.home) and time.monotonic() < deadline:
        time.sleep(0.05)
    log = server.home / "runs" / run_id / "events.jsonl"
    with log.open("ab") as stream:
        stream.write(b'{"id": 99, "at": 1.0, "event": "node", "no')
    server.start()
    server.wait_for(run_id, "interrupted")
    told = list(server.follow(run_id))
    assert told[: len(heard)] == heard
    assert [event["id"] for event in told] == list(range(1, len(told) + 1))
    assert told[-1]["event"] == "interrupted"


def test_an_ending_server_ends_its_runs_so_that_they_can_be_resumed(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang(), RIGHT)
    server = serve("a", "b", options=("--workers", "1"))
    run_id = server.ask("a")
    waiting = server.ask("b")
    heard: Events = []
    listening = listen(server, run_id, heard)
    wait_until_asked(models, heard)
    asked = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - asked < 15
    listening.join()
    assert heard[-1]["event"] == "interrupted", "the stream brought the end before it closed"
    assert not is_held(server.root / "a", server.home)
    server.start()
    assert [run["status"] for run in server.get("/api/qa/runs")["runs"]] == ["interrupted", "interrupted"]
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 202
    assert server.wait_for(run_id, "finished")["outcome"] == "repaired"
    assert server.get(f"/api/qa/runs/{waiting}")["resumable"] is True


def test_a_crash_of_a_run_is_told_and_the_server_goes_on(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang(), RIGHT)
    server = serve("a")
    run_id = server.ask("a")
    heard: Events = []
    listening = listen(server, run_id, heard)
    wait_until_asked(models, heard)
    worker = worker_of(server, run_id)
    assert os.getpriority(os.PRIO_PROCESS, worker) > os.getpriority(os.PRIO_PROCESS, 0), "it gives way to the server"
    os.kill(worker, signal.SIGKILL)
    listening.join()
    assert heard[-1]["event"] == "interrupted"
    assert server.get(f"/api/qa/runs/{run_id}")["resumable"] is True
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 202
    assert server.wait_for(run_id, "finished")["outcome"] == "repaired"
