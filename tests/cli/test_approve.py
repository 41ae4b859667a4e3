"""``fix --approve`` on a real pseudo-terminal: the diff, the question, each answer, and no answer at all."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aion_r.api.commands.approval import Approval
from aion_r.api.screen.terminal import Terminal
from aion_r.core.domain import Edit, Patch
from support.command_line import BUGGY, CONTROL, REPLACE, CommandLine, answer, document

Configure = Callable[..., CommandLine]
QUESTION = "Write this to the project? [y/n] "


class Conversation:
    """``aion-r`` on a terminal that somebody types at."""

    def __init__(self, aion: CommandLine, *arguments: str) -> None:
        self._main, side = pty.openpty()
        self.process = subprocess.Popen(
            aion.command(*arguments),
            stdin=side,
            stdout=side,
            stderr=side,
            cwd=aion.folder,
            env=aion.environment,
            start_new_session=True,
        )
        os.close(side)
        self.screen = ""

    def wait_for(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while CONTROL.sub("", self.screen).count(text) < times:
            assert time.monotonic() < deadline, self.screen
            assert self._read(), self.screen

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._main)
        return self.process.wait(timeout=60)

    def _read(self) -> bool:
        assert select.select([self._main], [], [], 60)[0], self.screen
        try:
            said = os.read(self._main, 65536)
        except OSError:  # how a terminal says that the other side is closed
            return False
        self.screen += said.decode("utf-8", "replace")
        return bool(said)


def the_run(aion: CommandLine) -> Path:
    (run,) = (aion.home / "runs").iterdir()
    return run


def test_yes_writes_what_was_shown(with_model: Configure, project: Path) -> None:
    talk = Conversation(with_model(answer()), "fix", "--approve")
    talk.wait_for(QUESTION)
    shown = CONTROL.sub("", talk.screen)
    assert shown.index(f"+{REPLACE}") < shown.index(QUESTION)
    assert talk.screen.index("\x1b[?25h") < talk.screen.index(QUESTION)  # the live display has left the screen
    assert (project / "cart.py").read_text() == BUGGY
    talk.type("maybe\n")
    talk.wait_for(QUESTION, times=2)
    talk.type("y\n")
    assert talk.end() == 0
    assert REPLACE in (project / "cart.py").read_text()
    assert CONTROL.sub("", talk.screen).count(f"+{REPLACE}") == 1


@pytest.mark.parametrize("typed", ["n\n", "\x04"])
def test_no_and_the_end_of_input_leave_the_project_alone(with_model: Configure, project: Path, typed: str) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type(typed)
    assert talk.end() == 1
    assert (project / "cart.py").read_text() == BUGGY
    run = the_run(aion)
    assert f"+{REPLACE}" in (run / "best.patch").read_text()
    facts = document((run / "run.json").read_text())
    assert (facts["outcome"], facts["stop_reason"]) == ("not_repaired", "rejected")
    assert "the patch was not approved" in CONTROL.sub("", talk.screen)


def test_an_answer_typed_before_the_question_is_none(with_model: Configure, project: Path) -> None:
    talk = Conversation(with_model(answer()), "fix", "--approve")
    talk.wait_for("sandbox: ")
    talk.type("y\n")
    talk.wait_for(QUESTION)
    time.sleep(0.3)
    assert (project / "cart.py").read_text() == BUGGY
    talk.type("n\n")
    assert talk.end() == 1


def test_ctrl_c_at_the_question_interrupts(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    began = time.monotonic()
    talk.process.send_signal(signal.SIGINT)
    assert talk.end() == 130
    assert time.monotonic() - began < 5
    assert "interrupted: the project is as it was." in CONTROL.sub("", talk.screen).replace("\r\n", " ")
    assert (project / "cart.py").read_text() == BUGGY
    assert document((the_run(aion) / "run.json").read_text())["stop_reason"] == "interrupted"


def test_a_question_that_is_withdrawn_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the time limit of the run is reached while nobody answers."""
    main, side = pty.openpty()
    with os.fdopen(main, "wb", buffering=0), os.fdopen(side, "r") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        screen = io.StringIO()
        approval = Approval(Terminal(screen), lambda: None)
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(approval, Patch((Edit("a.py", b"1\n", b"2\n"),)))
            while QUESTION not in screen.getvalue():
                time.sleep(0.01)
            assert approval.asking
            approval.withdraw()
            assert answered.result(timeout=10) is False
    assert (approval.asking, approval.asked) == (False, True)


def test_without_a_terminal_it_is_wrong_usage(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    done = aion.run("fix", "--approve", "--json")
    assert (done.returncode, document(done.stdout)["stop_reason"]) == (2, "usage")
    assert "use --no-apply, or --patch FILE" in done.stderr
    assert not (aion.home / "runs").exists()
