"""Who may ask for what: hosts, sites, tokens, paths, options. Against the real server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.projects import CALC, calc
from support.served import Served

TOKEN = "a-token-of-this-server-0123456789"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With a token, on all addresses."""
    folder = tmp_path_factory.mktemp("guarded")
    variables = {"AION_R_SERVE_TOKEN": TOKEN, "AION_R_SERVE_HOSTS": "aion.example"}
    with Served(folder / "home", folder / "code", variables, ("--host", "0.0.0.0")) as server:
        yield server


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document, which must be one."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["type"]) == (status, "about:blank")
    assert document["title"] and document["detail"]
    return document


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:80", 200), ("evil.example", 421), ("localhost.evil", 421),
     ("192.168.1.1", 421), ("", 400), ("a b", 400)],
)  # fmt: skip
def test_only_its_own_names_lead_to_a_loopback_server(served: Served, host: str, status: int) -> None:
    answer = served.call("GET", "/api/qa/runs", headers={"Host": host})
    assert answer.status_code == status
    if status != 200:
        problem(answer, status)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://{host}"}, 404),
     ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
     ({"Sec-Fetch-Site": "same-origin"}, 404), ({"Origin": "http://localhost:1"}, 403)],
)  # fmt: skip
def test_pages_of_other_sites_are_refused(served: Served, headers: dict[str, str], status: int) -> None:
    sent = {name: value.replace("{host}", f"127.0.0.1:{served.port}") for name, value in headers.items()}
    for method, path in (("POST", "/api/qa/runs/x/cancel"), ("GET", "/api/qa/runs/x")):
        answer = served.call(method, path, headers=sent)
        problem(answer, status)
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"])
def test_a_token_that_is_missing_or_wrong_opens_nothing(guarded: Served, given: str) -> None:
    headers = {"Authorization": given.encode("latin-1")} if given else {}
    for method, path in (("GET", "/api/qa/runs"), ("POST", "/api/qa/run"), ("GET", "/metrics"), ("GET", "/nothing")):
        answer = guarded.call(method, path, headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_right_token_opens_and_some_pages_need_none(guarded: Served) -> None:
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.call("GET", "/api/qa/runs", headers=right).status_code == 200
    assert guarded.call("GET", "/api/qa/runs", headers=right | {"Host": "aion.example"}).status_code == 200
    assert guarded.call("GET", "/api/qa/runs", headers=right | {"Host": "evil.example"}).status_code == 421
    for path in ("/", "/docs", "/openapi.json", "/healthz", "/readyz"):
        assert guarded.call("GET", path).status_code == 200, path


@pytest.mark.parametrize(
    ("options", "token", "words"),
    [(["--host", "0.0.0.0"], "", "AION_R_SERVE_TOKEN"), (["--host", "0.0.0.0"], "short", "at least 16"),
     (["--root", "nowhere"], "", "not a folder"), (["--port", "70000"], "", "70000"),
     ([], "ünicode-token-which-is-long", "header")],
)  # fmt: skip
def test_it_does_not_start_open_or_wrong(served: Served, options: list[str], token: str, words: str) -> None:
    variables = served.environment | ({"AION_R_SERVE_TOKEN": token} if token else {})
    done = subprocess.run(
        [*served.command()[:4], *options], cwd=served.root, env=variables, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "prometheus_client"])
def test_a_missing_extra_is_named(missing: str, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['aion-r', 'serve']\n"
        "from aion_r.api.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, f"serve needs {missing}: pip install 'aion-r[serve]'" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "path", ["/etc", "..", "shop/..", "shop/../../x", "../code/shop", "/", "~", "link", "/proc/self/root", "link/etc"]
)
def test_paths_that_lead_out_of_the_roots_are_refused(served: Served, path: str) -> None:
    link = served.root / "link"
    if not link.is_symlink():
        link.symlink_to("/")
    status = 404 if path == "~" else 403
    for where, body in (("/api/projects", {"path": path}), ("/api/qa/run", {"path": path})):
        problem(served.call("POST", where, json=body), status)


def test_a_link_below_a_root_is_the_folder_it_leads_to(served: Served) -> None:
    (served.root / "alias").symlink_to(served.root / "bank")
    assert served.call("POST", "/api/projects", json={"path": "alias"}).json()["path"] == str(served.root / "bank")
    for path in ("nowhere", "shop/calc.py"):
        problem(served.call("POST", "/api/projects", json={"path": path}), 404)


def test_a_registered_folder_that_became_a_link_outside_is_no_project_any_more(served: Served, tmp_path: Path) -> None:
    folder = calc(served.root / "moved")
    project = served.call("POST", "/api/projects", json={"path": "moved"}).json()["projectId"]
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    problem(served.call("POST", "/api/qa/run", json={"projectId": project}), 404)
    folder.unlink()


@pytest.mark.parametrize(
    "option",
    [{"test_command": "touch /tmp/x"}, {"allow_network": True}, {"sandbox": "none"}, {"sandbox": "copy"}],
)
def test_options_that_weaken_isolation_need_the_servers_own_word(served: Served, option: dict[str, Any]) -> None:
    told = problem(served.call("POST", "/api/qa/run", json={"path": "bank", **option}), 403)
    assert "--unsafe-options" in told["detail"]


def test_a_projects_own_settings_weaken_nothing_either(served: Served) -> None:
    project = calc(served.root / "lax")
    (project / "aion-r.toml").write_text('sandbox = "none"\n')
    problem(served.call("POST", "/api/qa/run", json={"path": "lax"}), 422)
    assert (project / "calc.py").read_text() == CALC


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 422, "/"),
        ({"path": "bank", "projectId": "p_" + "0" * 16}, 422, "/"),
        ({"path": "bank", "install": True}, 422, "/install"),
        ({"path": "bank", "patch": "/tmp/x"}, 422, "/patch"),
        ({"path": "bank", "home": "/tmp"}, 422, "/home"),
        ({"path": "bank", "max_iterations": 0}, 422, "/max_iterations"),
        ({"path": "bank", "providers": ["nobody"]}, 422, "/providers/0"),
        ({"path": "bank", "no_apply": True, "commit": True}, 422, "/"),
        ({"path": "a\0b"}, 422, "/path"),
        ({"path": "\ud800"}, 422, "/path"),
        ({"path": "bank", "branch": "--upload-pack=x"}, 422, "/branch"),
        ([], 422, "/"),
    ],
)
def test_wrong_bodies_are_told_field_by_field(served: Served, body: Any, status: int, pointer: str) -> None:
    content, kind = json.dumps(body), {"Content-Type": "application/json"}
    told = problem(served.call("POST", "/api/qa/run", content=content, headers=kind), status)
    assert pointer in [error["pointer"] for error in told["errors"]]


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[" * 50_000, b'{"path": NaN}', b"null"])
def test_malformed_json_is_told(served: Served, body: bytes) -> None:
    answer = served.call("POST", "/api/qa/run", content=body, headers={"Content-Type": "application/json"})
    problem(answer, answer.status_code)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_is_json_and_says_so(served: Served, kind: str) -> None:
    answer = served.call("POST", "/api/qa/run", content=b'{"path": "bank"}', headers={"Content-Type": kind})
    problem(answer, 415)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/api/qa/run", 405), ("DELETE", "/api/qa/runs", 405), ("TRACE", "/", 405),
     ("GET", "/api/qa/runs/..%2f..%2fetc", 404), ("GET", "/api/qa/runs/%00", 422), ("GET", "/static/../app.py", 404),
     ("GET", "/static/..%2f..%2fapp.py", 404),
     ("GET", "/api/qa/runs?cursor=!!!", 422), ("GET", "/api/qa/runs?limit=0", 422)],
)  # fmt: skip
def test_whatever_is_wrong_is_a_problem_document(served: Served, method: str, path: str, status: int) -> None:
    answer = served.call(method, path)
    problem(answer, status)
    assert status != 405 or answer.headers["allow"]


def test_every_answer_has_the_headers_that_protect_a_browser(served: Served) -> None:
    for path in ("/", "/docs", "/api/qa/runs", "/nothing"):
        headers = served.call("GET", path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_no_page_loads_anything_from_elsewhere(served: Served, path: str) -> None:
    page = served.call("GET", path).text
    assert re.findall(r'(?:src|href)="((?:https?:)?//[^"]*)"', page) == []
    for asset in re.findall(r'(?:src|href)="(/[^"#]+)"', page):
        assert served.call("GET", asset).status_code == 200, asset


def test_runs_of_other_folders_are_not_there(served: Served, tmp_path: Path) -> None:
    elsewhere = calc(tmp_path / "elsewhere")
    command = [*served.command()[:3], "fix", str(elsewhere), "--providers", "offline", "--no-apply", "--json"]
    done = subprocess.run(command, env=served.environment, cwd=tmp_path, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    names = [folder.name for folder in (served.home / "runs").iterdir()]
    shown = {run["runId"] for run in served.get("/api/qa/runs?limit=200")["runs"]}
    hidden = [name for name in names if name not in shown]
    assert len(hidden) == 1
    for path in ("", "/events", "/patch", "/report.html"):
        problem(served.call("GET", f"/api/qa/runs/{hidden[0]}{path}"), 404)
