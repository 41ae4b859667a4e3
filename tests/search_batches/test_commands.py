"""Commands in a view: what they print, how long they may take, and what is left of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aion_r.core.domain import Patch
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import Command, View
from aion_r.tools.search_repair.batches.commands import Commands, under
from aion_r.tools.search_repair.job import Cancelled
from aion_r.tools.search_repair.model import RunnerGone


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "a.txt").write_text("as found\n")
    with open_sandbox(tmp_path / "project", scratch=tmp_path / "scratch").view(Patch()) as opened:
        yield opened


@pytest.fixture
def cancel() -> threading.Event:
    return threading.Event()


@pytest.fixture
def commands(view: View, cancel: threading.Event) -> Iterator[Commands]:
    running = Commands(view, Command(("true",), env={"OURS": "of all"}), cancel)
    yield running
    running.close()


def shell(commands: Commands, view: View, text: str, limit: float = 20.0, **env: str):
    return commands.run(["/bin/sh", "-c", text], str(view.root), limit, env)


def test_what_a_command_says(commands: Commands, view: View) -> None:
    done = shell(commands, view, 'cat a.txt; echo "$OURS $MINE" >&2; exit 3', MINE="of one")
    assert (done.status, done.output, done.late) == (3, "as found\nof all of one\n", False)


def test_written_texts_stay_in_the_view(commands: Commands, view: View, tmp_path: Path) -> None:
    commands.put({under(view.root, "a.txt"): "new\r\n", under(view.root, "deep/b.txt"): "ü"})
    assert shell(commands, view, "cat a.txt deep/b.txt").output == "new\r\nü"
    if view.root == tmp_path / "project":
        assert (view.root / "a.txt").read_text() == "as found\n"


def test_a_hang_ends_at_its_limit_with_all_that_it_started(commands: Commands, view: View) -> None:
    started = time.monotonic()
    done = shell(commands, view, "echo before; (while :; do echo x >> ticks; sleep 0.05; done) & sleep 60", 0.4)
    assert done.late and done.output == "before\n"
    assert time.monotonic() - started < 5
    counted = shell(commands, view, "wc -l < ticks").output
    time.sleep(0.3)
    assert int(counted) > 0
    assert shell(commands, view, "wc -l < ticks").output == counted


def test_what_a_command_leaves_behind_is_ended(commands: Commands, view: View) -> None:
    started = time.monotonic()
    done = shell(commands, view, "sleep 60 & echo done")
    assert (done.status, done.output, done.late) == (0, "done\n", False)
    assert time.monotonic() - started < 5


def test_several_at_a_time(commands: Commands, view: View) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda n: shell(commands, view, f"sleep 1; echo {n}").output, range(4)))
    assert outputs == [f"{n}\n" for n in range(4)]
    assert time.monotonic() - started < 3.5


def test_cancelling_ends_the_wait(commands: Commands, view: View, cancel: threading.Event) -> None:
    threading.Timer(0.2, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        shell(commands, view, "sleep 60", 60.0)
    assert time.monotonic() - started < 1.0


def test_a_program_that_is_not_there(commands: Commands, view: View) -> None:
    done = commands.run(["./nothing"], str(view.root), 5.0)
    assert done.status == 127 and "nothing" in done.output


def test_greed_ends_the_greedy_one_alone(commands: Commands, view: View) -> None:
    hog = "import sys; b = []\nwhile True: b.append(bytes(1 << 24))"
    words = ["/usr/bin/env", "python3", "-c", hog]
    done = commands.run(words, str(view.root), 60.0)
    assert done.status != 0 and not done.late
    assert shell(commands, view, "echo alive").output == "alive\n"


def test_a_closed_view_is_told(commands: Commands, view: View) -> None:
    view.close()
    with pytest.raises(RunnerGone):
        shell(commands, view, "echo never")
