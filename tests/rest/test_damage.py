"""What a server meets that is broken: records, roots, homes, disks, a write torn by a kill. One thing that is broken
keeps nothing else from working."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aion_r import AutocorrectionCycle
from aion_r.core.settings import read_environment
from aion_r.tools.runs import RunStore
from support.command_line import CommandLine, document
from support.projects import RIGHT, calc, snapshot, write
from support.replies import Hang
from support.scripted_server import ScriptedServer
from support.served import Served

from .test_kills import wait_until_asked, worker_of

Serve = Callable[..., Served]
OFFLINE = {"providers": ["offline"], "no_apply": True}


def raw(server: Served, request: bytes) -> bytes:
    """What comes for ``request`` until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(10)
        connection.sendall(request)
        said = b""
        while part := connection.recv(65536):
            said += part
    return said


BROKEN = ("", "[]", "{}", "{", '{"project": 5, "outcome": 3}', '{"project": "PROJECT"}')


def test_broken_records_hide_no_other_run(served: Served) -> None:
    good = served.call("POST", "/api/qa/run?wait=true", json={"path": "shop", "framework": "go"}).json()["run_id"]
    broken = [served.home / "runs" / f"20990101-000000-abcde{number}" for number in range(len(BROKEN))]
    for folder, record in zip(broken, BROKEN, strict=True):
        write(folder, {"run.json": record.replace("PROJECT", str(served.root / "shop")), "events.jsonl": "{"})
        for tail in ("", "/events", "/reports"):
            assert served.call("GET", f"/api/qa/runs/{folder.name}{tail}").status_code == 404
    assert good in [row["runId"] for row in served.get("/api/qa/runs")["runs"]]
    served.kill()
    served.start()  # they do not keep a server from starting
    assert served.get(f"/api/qa/runs/{good}")["status"] == "finished"
    for folder in broken[-2:]:
        shutil.rmtree(folder)
    listed = CommandLine(served.home, served.root / "shop", {}).run("runs", "list", "--json")
    assert good in [row["run_id"] for row in document(listed.stdout)["runs"]]
    for folder in broken[:-2]:
        shutil.rmtree(folder)


def test_a_broken_result_or_report_is_told(served: Served) -> None:
    run_id = served.call("POST", "/api/qa/run?wait=true", json={"path": "cart"} | OFFLINE).json()["run_id"]
    base, folder = f"/api/qa/runs/{run_id}", served.home / "runs" / run_id
    write(folder, {"result.json": '{"x', "reports/0001.json": "none", "events.jsonl": b"\0\xff no\n{}\n"})
    assert served.get(base)["result"] is None
    answers = [served.call("GET", base + tail) for tail in ("/report.html", "/report.md", "/reports/0001", "/events")]
    assert [answer.status_code for answer in answers] == [409, 409, 404, 204]


def test_the_key_of_a_run_that_was_pruned_starts_a_new_one(served: Served) -> None:
    asked, key = {"path": "bank", "framework": "go"}, {"Idempotency-Key": "pruned"}
    first = served.call("POST", "/api/qa/run?wait=true", json=asked, headers=key).json()["run_id"]
    shutil.rmtree(served.home / "runs" / first)
    second = served.call("POST", "/api/qa/run?wait=true", json=asked, headers=key)
    assert second.status_code == 200
    assert second.json()["run_id"] != first


def test_a_project_is_free_again_although_the_end_of_its_run_cannot_be_kept(
    serve: Serve, models: ScriptedServer
) -> None:
    models.reply("openai", Hang(), RIGHT)
    server = serve("a")
    run_id = server.ask("a")
    wait_until_asked(models, [{"event": "asking"}])
    worker = worker_of(server, run_id)
    shutil.rmtree(server.home / "runs" / run_id)
    os.kill(worker, signal.SIGKILL)
    end = time.monotonic() + 30
    while (answer := server.call("POST", "/api/qa/run", json={"path": "a"})).status_code == 409:
        assert time.monotonic() < end, answer.text
        time.sleep(0.1)
    assert server.wait_for(answer.json()["runId"], "finished")["outcome"] == "repaired"
    assert "cannot be kept" in "".join(server.said)


def test_a_root_and_the_folder_of_the_start_may_go_and_come_back(served: Served, tmp_path: Path) -> None:
    calc(tmp_path / "code" / "shop")
    elsewhere = tmp_path / "here"
    elsewhere.mkdir()
    with Served(tmp_path / "home", tmp_path / "code", folder=elsewhere) as server:
        (tmp_path / "code").rename(tmp_path / "away")
        gone = server.call("POST", "/api/qa/run", json={"path": "shop"})
        assert (gone.status_code, "does not exist" in gone.json()["detail"]) == (404, True)
        assert server.get("/api/projects") == {"projects": []}
        (tmp_path / "away").rename(tmp_path / "code")
        assert server.call("POST", "/api/projects", json={"path": "shop"}).status_code == 201
        elsewhere.rmdir()
        asked = [("POST", "/api/qa/run", {"path": "shop"}), ("POST", "/api/ai/generate", {"requirements": "one()"})]
        for method, path, body in [*asked, ("GET", "/readyz", None)]:
            answer = server.call(method, path, json=body)
            assert (answer.status_code, "start it again" in answer.json()["detail"]) == (503, True), answer.text
            assert int(answer.headers["retry-after"]) > 0
        assert server.get("/api/qa/runs")["runs"] == []


def test_a_home_that_cannot_be_used_is_told(served: Served, tmp_path: Path) -> None:
    calc(tmp_path / "code" / "shop")
    with Served(tmp_path / "home", tmp_path / "code") as server:
        shutil.rmtree(server.home)
        server.home.write_text("a file")
        for method, path, body in [("POST", "/api/projects", {"path": "shop"}), ("GET", "/api/qa/runs", None)]:
            answer = server.call(method, path, json=body)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        asked = server.call("POST", "/api/qa/run", json={"path": "shop"})
        assert (asked.status_code, server.call("GET", "/readyz").status_code) == (503, 503)
        server.home.unlink()
        again = server.call("POST", "/api/qa/run?wait=true", json={"path": "shop"} | OFFLINE)
        assert (again.status_code, again.json()["outcome"]) == (200, "repaired")


def test_a_full_disk_is_told_and_passes(tmp_path: Path) -> None:
    calc(tmp_path / "code" / "shop")
    with Served(tmp_path / "home", tmp_path / "code") as server:
        limit = f"{server.process.pid}"
        subprocess.run(["prlimit", "--pid", limit, "--fsize=10:10000000000"], check=True)
        answer = server.call("POST", "/api/qa/run", json={"path": "shop"})
        assert answer.status_code in (422, 503), answer.text
        assert "runs" in server.get("/api/qa/runs")
        subprocess.run(["prlimit", "--pid", limit, "--fsize=10000000000:10000000000"], check=True)
        again = server.call("POST", "/api/qa/run?wait=true", json={"path": "shop"} | OFFLINE)
        assert (again.status_code, again.json()["outcome"]) == (200, "repaired")


HEAD = b"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nf\r\n{\"path\":\"shop\"}\r\n0\r\n\r\n", 201),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"path\":\"shop\"}\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
        (b"Content-Length: -2\r\n\r\n{}", 400),
        (b"Origin: http://[::1\r\nContent-Length: 15\r\n\r\n{\"path\":\"shop\"}", 403),
        (b"Origin: null\r\nContent-Length: 15\r\n\r\n{\"path\":\"shop\"}", 403),
    ],
)  # fmt: skip
def test_bodies_and_heads_that_may_be_read_in_two_ways(served: Served, more: bytes, status: int) -> None:
    answer = raw(served, HEAD + more)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert b"HTTP/1.1 400  " not in answer
    assert status == 201 or b"application/problem+json" in answer


def test_a_flood_of_headers_ends_its_own_connection_alone(served: Served) -> None:
    flood = b"".join(b"X-%d: y\r\n" % number for number in range(20_000))
    with contextlib.suppress(ConnectionError):  # it closes while this client still sends
        assert raw(served, HEAD + flood).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert served.call("GET", "/healthz").status_code == 200


def test_more_connections_than_files_are_one_line_and_pass(tmp_path: Path) -> None:
    with Served(tmp_path / "home", tmp_path / "code") as server:
        subprocess.run(["prlimit", "--pid", str(server.process.pid), "--nofile=64:64"], check=True)
        connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(120)]
        time.sleep(1.5)
        for connection in connections:
            connection.close()
        assert server.call("GET", "/healthz").status_code == 200
        assert server.process.poll() is None
        assert [line for line in server.said if "no room for more connections" in line] == server.said[1:]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("HEAD /api/qa/runs", 200),
        ("HEAD /api/qa/runs/20200101-000000-abcdef/events", 404),
        ("OPTIONS /api/qa/run", 405),
        ("OPTIONS *", 404),
        ("TRACE /", 405),
        ("CONNECT localhost:80", 404),
        ("GET /api/qa/runs/..%2f..%2fetc", 404),
        ("GET /api/qa/runs/%2e%2e", 422),
        ("GET /api/qa/runs/%ff%fe", 422),
        ("GET /api/qa/runs/%zz", 422),
        ("GET /api/qa/runs/a;b", 422),
        ("GET //api/qa/runs", 404),
        ("GET /static/%2e%2e/%2e%2e/__init__.py", 404),
        ("GET /static/a%00b", 404),
        ("GET /api/qa/runs?cursor=%00", 422),
        ("GET /api/qa/runs?limit=1e3", 422),
    ],
)
def test_methods_and_addresses_nobody_meant(served: Served, request_line: str, status: int) -> None:
    answer = raw(served, f"{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]


@pytest.mark.parametrize(
    ("last", "status"),
    [("abc", 422), ("-1", 422), ("1e3", 422), ("\xb2", 422), ("9" * 16, 422), ("999999", 204), ("", 200), ("0", 200)],
)
def test_a_last_event_id_that_is_none_or_is_to_come(served: Served, last: str, status: int) -> None:
    run_id = served.call("POST", "/api/qa/run?wait=true", json={"path": "shop", "framework": "go"}).json()["run_id"]
    with served.client() as client:
        headers = {"Last-Event-ID": last.encode("latin-1")}
        answer = client.get(f"/api/qa/runs/{run_id}/events", headers=headers)
    assert answer.status_code == status
    assert status != 200 or answer.text.count("event: ") == served.get(f"/api/qa/runs/{run_id}")["lastEventId"]


@pytest.mark.parametrize("name", ["größe 日本", "-it's; $(touch hurt) `touch hurt`"])
def test_names_of_projects_that_are_no_ascii_words(served: Served, name: str) -> None:
    found = snapshot(calc(served.root / name))
    answer = served.call("POST", "/api/qa/run?wait=true", json={"path": name} | OFFLINE)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "repaired"), answer.text
    assert served.get(f"/api/qa/runs/{answer.json()['run_id']}")["project"] == str(served.root / name)
    assert snapshot(served.root / name) == found
    assert not list(served.root.glob("**/hurt"))


@pytest.mark.parametrize("name", [".env", "pyproject.toml"])
def test_settings_of_a_project_do_not_fill_the_servers_memory(served: Served, name: str) -> None:
    project = calc(served.root / f"huge-{name.strip('.')}")
    with (project / name).open("wb") as file:
        file.truncate(1 << 40)  # a terabyte that takes no room
    answer = served.call("POST", "/api/qa/run", json={"path": project.name})
    assert (answer.status_code, "no file of settings" in answer.json()["detail"]) == (422, True), answer.text
    assert served.call("GET", "/api/qa/runs").status_code == 200


TORN = """
import os, signal, sys
from pathlib import Path
from aion_r.core.domain import Edit, Patch
from aion_r.tools.runs import RunStore
from aion_r.tools.workspace import Workspace

project, home = Path(sys.argv[1]), Path(sys.argv[2])
store = RunStore.create(home, project)
moved, replace = [], Path.replace

def replacing(self, target):
    if len(moved) == 1 and Path(target).parent == project:
        os.kill(os.getpid(), signal.SIGKILL)
    moved.extend([target] if Path(target).parent == project else [])
    return replace(self, target)

Path.replace = replacing
edits = [Edit(name, (project / name).read_bytes(), b"torn = 1\\n") for name in ("one.py", "two.py")]
Workspace(project).write_back(Patch(tuple(edits)), store.journal)
"""


def test_a_write_torn_by_a_kill_that_a_server_noted_is_made_whole_by_the_next_run(tmp_path: Path) -> None:
    home, project = tmp_path / "home", calc(tmp_path / "p")
    write(project, {"one.py": "one = 1\n", "two.py": "two = 2\n"})
    found = snapshot(project)
    torn = subprocess.run([sys.executable, "-c", TORN, str(project), str(home)], check=False)
    assert torn.returncode == -signal.SIGKILL
    assert snapshot(project) != found
    (folder,) = (home / "runs").iterdir()
    RunStore(folder).update(outcome="error", stop_reason="interrupted", message="the server was killed")
    variables = {"PATH": os.environ["PATH"], "AION_R_HOME": str(home)}
    cycle = AutocorrectionCycle(environment=read_environment(environ=variables), providers=["offline"], apply=False)
    assert cycle.run_autocorrection(project).outcome == "repaired"
    assert {name: text for name, text in snapshot(project).items() if name in found} == found
    assert json.loads((folder / "run.json").read_text())["stop_reason"] == "interrupted"
