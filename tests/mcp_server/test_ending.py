"""Cancelled, killed, told to stop: the run ends at once, nothing of it goes on, and the project is as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from support.mcp_client import Session, processes, session, stdio, wait_for
from support.projects import TEST_CALC, calc, snapshot

AT_ONCE = 15.0
"""Seconds; on an idle machine it takes a tenth of one."""


def hanging(folder: Path, mark: str) -> Path:
    """A project one of whose tests starts a process with ``mark`` in its command line, and waits for it."""
    command = f"[sys.executable, '-c', 'import time; time.sleep(300)', {mark!r}]"
    slow = f"import subprocess, sys\n\n\ndef test_hang():\n    subprocess.run({command})\n\n\n{TEST_CALC}"
    return calc(folder, test_calc=slow)


def left_in(home: Path) -> list[str]:
    """What a run leaves only while it is at work."""
    return [str(path) for pattern in ("test-*", "runs/*/views/*") for path in home.glob(pattern)]


def gone(mark: str) -> float:
    """The seconds until no process has ``mark``."""
    began = time.monotonic()
    wait_for(lambda: not processes(mark), AT_ONCE)
    return time.monotonic() - began


def test_a_cancelled_call_ends_and_the_server_goes_on(folder: Path, home: Path, tmp_path: Path):
    mark = f"hang-{tmp_path.name}-{os.getpid()}"
    project = hanging(folder / "slow", mark)
    found = snapshot(project)
    calc(folder / "shop")
    with session(stdio(folder, home, "--providers", "offline")) as agent:
        for tool in ("run_tests", "fix_tests"):
            _cancelled(agent, tool, mark)
            assert wait_for(lambda: not left_in(home), AT_ONCE)
        assert "another run" not in agent.text("run_tests", project="shop")
        call = agent.begin("fix_tests", project="slow")  # the project is free again
        wait_for(lambda: processes(mark))
        assert "another run is at work" in agent.error("fix_tests", project="slow")
        call.cancel()
    assert gone(mark) < AT_ONCE
    assert snapshot(project) == found


def _cancelled(agent: Session, tool: str, mark: str) -> None:
    call = agent.begin(tool, project="slow")
    wait_for(lambda: processes(mark))
    call.cancel()
    with pytest.raises(CancelledError):
        call.result()
    assert gone(mark) < AT_ONCE


@pytest.mark.parametrize(("who", "number"), [("client", signal.SIGKILL), ("server", signal.SIGTERM)])
def test_one_side_is_killed(folder: Path, home: Path, tmp_path: Path, who: str, number: signal.Signals):
    mark = f"hang-{tmp_path.name}-{os.getpid()}"
    project = hanging(folder / "slow", mark)
    found = snapshot(project)
    program = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
from support.mcp_client import session, stdio
with session(stdio(Path({str(folder)!r}), Path({str(home)!r}), "--root", {str(folder)!r})) as agent:
    agent.call("fix_tests", project="slow")
"""
    client = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    server = f"mcp\0--root\0{folder}"
    wait_for(lambda: processes(mark))
    (pid,) = processes(server)
    os.kill(client.pid if who == "client" else pid, number)
    assert gone(mark) < AT_ONCE
    assert gone(server) < AT_ONCE
    assert client.wait(timeout=20) != 0
    assert snapshot(project) == found


@pytest.mark.parametrize("transport", [(), ("--http", "--port", "0")])
def test_told_to_stop(folder: Path, home: Path, transport: tuple[str, ...]):
    command = [sys.executable, "-m", "aion_r", "mcp", *transport]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, cwd=folder, env=stdio(folder, home).env, text=True, **pipes)
    if transport:
        assert "MCP server at http://127.0.0.1:" in process.stderr.readline()
    else:
        process.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "tools/nothing"}\n')
        process.stdin.flush()
        assert '"error"' in process.stdout.readline()
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < AT_ONCE
    assert (process.returncode, out) == (130, "")
    assert "interrupted: the server has ended" in err and "Traceback" not in err
