"""Ctrl-C and SIGTERM at every stage: gone within a second, status 130, the project as it was, nothing left running."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import BUGGY, CommandLine, document
from support.replies import Hang

ALLOWED_SECONDS = 10.0
"""A second is what is promised, and kept by a timer; a machine that is busy with other tests may be slow."""


def interrupt(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < ALLOWED_SECONDS
    return process.returncode, out, err


def running_sleepers() -> list[str]:
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"test_marker_of_interruption" in status.read_bytes():
                found.append(status.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_while_a_model_is_asked(
    with_model: Callable[..., CommandLine],
    server: object,
    project: Path,
    number: signal.Signals,
    json_option: tuple[str, ...],
) -> None:
    aion = with_model(Hang())
    process = aion.start("fix", *json_option)
    deadline = time.monotonic() + 60
    while not server.calls("openai"):  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    status, out, err = interrupt(process, number)
    assert status == 130
    (run,) = (aion.home / "runs").iterdir()
    assert f"aion-r: interrupted: the project is as it was. The run is kept in {run}." in err
    assert "Traceback" not in err
    assert (project / "cart.py").read_text() == BUGGY
    if json_option:
        told = document(out)
        assert (told["outcome"], told["stop_reason"], told["run_id"]) == ("error", "interrupted", run.name)


@pytest.mark.parametrize("command", ["fix", "test"])
def test_while_the_tests_run(aion: CommandLine, project: Path, command: str) -> None:
    slow = "import subprocess, sys\n\n\ndef test_hang():\n    subprocess.run([sys.executable, '-c', CODE])\n"
    code = "import time; time.sleep(300)  # test_marker_of_interruption"
    (project / "test_cart.py").write_text(slow.replace("CODE", repr(code)))
    process = aion.start(command, "--providers", "offline") if command == "fix" else aion.start(command)
    deadline = time.monotonic() + 60
    while not running_sleepers():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    status, _, err = interrupt(process, signal.SIGINT)
    assert status == 130
    assert "interrupted: " in err and "Traceback" not in err
    deadline = time.monotonic() + 30
    while running_sleepers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running_sleepers() == []


def test_before_anything_began(aion: CommandLine) -> None:
    process = aion.start("fix", "--providers", "offline")
    stat = Path(f"/proc/{process.pid}/status")
    deadline = time.monotonic() + 30
    while not _catches(stat, signal.SIGTERM):
        assert time.monotonic() < deadline
    status, _, err = interrupt(process, signal.SIGTERM)
    assert status == 130
    assert err.splitlines()[-1].startswith("aion-r: interrupted: ")


def _catches(stat: Path, number: signal.Signals) -> bool:
    caught = next(line for line in stat.read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


WINDING_DOWN = """
import asyncio, os, signal, sys, time
from aion_r.api.commands.boundary import take_signals
from aion_r.api.commands.interruption import run_until_done

def farewell():
    print("farewell", flush=True)
    return 130

async def writing():
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0.2)
    return "written"

async def stuck():
    loop = asyncio.get_running_loop()
    loop.call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
    await asyncio.to_thread(time.sleep, 60)

async def broken():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
    finally:
        raise OSError("a collaborator that was cut off")

take_signals()
print(run_until_done({0}(), farewell=farewell, too_late=lambda: {1}))
"""


@pytest.mark.parametrize(
    ("work", "too_late", "status", "said"),
    [
        ("writing", True, 0, "written"),
        ("writing", False, 130, "farewell"),
        ("stuck", False, 130, "farewell"),
        ("broken", False, 130, "farewell"),
    ],
)
def test_winding_down(work: str, too_late: bool, status: int, said: str) -> None:
    began = time.monotonic()
    program = WINDING_DOWN.format(work, too_late)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (status, f"{said}\n", "")
    assert time.monotonic() - began < ALLOWED_SECONDS + 2
