"""``fix --approve`` on a real pseudo-terminal: the diff, the question, each answer, and no answer at all."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aion_r.api.commands.approval import QUESTION, REASON, Approval
from aion_r.api.screen.terminal import Terminal
from aion_r.core.decisions import Question
from support.command_line import BUGGY, CONTROL, REPLACE, CommandLine, answer, document
from support.scripted_server import ScriptedServer

Configure = Callable[..., CommandLine]


class Conversation:
    """``aion-r`` on a terminal that somebody types at."""

    def __init__(self, aion: CommandLine, *arguments: str) -> None:
        self._main, side = pty.openpty()
        self.process = aion.start(*arguments, stdin=side, stdout=side, stderr=side, start_new_session=True)
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


def shown(talk: Conversation) -> str:
    return CONTROL.sub("", talk.screen).replace("\r\n", "\n")


def stop_reason(aion: CommandLine) -> str:
    return str(document((the_run(aion) / "run.json").read_text())["stop_reason"])


def test_yes_writes_what_was_shown(with_model: Configure, project: Path) -> None:
    talk = Conversation(with_model(answer()), "fix", "--approve")
    talk.wait_for(QUESTION)
    asked = shown(talk)
    assert asked.index(f"+{REPLACE}") < asked.index("Repairs: test_cart.py::test_total\n") < asked.index(QUESTION)
    assert talk.screen.index("\x1b[?25h") < talk.screen.index(QUESTION)  # the live display has left the screen
    assert (project / "cart.py").read_text() == BUGGY
    talk.type("maybe\n")
    talk.wait_for(QUESTION, times=2)
    talk.type("a\n")
    assert talk.end() == 0
    assert REPLACE in (project / "cart.py").read_text()
    assert shown(talk).count(f"+{REPLACE}") == 1


def test_no_without_a_reason_ends_the_run(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type("r\n")
    talk.wait_for(REASON)
    talk.type("\n")
    assert talk.end() == 1
    assert (project / "cart.py").read_text() == BUGGY
    assert f"+{REPLACE}" in (the_run(aion) / "best.patch").read_text()
    assert stop_reason(aion) == "rejected"
    assert "the patch was not approved" in shown(talk)


def test_a_reason_goes_to_the_model_and_its_next_fix_is_asked_about(
    with_model: Configure, project: Path, server: ScriptedServer
) -> None:
    better = "        result = result + price"
    talk = Conversation(with_model(answer(), answer(better)), "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type("r\n")
    talk.wait_for(REASON)
    talk.type("no augmented assignment, please\n")
    talk.wait_for(QUESTION, times=2)
    assert f"+{better}" in shown(talk)
    talk.type("a\n")
    assert talk.end() == 0
    assert better in (project / "cart.py").read_text()
    assert "no augmented assignment, please" in server.calls()[1].prompt


def test_an_edited_patch_is_tested_and_written(with_model: Configure, project: Path, tmp_path: Path) -> None:
    aion = with_model(answer())
    aion.variables["EDITOR"] = editor(tmp_path, "s.replace('+= price', '+= int(price)')")
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type("e\n")
    assert talk.end() == 0
    assert "result += int(price)" in (project / "cart.py").read_text()


def test_an_edited_patch_that_breaks_the_tests_is_asked_about_again(
    with_model: Configure, project: Path, tmp_path: Path
) -> None:
    aion = with_model(answer())
    aion.variables["EDITOR"] = editor(tmp_path, "s.replace('+= price', '*= price')")
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type("e\n")
    talk.wait_for(QUESTION, times=2)
    assert "Asked again: the edited patch does not hold (test_cart.py::test_total" in shown(talk)
    assert (project / "cart.py").read_text() == BUGGY
    talk.type("a\n")
    assert talk.end() == 0
    assert REPLACE in (project / "cart.py").read_text()


def editor(folder: Path, change: str) -> str:
    """The command of an editor that puts ``change`` in the place of the text ``s``."""
    script = folder / "editor.py"
    script.write_text(
        f"import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\ns = file.read_text()\nfile.write_text({change})\n"
    )
    return f"{sys.executable} {script}"


@pytest.mark.parametrize("typed", ["q\n", "\x04"])
def test_without_an_answer_the_run_waits_and_is_answered_later(
    with_model: Configure, project: Path, typed: str
) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type(typed)
    assert talk.end() == 1
    assert (stop_reason(aion), (project / "cart.py").read_text()) == ("awaiting_approval", BUGGY)
    run = the_run(aion).name
    assert f"`aion-r runs resume {run}`" in shown(talk)
    assert "asks you" in aion.call("runs").stdout
    again = Conversation(aion, "runs", "resume", run)
    again.wait_for(QUESTION)
    again.type("q\n")
    assert again.end() == 1
    accepted = aion.call("runs", "resume", run, "--accept")
    assert accepted.returncode == 0, accepted.stderr
    assert REPLACE in (project / "cart.py").read_text()
    twice = aion.call("runs", "resume", run, "--accept")
    assert (twice.returncode, "waits for no answer any more: it has ended (repaired)" in twice.stderr) == (2, True)


def test_a_run_that_was_killed_at_its_question_asks_again(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.process.kill()
    talk.end()
    assert (project / "cart.py").read_text() == BUGGY
    again = Conversation(aion, "runs", "resume", the_run(aion).name)
    again.wait_for(QUESTION)
    assert f"+{REPLACE}" in shown(again)
    again.type("a\n")
    assert again.end() == 0
    assert REPLACE in (project / "cart.py").read_text()


def test_a_waiting_run_is_rejected_for_good(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    talk.type("q\n")
    talk.end()
    run = the_run(aion).name
    asks = aion.call("runs", "resume", run)
    assert (asks.returncode, "this is none: give --accept or --reject REASON" in asks.stderr) == (2, True)
    both = aion.call("runs", "resume", run, "--accept", "--reject", "")
    assert (both.returncode, "contradict each other" in both.stderr) == (2, True)
    assert aion.call("runs", "resume", run, "--reject", "").returncode == 1
    assert (stop_reason(aion), (project / "cart.py").read_text()) == ("rejected", BUGGY)


def test_an_answer_typed_before_the_question_is_none(with_model: Configure, project: Path) -> None:
    talk = Conversation(with_model(answer()), "fix", "--approve")
    talk.wait_for("sandbox: ")
    talk.type("a\n")
    talk.wait_for(QUESTION)
    time.sleep(0.3)
    assert (project / "cart.py").read_text() == BUGGY
    talk.type("q\n")
    assert talk.end() == 1


def test_ctrl_c_at_the_question_interrupts(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    talk = Conversation(aion, "fix", "--approve")
    talk.wait_for(QUESTION)
    began = time.monotonic()
    talk.process.send_signal(signal.SIGINT)
    assert talk.end() == 130
    assert time.monotonic() - began < 5
    assert "interrupted: the project is as it was." in shown(talk).replace("\n", " ")
    assert (project / "cart.py").read_text() == BUGGY
    assert stop_reason(aion) == "interrupted"


def test_a_question_that_is_withdrawn_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the run is cancelled while nobody answers."""
    main, side = pty.openpty()
    with os.fdopen(main, "wb", buffering=0), os.fdopen(side, "r") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        screen = io.StringIO()
        went_on: list[bool] = []
        approval = Approval(Terminal(screen), lambda: None, lambda: went_on.append(True))
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(approval, Question("run", 1, "--- a/a.py\n+++ b/a.py\n"))
            while QUESTION not in screen.getvalue():
                time.sleep(0.01)
            approval.withdraw()
            assert answered.result(timeout=10) is None
    assert (approval.asked, went_on) == (True, [])


def test_without_a_terminal_it_is_wrong_usage(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    done = aion.run("fix", "--approve", "--json")
    assert (done.returncode, document(done.stdout)["stop_reason"]) == (2, "usage")
    assert "use --no-apply, or --patch FILE" in done.stderr
    assert not (aion.home / "runs").exists()
