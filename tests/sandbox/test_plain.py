"""The view of systems without a launcher (macOS, Windows), as far as any POSIX system can show it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import UsageError
from aion_r.tools.sandbox.plain import PlainView
from aion_r.tools.sandbox.protocol import Command, Sandbox
from support.levels import opened

from .conftest import processes_with, python, snapshot


@pytest.fixture
def plain(project: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr("aion_r.tools.sandbox.copies._kind", lambda: PlainView)
    return opened(project, "copy", scratch)


def test_patch_run_and_leave(plain: Sandbox, project: Path, scratch: Path) -> None:
    before = snapshot(project)
    patch = Patch(
        (Edit("calc.py", b"", b"VALUE = 2\n"), Edit("pkg/old.txt", b"old\n", None), Edit("n/f", None, b"n\n"))
    )
    with plain.view(patch) as view:
        done = view.run(Command(("sh", "-c", "cat calc.py n/f; ls pkg; echo x > run.sh; exit 4")), 30)
        assert (done.returncode, done.output) == (4, b"VALUE = 2\nn\n")
    assert snapshot(project) == before
    assert list(scratch.iterdir()) == []


def test_timeout_and_end_kill_the_group(plain: Sandbox) -> None:
    marker = f"plain-{os.getpid()}-{time.monotonic_ns()}"
    fork = "import os, sys, time\nos.fork()\nprint('up', flush=True)\ntime.sleep(float(sys.argv[1]))"
    with plain.view(Patch()) as view:
        done = view.run(python(fork, 600, marker), 3.0)
        assert (done.timed_out, done.output) == (True, b"up\nup\n")
        assert processes_with(marker) == []


def test_close_ends_run_and_spawned(plain: Sandbox) -> None:
    view = plain.view(Patch())
    cat = view.spawn(Command(("cat",)))
    threading.Timer(0.5, view.close).start()
    assert view.run(Command(("sleep", "600")), 60).seconds < 30
    assert cat.wait(10) == -9
    assert cat.stdin and cat.stdout
    cat.stdin.close()
    cat.stdout.close()
    with pytest.raises(UsageError, match="closed"):
        view.run(Command(("true",)), 1)


def test_limits_are_set(plain: Sandbox, project: Path, scratch: Path) -> None:
    with plain.view(Patch()) as view:
        assert view.run(Command(("sh", "-c", "ulimit -n; ulimit -c")), 30).output.split()[1] == b"0"
        assert int(view.run(Command(("sh", "-c", "ulimit -n")), 30).output) <= 8192
        assert view.run(Command(("no-such-program",)), 30).returncode != 0
