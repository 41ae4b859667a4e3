"""``fix --approve``: the diff, a question on the terminal, and an answer before anything is written."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from ...core.decisions import Action, Decision, Question
from ...core.errors import UsageError
from ..screen.summary import diff_lines
from ..screen.terminal import Line, Terminal

QUESTION = "Write this to the project? accept, reject, edit, quit [a/r/e/q] "
REASON = "What should be different? A model tries again with it (Enter: end the run): "
_POLL_SECONDS = 0.1
_ANSWERS = {"a": "accept", "y": "accept", "yes": "accept", "r": "reject", "n": "reject", "no": "reject",
            "e": "edit", "q": "quit"}  # fmt: skip
_REPAIRS_SHOWN = 5


class Approval:
    """Asks, in whatever thread calls it. ``pause`` is called first so that nothing else is drawn, ``go_on`` after an
    answer; ``asked`` is true from then on.
    """

    def __init__(self, terminal: Terminal, pause: Callable[[], None], go_on: Callable[[], None]) -> None:
        self.asked = False
        self._terminal = terminal
        self._pause = pause
        self._go_on = go_on
        self._withdrawn = threading.Event()

    def __call__(self, question: Question) -> Decision | None:
        """``None`` where nobody answers: quit, the end of input, the question withdrawn. The run then waits."""
        self._pause()
        self.asked = True
        self._terminal.lines(question_lines(question))
        _forget_what_was_typed()
        decision = self._decision(question)
        if decision is None or self._withdrawn.is_set():
            return None
        self._go_on()
        return decision

    def withdraw(self) -> None:
        """The run has ended: an answer that comes now counts for nothing."""
        self._withdrawn.set()

    def _decision(self, question: Question) -> Decision | None:
        while not self._withdrawn.is_set():
            line = self._read_line(QUESTION)
            action = _ANSWERS.get(line.strip().lower()) if line else "quit"
            if action == "edit" and (patch := self._edited(question.patch)):
                return Decision(Action.EDIT, patch=patch, question=question.question)
            if action == "accept":
                return Decision(Action.ACCEPT, question=question.question)
            if action == "reject" and (reason := self._read_line(REASON)):
                return Decision(Action.REJECT, reason.strip(), question=question.question)
            if action == "quit" or not line:
                return None
        return None

    def _edited(self, patch: str) -> str:
        """What the user's editor makes of ``patch``; empty where that is nothing new."""
        with tempfile.TemporaryDirectory(prefix="aion-r-") as folder:
            file = Path(folder) / "patch.diff"
            file.write_text(patch, "utf-8")
            try:
                subprocess.run([*editor(), str(file)], check=True)
                edited = file.read_text("utf-8", errors="replace")
            except (OSError, subprocess.CalledProcessError) as error:
                self._terminal.line((f"{editor()[0]} failed: {error}. Set EDITOR.", "bad"))
                return ""
        if edited.strip() and edited != patch:
            return edited
        self._terminal.line(("The patch was not changed.", "warn"))
        return ""

    def _read_line(self, prompt: str) -> str:
        """A line with its end; empty at the end of input."""
        self._terminal.stream.write(self._terminal.text(prompt))
        self._terminal.stream.flush()
        if os.name != "posix":  # elsewhere only sockets can be waited for
            return sys.stdin.readline()
        while not self._withdrawn.is_set():
            if select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
                line = os.read(sys.stdin.fileno(), 4096).decode("utf-8", "replace")
                if not line:
                    self._terminal.line()
                return line
        return ""


def question_lines(question: Question) -> list[Line]:
    """The diff, whole, since what is approved is what was shown; what it repairs, and what speaks against it."""
    lines: list[Line] = [(), *diff_lines(question.patch, limit=None), ()]
    if question.repairs:
        more = len(question.repairs) - _REPAIRS_SHOWN
        shown = ", ".join(question.repairs[:_REPAIRS_SHOWN]) + (f" and {more} more" if more > 0 else "")
        lines.append((("Repairs: ", "bold"), (shown, "")))
    if not question.complete:
        lines.append((("Other tests still fail.", "warn"),))
    lines += [(("SUSPICIOUS: ", "bad"), (why, "warn")) for why in question.suspicious]
    return [*lines, ((f"Asked again: {question.problem}", "bad"),)] if question.problem else lines


def editor() -> list[str]:
    """The command of the user's editor."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    return shlex.split(named)


def check_terminal(asking: str, instead: str) -> None:
    """Raise ``UsageError`` where nobody could answer what ``asking`` asks; ``instead`` is what to do then."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{asking} asks on the terminal, and this is none: {instead}.")


def _forget_what_was_typed() -> None:
    """An answer typed before the question was there is none."""
    if os.name == "posix":
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
