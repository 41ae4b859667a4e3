"""Ctrl-C and SIGTERM: the work is cancelled, what it started is ended, and within a second the program is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from .boundary import INTERRUPTED, SIGNALS, leave_now

T = TypeVar("T")

GRACE_SECONDS = 0.8
"""For winding down; then the process leaves, whatever still hangs in a thread."""


def run_until_done(
    work: Coroutine[Any, Any, T], *, farewell: Callable[[], int], too_late: Callable[[], bool] = lambda: False
) -> T:
    """Run ``work`` to its end. A signal cancels it, unless it is ``too_late`` (then it ends by itself, soon).

    ``farewell`` is called once after an interruption, from this thread or a watchdog's; it tells the user and returns
    the exit status. Raises ``SystemExit`` after it.
    """
    winding_down = _WindingDown(farewell)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        result = asyncio.run(_supervise(work, winding_down, too_late))
        if not winding_down.begun:
            return result
    except BaseException:
        if not winding_down.begun:
            raise
    finally:
        _hand_back(before)
    winding_down.tell()
    raise SystemExit(INTERRUPTED)


def _hand_back(before: dict[signal.Signals, Any]) -> None:
    """What is left to do is to print the result: a program that has its own signals is not killed over that."""
    if threading.current_thread() is threading.main_thread():
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if handler is leave_now else handler)


async def _supervise(work: Coroutine[Any, Any, T], winding_down: _WindingDown, too_late: Callable[[], bool]) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)

    def stop() -> None:
        if too_late():
            return
        if winding_down.begun:
            winding_down.leave()
        winding_down.begin()
        task.cancel()

    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            loop.add_signal_handler(number, stop)
    return await task


class _WindingDown:
    """From the signal to the end of the process."""

    def __init__(self, farewell: Callable[[], int]) -> None:
        self.begun = False
        self._farewell = farewell
        self._told = threading.Lock()
        self._status = INTERRUPTED

    def begin(self) -> None:
        """Start the clock."""
        self.begun = True
        watchdog = threading.Timer(GRACE_SECONDS, self.leave)
        watchdog.daemon = True
        watchdog.start()

    def tell(self) -> None:
        """Say farewell, once."""
        if self._told.acquire(blocking=False):
            self._status = self._farewell()

    def leave(self) -> NoReturn:
        """End the process now. Threads that hang in a system call, and the loop that waits for them, do not count."""
        self.tell()
        os._exit(self._status)
