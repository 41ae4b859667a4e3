"""``fix --approve``: the diff, a question on the terminal, and an answer before anything is written."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable

from ...core.domain import Patch
from ...core.errors import UsageError
from ...tools.edits.diff import unified_diff
from ..screen.summary import diff_lines
from ..screen.terminal import Terminal

QUESTION = "Write this to the project? [y/n] "
_POLL_SECONDS = 0.1
_ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


class Approval:
    """Asks, in whatever thread calls it, with ``pause`` called first so that nothing else is drawn.

    ``asking`` is true while it waits, ``asked`` from then on.
    """

    def __init__(self, terminal: Terminal, pause: Callable[[], None]) -> None:
        self.asking = False
        self.asked = False
        self._terminal = terminal
        self._pause = pause
        self._withdrawn = threading.Event()

    def __call__(self, patch: Patch) -> bool:
        """``True`` for yes. No answer (end of input, the question withdrawn) is a no."""
        self._pause()
        self.asking = self.asked = True
        try:
            self._terminal.line()
            self._terminal.lines(diff_lines(unified_diff(patch), limit=None))  # what is approved is what was shown
            self._terminal.line()
            _forget_what_was_typed()
            return self._answer()
        finally:
            self.asking = False

    def withdraw(self) -> None:
        """The run has ended: an answer that comes now counts for nothing."""
        self._withdrawn.set()

    def _answer(self) -> bool:
        while True:
            self._terminal.stream.write(self._terminal.text(QUESTION))
            self._terminal.stream.flush()
            line = self._read_line()
            if not line:
                self._terminal.line()
                return False
            if (answer := _ANSWERS.get(line.strip().lower())) is not None:
                return answer and not self._withdrawn.is_set()

    def _read_line(self) -> str:
        """A line with its end; empty at the end of input."""
        if os.name != "posix":  # elsewhere only sockets can be waited for
            return sys.stdin.readline()
        while not self._withdrawn.is_set():
            if select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
                return os.read(sys.stdin.fileno(), 4096).decode("utf-8", "replace")
        return ""


def check_terminal() -> None:
    """Raise ``UsageError`` where nobody could answer."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("--approve asks on the terminal, and this is none: use --no-apply, or --patch FILE with it.")


def _forget_what_was_typed() -> None:
    """An answer typed before the question was there is none."""
    if os.name == "posix":
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
