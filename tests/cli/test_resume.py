"""``aion-r runs resume`` and what ``runs list`` says of a run that can go on."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

from support.command_line import BUGGY, CommandLine, answer, document
from support.replies import Hang
from support.scripted_server import ScriptedServer

Configure = Callable[..., CommandLine]


def killed_while_asking(aion: CommandLine, server: ScriptedServer, number: signal.Signals) -> str:
    process = aion.start("fix")
    deadline = time.monotonic() + 60
    while not server.calls("openai"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    row = json.loads(aion.call("runs", "list", "--json").stdout)["runs"][0]
    assert (row["outcome"], row["resumable"]) == ("running", False), "it is alive"
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    if number == signal.SIGTERM:
        assert f"`aion-r runs resume {row['run_id']}` goes on with it." in err
    return str(row["run_id"])


def test_a_killed_run_is_listed_and_goes_on(with_model: Configure, server: ScriptedServer, project: Path) -> None:
    aion = with_model(Hang(), answer())
    run_id = killed_while_asking(aion, server, signal.SIGKILL)
    assert (project / "cart.py").read_text() == BUGGY
    assert "can resume" in aion.call("runs", "list").stdout
    assert json.loads(aion.call("runs", "list", "--json").stdout)["runs"][0]["resumable"] is True
    done = aion.run("runs", "resume", run_id, "--json")
    assert done.returncode == 0, done.stderr
    told = document(done.stdout)
    assert (told["run_id"], told["outcome"], told["applied"]) == (run_id, "repaired", True)
    assert f"Run {run_id} is resumed. It goes on where it was." in done.stderr
    again = aion.call("runs", "resume", run_id)
    assert (again.returncode, again.stdout) == (2, "")
    assert f"run {run_id} has ended (repaired)" in again.stderr
    assert aion.call("undo", run_id).returncode == 0
    assert (project / "cart.py").read_text() == BUGGY


def test_an_interrupted_run_goes_on(with_model: Configure, server: ScriptedServer, project: Path) -> None:
    aion = with_model(Hang(), answer())
    run_id = killed_while_asking(aion, server, signal.SIGTERM)
    shown = json.loads(aion.call("runs", "show", run_id, "--json").stdout)
    assert shown["stop_reason"] == "interrupted"
    done = aion.call("runs", "resume", run_id[:15])
    assert done.returncode == 0, done.stderr
    assert "Repaired: 1 of 2 tests failed" in done.stdout
