"""The tools over HTTP: two clients at one time, and all who are turned away before the protocol begins."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mcp.client.streamable_http import streamable_http_client

from support.mcp_client import serving, session, stdio, wait_for
from support.projects import CALC, RIGHT, calc, plain_pytest, snapshot
from support.replies import Answer
from support.scripted_server import ScriptedServer

TOKEN = "a-token-that-nobody-guesses"
QUESTION = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPTED = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def test_two_clients(folder: Path, home: Path, model: ScriptedServer):
    """Of the protocol's two ages."""
    shop, other = calc(folder / "shop"), calc(folder / "other")
    model.reply("openai", Answer(RIGHT, delay=2.0))
    with (
        serving(folder, home, "--providers", "openai", **model.environment("openai")) as address,
        session(address) as first,
        session(address, mode="legacy") as second,
    ):
        call = first.begin("fix_tests", project="shop")
        wait_for(model.calls)
        assert "another run is at work" in second.error("fix_tests", project=str(shop))
        seen = second.call("run_tests", project="other")
        assert seen.structured_content["failed"] == 1 and not call.done()
        assert call.result(60).structured_content["outcome"] == "repaired"
    assert first.told and {"openai" in message for _, message in first.told} == {True, False}
    assert plain_pytest(shop) == 0
    assert snapshot(other)["calc.py"] == CALC.encode()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that wants the token."""
    folder = tmp_path_factory.mktemp("guarded")
    calc(folder / "shop")
    with serving(folder, folder / "home", AION_R_SERVE_TOKEN=TOKEN) as address:
        yield address


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": "Bearer \xff"}, 401),
        ({"authorization": f"Bearer {TOKEN}", "origin": "https://example.com"}, 403),
        ({"authorization": f"Bearer {TOKEN}", "origin": "null"}, 403),
        ({"authorization": f"Bearer {TOKEN}", "host": "rebound.example.com"}, 421),
        ({"authorization": f"Bearer {TOKEN}", "host": "[::1"}, 421),
        ({"authorization": f"Bearer {TOKEN}", "host": "localhost:1"}, 400),
    ],
)
def test_turned_away(guarded: str, headers: dict[str, str], status: int):
    """The last one only for want of a session: it is let in."""
    sent = [(name.encode(), value.encode("latin-1")) for name, value in (ACCEPTED | headers).items()]
    assert httpx.post(guarded, json=QUESTION, headers=sent).status_code == status


def test_a_large_body_is_not_read(guarded: str):
    headers = ACCEPTED | {"authorization": f"Bearer {TOKEN}"}
    assert httpx.post(guarded, content=b"[" * (2 << 20), headers=headers).status_code == 413


def test_with_the_token(guarded: str):
    from mcp.shared._httpx_utils import create_mcp_http_client

    with_token = create_mcp_http_client(headers={"Authorization": f"Bearer {TOKEN}"})
    with session(streamable_http_client(guarded, http_client=with_token)) as agent:
        assert agent.call("run_tests", project="shop").structured_content["failed"] == 1


def test_others_may_reach_it_only_with_a_token(folder: Path, home: Path):
    command = [sys.executable, "-m", "aion_r", "mcp", "--http", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(command, cwd=folder, env=stdio(folder, home).env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "set AION_R_SERVE_TOKEN" in done.stderr
    assert snapshot(folder) == {}


def test_a_port_that_is_taken(guarded: str, folder: Path, home: Path):
    port = guarded.rpartition(":")[2].partition("/")[0]
    command = [sys.executable, "-m", "aion_r", "mcp", "--http", "--port", port]
    done = subprocess.run(command, cwd=folder, env=stdio(folder, home).env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "take another --port" in done.stderr) == (2, True)
