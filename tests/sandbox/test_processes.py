"""Nothing outlives its command, its view or us, and nothing a command does costs us more than bounded memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from aion_r.core.domain import Patch
from aion_r.core.errors import UsageError
from aion_r.tools.sandbox import sweep
from aion_r.tools.sandbox.protocol import Command, Sandbox
from support.levels import opened

from .conftest import processes_with, python

Eventually = Callable[[Callable[[], bool]], bool]

STUBBORN = """
import os, signal, sys, time
heard, said = os.pipe()
os.set_inheritable(said, True)
if os.fork() == 0:
    os.setsid()
    for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)
    if os.fork() == 0:
        os.environ.clear()
        code = f"import os, time; print('up', flush=True); os.write({said}, b'up'); time.sleep(600)"
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", code, sys.argv[1]])
    time.sleep(600)
os.read(heard, 1)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def marker(tmp_path: Path) -> str:
    return f"stubborn-{os.getpid()}-{time.monotonic_ns()}"


def test_end_kills_escaped_grandchildren(sandbox: Sandbox, marker: str) -> None:
    with sandbox.view(Patch()) as view, view.spawn(Command(("cat",))) as neighbour:
        done = view.run(python(STUBBORN, marker, 0), 30)
        assert (done.returncode, done.timed_out, done.output) == (0, False, b"up\n")
        assert processes_with(marker) == []
        assert neighbour.communicate(b"still here", timeout=30)[0] == b"still here"


def test_timeout_kills_all_and_keeps_output(sandbox: Sandbox, marker: str) -> None:
    with sandbox.view(Patch()) as view:
        done = view.run(python(STUBBORN, marker, 600), 3.0)
        assert processes_with(marker) == []
        assert (done.timed_out, done.output) == (True, b"up\n")
        assert done.returncode < 0
        assert 3.0 <= done.seconds < 15.0
        assert view.run(Command(("echo", "next")), 30).output == b"next\n"


def test_close_from_another_thread_ends_run(sandbox: Sandbox, marker: str) -> None:
    view = sandbox.view(Patch())
    closing = threading.Thread(target=view.close)

    def close_once() -> None:
        if processes_with(marker) and not closing.ident:
            closing.start()

    done = view.run(python(STUBBORN, marker, 600), 60, close_once)
    closing.join()
    assert done.seconds < 30
    assert (done.timed_out, done.returncode) == (False, -9)
    view.close()
    assert processes_with(marker) == []
    with pytest.raises(UsageError, match="closed"):
        view.run(Command(("true",)), 1)


def test_tick_that_raises_kills_the_command(sandbox: Sandbox, marker: str) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with sandbox.view(Patch()) as view, pytest.raises(KeyboardInterrupt):
        view.run(python(STUBBORN, marker, 600), 60, interrupt)
    assert processes_with(marker) == []


def test_ticks_come_ten_times_a_second(sandbox: Sandbox) -> None:
    ticks: list[float] = []
    with sandbox.view(Patch()) as view:
        view.run(Command(("sleep", "1")), 30, lambda: ticks.append(time.monotonic()))
    assert len(ticks) >= 4
    assert min(later - before for before, later in pairwise(ticks)) > 0.05


def test_exit_status_and_signals(sandbox: Sandbox) -> None:
    with sandbox.view(Patch()) as view:
        assert view.run(python("raise SystemExit(3)"), 30).returncode == 3
        assert view.run(python("import os; os.kill(os.getpid(), 11)"), 30).returncode == -signal.SIGSEGV
        ignored = int(view.run(Command(("sh", "-c", "grep SigIgn /proc/self/status")), 30).output.split()[1], 16)
        assert not ignored & sum(1 << (n - 1) for n in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ))


DRIVER = """
import sys, pathlib
from aion_r.core.domain import Patch
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import Command
project, level, scratch, *argv = sys.argv[1:]
view = open_sandbox(pathlib.Path(project), level, scratch=pathlib.Path(scratch)).view(Patch())
print("ready", flush=True)
view.run(Command(tuple(argv)), 600)
"""


def test_kill_of_our_process_leaves_nothing(
    sandbox: Sandbox, project: Path, scratch: Path, marker: str, eventually: Eventually
) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    inner = python(STUBBORN, marker, 600).argv
    ours = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(project), sandbox.level, str(scratch), *inner], stdout=subprocess.PIPE
    )
    with ours:
        assert ours.stdout and ours.stdout.readline() == b"ready\n"
        assert eventually(lambda: len(processes_with(marker)) >= 4)
        view_folder = next(scratch.iterdir()).name
        ours.kill()
    assert eventually(lambda: processes_with(marker) == [])
    assert eventually(lambda: processes_with(view_folder) == [])
    assert [m for m in Path("/proc/self/mounts").read_text().splitlines() if m not in mounts.splitlines()] == []
    assert sweep(scratch) == 1
    assert list(scratch.iterdir()) == []


def test_sweep_spares_views_in_use(sandbox: Sandbox, scratch: Path) -> None:
    with sandbox.view(Patch()) as view:
        assert sweep(scratch) == 0
        assert view.run(Command(("cat", "calc.py")), 30).returncode == 0


@pytest.mark.parametrize("size", [100 << 20])
def test_flood_costs_bounded_memory(size: int, sandbox: Sandbox) -> None:
    flood = (
        "import os, sys\nos.write(1, b'HEAD')\n"
        "for _ in range(int(sys.argv[1]) >> 20): os.write(1, b'x' * (1 << 20))\nos.write(2, b'TAIL')"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with sandbox.view(Patch()) as view:
        done = view.run(python(flood, size), 60)
    assert (done.returncode, done.truncated) == (0, True)
    assert done.output.startswith(b"HEADxxx")
    assert done.output.endswith(b"xxxTAIL")
    assert b"bytes of output left out" in done.output
    assert len(done.output) < 600 << 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 << 10


def test_spawn_talks_and_dies_with_the_view(sandbox: Sandbox, marker: str) -> None:
    echo = (
        "import sys\nsys.stderr.write('note'); sys.stderr.flush()\n"
        "for line in sys.stdin: print(line.strip()[::-1], flush=True)"
    )
    view = sandbox.view(Patch())
    process = view.spawn(python(echo, marker))
    assert process.stdin and process.stdout
    for word in (b"abc", b"xyz"):
        process.stdin.write(word + b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == word[::-1] + b"\n"
    assert process.poll() is None
    assert view.run(Command(("echo", "both")), 30).output == b"both\n"
    assert (view.out / "stderr.txt").read_bytes() == b"note"
    view.close()
    assert process.wait(10) != 0
    assert processes_with(marker) == []


def test_an_end_is_seen_while_a_later_command_runs(sandbox: Sandbox) -> None:
    with sandbox.view(Patch()) as view:
        first = view.spawn(Command(("cat",)))
        view.spawn(Command(("sleep", "600")))
        first.communicate(b"x", timeout=30)
        assert first.returncode == 0


def test_spawned_process_as_popen(sandbox: Sandbox) -> None:
    with sandbox.view(Patch()) as view:
        with view.spawn(Command(("cat",))) as process:
            assert process.communicate(b"there and back", timeout=30)[0] == b"there and back"
        assert process.returncode == 0
        sleeper = view.spawn(Command(("sleep", "600")))
        with pytest.raises(subprocess.TimeoutExpired):
            sleeper.wait(0.05)
        sleeper.terminate()
        assert sleeper.wait(10) != 0


def test_many_commands_at_once(sandbox: Sandbox) -> None:
    results: dict[int, bytes] = {}
    with sandbox.view(Patch()) as view:

        def one(number: int) -> None:
            results[number] = view.run(Command(("sh", "-c", f"sleep 0.1; echo {number}")), 60).output

        threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == {n: b"%d\n" % n for n in range(12)}


def test_many_children_are_all_killed(sandbox: Sandbox, marker: str) -> None:
    fork = (
        "import os, time\nfor _ in range(150):\n  if os.fork() == 0: os.setsid(); time.sleep(600)\n"
        "print('forked', flush=True)"
    )
    with sandbox.view(Patch()) as view:
        assert view.run(python(fork, marker), 60).output == b"forked\n"
        assert processes_with(marker) == []


def test_no_descriptor_is_left(sandbox: Sandbox) -> None:
    def rounds() -> int:
        for _ in range(3):
            with sandbox.view(Patch()) as view:
                view.run(Command(("true",)), 30)
                view.spawn(Command(("cat",))).communicate(b"x", timeout=30)
        return len(list(Path("/proc/self/fd").iterdir()))

    assert rounds() == rounds()


def test_commands_see_own_processes_only(overlay: Sandbox) -> None:
    with overlay.view(Patch()) as view:
        sleeper = view.spawn(Command(("sleep", "600")))
        seen = view.run(
            python("import os; print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()), os.getpid())"), 30
        )
        assert seen.output == b"[1, 2] 2\n"
        sleeper.kill()


def test_nothing_can_be_undone(overlay: Sandbox, project: Path) -> None:
    undo = (
        "import ctypes, sys\nc = ctypes.CDLL(None, use_errno=True)\nfor new in (False, True):\n"
        "  if new: print(c.unshare(0x10020000))\n"
        "  print(c.umount2(sys.argv[1].encode(), 2), c.mount(b'none', b'/', None, 32 | 4096 | 16384, None))\n"
        "try: print(open('/proc/1/environ').read())\nexcept OSError as e: print('closed')"
    )
    with overlay.view(Patch()) as view:
        lines = view.run(python(undo, project), 30).output.decode().split("\n")
    assert lines[0] == "-1 -1"
    assert all(line.startswith("-1") for line in lines if line not in ("0", "closed", ""))
    assert "closed" in lines


def test_network_is_off_and_loopback_works(overlay: Sandbox, project: Path, scratch: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        call = (
            "import socket, sys\nwith socket.create_server(('127.0.0.1', 0)) as s:\n"
            "  socket.create_connection(s.getsockname()).close(); print('loopback')\n"
            "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('host')\n"
            "except OSError as e: print('cut')"
        )
        command = python(call, server.getsockname()[1])
        with overlay.view(Patch()) as view:
            assert view.run(command, 30).output == b"loopback\ncut\n"
        with opened(project, "overlay", scratch, allow_network=True).view(Patch()) as view:
            assert view.run(command, 30).output == b"loopback\nhost\n"
