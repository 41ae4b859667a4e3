"""Ends a test that hangs, and leaves a trace of one that cannot be ended. Runs in the project's interpreter.

An alarm raises ``TestHung`` in the main thread: pytest records it as that test's failure and goes on with the next.
Code that never returns to the interpreter feels no alarm; for it ``faulthandler`` writes every thread's stack just
before the sandbox ends the run. pytest-timeout, where a project uses it, sets the same timer after us: it goes first.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from types import FrameType
from typing import Any, Callable, Iterator, Optional

_handler: Callable[[int], Any] = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)
"""``signal.getsignal`` makes enumerations of what it returns, which took a tenth of our time for each test."""
AGAIN, MOST_ALARMS = 0.5, 6
"""Seconds after which the alarm is raised once more, for a bare ``except:`` in a loop swallows the first; and how
often, before the process is ended."""


class TestHung(BaseException):
    """Raised inside a test that takes too long. A ``BaseException``, so that ``except Exception`` lets it pass."""

    __test__ = False


class Watchdog:
    """Limits each test to ``min(0.8 timeout, max(10, timeout / 15))`` seconds; after a first hang to a few."""

    def __init__(self, timeout: float) -> None:
        self.timeout, self.born = timeout, time.monotonic()
        self.limit = min(timeout * 0.8, max(10.0, timeout / 15))
        self.longest = 0.0
        self.hung = self.alarms = 0
        self.stacks = -1
        self.rang: Optional[float] = None
        """The limit that the test under way broke, or ``None``."""
        self.on_hang: Callable[[float], None] = lambda limit: None
        self.usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        self._alarm: Any = self._ring  # one object, for a bound method is a new one at each access

    def dump_before_the_end(self, path: str) -> None:
        """Have every thread's stack written to ``path`` shortly before the run's time is up."""
        self.stacks = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.arm()

    def arm(self) -> None:
        """Set the time of the dump, again after someone called it off."""
        left = self.born + self.timeout * 0.9 - 1.0 - time.monotonic()
        if self.stacks >= 0:
            faulthandler.dump_traceback_later(max(0.1, left), file=self.stacks)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Watch one test, from its first fixture to its last."""
        self.rang, self.alarms = None, 0
        if not self.usable or not self._installed():
            yield
            return
        started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self.current_limit(), AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)  # even if the test set a handler: ours would ring there
            if self.rang is None:
                self.longest = max(self.longest, time.monotonic() - started)

    def _installed(self) -> bool:
        """Whether the alarm is ours; a handler that the project keeps is left alone."""
        handler = _handler(signal.SIGALRM)
        if handler == signal.SIG_DFL:
            signal.signal(signal.SIGALRM, self._alarm)
            return True
        return handler is self._alarm

    def current_limit(self) -> float:
        """Seconds that the next test may take. Further hangs share the time that is left."""
        if not self.hung:
            return self.limit
        left = self.born + self.timeout - time.monotonic()
        return max(0.1, min(self.limit, max(2.0, 5 * self.longest), left / 2))

    def _ring(self, number: int, frame: Optional[FrameType]) -> None:
        __tracebackhide__ = True
        self.alarms += 1
        if self.rang is None:
            self.rang = self.current_limit()
            self.hung += 1
            self.on_hang(self.rang)
        if self.alarms > MOST_ALARMS and self.stacks >= 0:
            faulthandler.dump_traceback(self.stacks)
            os._exit(1)
        raise TestHung(hung_message(self.rang))


def hung_message(limit: float) -> str:
    """What a report says of a test that was ended."""
    return f"the test was ended after {limit:.3g} s: it hangs, or needs a higher --test-timeout"
