"""Runs of the command line and of Python beside a server: live, afterwards, killed, undone, and never with a key."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from aion_r import AutocorrectionCycle
from aion_r.api.event_log import append_event, last_event
from aion_r.core.settings import read_environment
from support.command_line import CommandLine
from support.projects import CALC, RIGHT, calc, write
from support.replies import Answer, Hang
from support.scripted_server import KEYS, ScriptedServer
from support.served import Served

Serve = Callable[..., Served]
Events = list[dict[str, Any]]
FIX = (sys.executable, "-m", "aion_r", "fix", "--providers", "openai")


def started(server: Served, models: ScriptedServer, *options: str, project: str = "a") -> subprocess.Popen[str]:
    """``aion-r fix`` on ``project`` in another process with the same home."""
    variables = server.environment | models.environment("openai")
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(
        [*FIX, *options], cwd=server.root / project, env=variables, stdin=subprocess.DEVNULL, **pipes
    )


def run_under_way(server: Served, models: ScriptedServer) -> str:
    """The id of the run, once its model has been asked."""
    end = time.monotonic() + 60
    while not models.calls():
        assert time.monotonic() < end, "no model was asked"
        time.sleep(0.02)
    (run,) = server.get("/api/qa/runs")["runs"]
    assert (run["status"], run["projectId"][:2]) == ("running", "p_")
    return str(run["runId"])


def test_a_run_of_the_command_line_is_streamed_live_and_shown_afterwards(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Answer(RIGHT, delay=2.0))
    server = serve("a")
    run = started(server, models)
    run_id = run_under_way(server, models)
    heard: list[tuple[float, dict[str, Any]]] = []
    for event in server.follow(run_id):
        heard.append((time.time() - event["at"], event))
    assert run.wait(timeout=60) == 0
    events = [event for _, event in heard]
    kinds = [event["event"] for event in events]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert (kinds[0], kinds[-1], events[-1]["outcome"], events[-1]["applied"]) == (
        "started",
        "finished",
        "repaired",
        True,
    )
    late = [seconds for seconds, event in heard if event["event"] in ("call", "update", "finished")][-6:]
    assert max(late) < 1.5, "it came as it happened"
    again = server.call("GET", f"/api/qa/runs/{run_id}/events", headers={"Last-Event-ID": str(len(events))})
    assert again.status_code == 204
    assert [event["id"] for event in server.follow(run_id, after=3)] == list(range(4, len(events) + 1))
    shown = server.get(f"/api/qa/runs/{run_id}")
    assert (shown["status"], shown["lastEventId"], shown["result"]["outcome"]) == ("finished", len(events), "repaired")
    log = (server.home / "runs" / run_id / "events.jsonl").read_text()
    assert KEYS["openai"][1] not in log


def test_a_run_from_python_keeps_the_same_events_and_no_key(models: ScriptedServer, tmp_path: Path) -> None:
    name, key = KEYS["openai"]
    models.reply("openai", RIGHT)
    files = {"calc": CALC + f"KEY = {key!r}\n"}
    test = f"import calc\n\n\ndef test_add():\n    assert calc.add(2, 3) == 5, {key!r}\n"
    project = write(calc(tmp_path / "p", **files), {"test_calc.py": test})
    variables = {"PATH": os.environ["PATH"], "AION_R_HOME": str(tmp_path / "home")} | models.environment("openai")
    cycle = AutocorrectionCycle(environment=read_environment(environ=variables), providers=["openai"])
    result = cycle.run_autocorrection(project)
    assert result.outcome == "repaired"
    log = (tmp_path / "home" / "runs" / result.run_id / "events.jsonl").read_text()
    events = [json.loads(line) for line in log.splitlines()]
    assert {"started", "ran", "node", "update", "asking", "call", "finished"} <= {event["event"] for event in events}
    assert (f"[{name}]" in log, key in log) == (True, False)


def test_a_run_that_is_killed_is_told_to_be_and_goes_on_by_either_door(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang(), RIGHT)
    server = serve("a")
    run = started(server, models)
    run_id = run_under_way(server, models)
    heard: Events = []
    listening = threading.Thread(target=lambda: heard.extend(server.follow(run_id)))
    listening.start()
    while not heard and listening.is_alive():
        time.sleep(0.02)
    run.kill()
    run.wait()
    listening.join(timeout=30)
    assert not listening.is_alive(), "the stream ends with the run"
    assert (heard[-1]["event"], heard[-1]["resumable"]) == ("interrupted", True)
    shown = server.get(f"/api/qa/runs/{run_id}")
    assert (shown["status"], shown["resumable"]) == ("interrupted", True)
    assert server.call("POST", f"/api/qa/runs/{run_id}/resume").status_code == 202
    rest = list(server.follow(run_id, after=len(heard)))
    assert [event["id"] for event in rest] == list(range(len(heard) + 1, len(heard) + len(rest) + 1))
    assert (rest[0]["event"], rest[-1]["outcome"]) == ("resumed", "repaired")


def test_an_interrupted_run_says_so_and_a_server_that_starts_later_shows_it(
    serve: Serve, models: ScriptedServer
) -> None:
    models.reply("openai", Hang(), Hang(), RIGHT)
    server = serve("a")
    run = started(server, models)
    run_id = run_under_way(server, models)
    server.kill()
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=30) == 130
    server.start()
    events = list(server.follow(run_id))
    assert (events[-1]["event"], events[-1]["resumable"]) == ("interrupted", True)
    resumed = CommandLine(server.home, server.root / "a", models.environment("openai"))
    line = subprocess.Popen(
        [sys.executable, "-m", "aion_r", "runs", "resume", run_id],
        cwd=server.root / "a", env=server.environment | models.environment("openai"), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 60
    while len(models.calls()) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    server.kill()
    line.kill()
    line.wait()
    server.start()
    told = list(server.follow(run_id))
    assert [event["event"] for event in told if event["event"] in ("resumed", "interrupted")] == [
        *("interrupted", "resumed", "interrupted")
    ]
    assert "killed" in told[-1]["message"]
    done = resumed.run("runs", "resume", run_id)
    assert done.returncode == 0, done.stderr
    rest = list(server.follow(run_id, after=len(told)))
    assert (rest[0]["id"], rest[-1]["event"], rest[-1]["outcome"]) == (len(told) + 1, "finished", "repaired")
    assert resumed.run("undo", run_id).returncode == 0
    assert [event["event"] for event in server.follow(run_id, after=rest[-1]["id"])] == ["undone"]
    assert (server.root / "a" / "calc.py").read_text() == CALC


def test_answers_of_another_program_are_told_and_its_question_is_not_taken_away(
    serve: Serve, models: ScriptedServer
) -> None:
    models.reply("openai", RIGHT)
    server = serve("a")
    script = (
        "import sys, time; from pathlib import Path; from aion_r import AutocorrectionCycle\n"
        "def approve(question):\n"
        "    while not Path('go').exists(): time.sleep(0.02)\n"
        "    return True\n"
        "print(AutocorrectionCycle(providers=['openai'], approve=approve).run_autocorrection(sys.argv[1]).outcome)\n"
    )
    elsewhere = server.home.parent
    program = subprocess.Popen(
        [sys.executable, "-c", script, str(server.root / "a")],
        cwd=elsewhere, env=server.environment | models.environment("openai"), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    run_id = run_under_way(server, models)
    server.wait_for(run_id, "waiting")
    base = f"/api/qa/runs/{run_id}"
    assert server.call("POST", f"{base}/approval", json={"action": "reject"}).status_code == 409
    assert server.call("POST", f"{base}/cancel").status_code == 409
    with server.client() as client, client.stream("GET", f"{base}/events") as stream:
        lines = stream.iter_lines()
        while "event: approval" not in next(lines):
            pass
        (elsewhere / "go").touch()
        rest = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert (rest[0], rest[-1]) == ("decided", "finished")
    assert program.communicate(timeout=30)[0].strip() == "repaired"


def test_two_hundred_followers_of_a_run_elsewhere_cost_one_look(serve: Serve, models: ScriptedServer) -> None:
    models.reply("openai", Hang())
    server = serve("a")
    run = started(server, models)
    run_id = run_under_way(server, models)
    with server.client(limits=httpx.Limits(max_connections=None)) as client:
        streams = [client.stream("GET", f"/api/qa/runs/{run_id}/events") for _ in range(60)]
        for stream in streams:
            assert stream.__enter__().status_code == 200
        before = cpu_seconds(server.process.pid)
        time.sleep(2.0)
        spent = cpu_seconds(server.process.pid) - before
        run.kill()
        run.wait()
        for stream in streams:
            stream.__exit__(None, None, None)
    assert spent < 0.5


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


FULL = """
import resource, sys
from pathlib import Path
from aion_r.api.recording import RunRecord

heard, home = [], Path(sys.argv[1])
(home / "runs" / "r-1").mkdir(parents=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # from here on the disk is full
with RunRecord(heard.append, home, str) as record:
    for number in range(100):
        record.tell({"event": "started", "run_id": "r-1", "text": "x" * 40})
print(len(heard))
"""


def test_a_log_that_cannot_be_written_ends_no_run_and_is_whole_so_far(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.returncode) == ("100", 0), done.stderr
    log = tmp_path / "runs" / "r-1" / "events.jsonl"
    assert log.stat().st_size == 1000
    assert last_event(log)[0] == append_event(log, {"event": "finished"}) - 1 > 5
