"""Running one command to its end, whatever starts and kills it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from subprocess import Popen, TimeoutExpired

from .capture import OutputReader
from .protocol import Completed

_TICK_S = 0.1
_KILLED = -9


def run_to_end(
    process: Popen[bytes],
    reader: OutputReader,
    timeout: float,
    on_tick: Callable[[], None] | None,
    end: Callable[[], None],
) -> Completed:
    """Wait for ``process`` at most ``timeout`` seconds, calling ``on_tick``; then ``end`` kills what is left."""
    start = time.monotonic()
    timed_out = False
    try:
        while not _ended(process, min(_TICK_S, max(0.0, start + timeout - time.monotonic()))):
            if time.monotonic() - start >= timeout:
                timed_out = True
                break
            if on_tick:
                on_tick()
    finally:
        end()
        reader.finish()
    code = process.returncode if process.returncode is not None else _KILLED
    seconds = time.monotonic() - start
    return Completed(code, reader.output.value(), seconds, timed_out, reader.output.truncated)


_BY_SIGNAL = {24: "used more processor time than it may", 25: "wrote a file larger than it may"}


def explained(done: Completed, exceeded: str = "") -> Completed:
    """``done``, with the limit that ended it named, in its output too. A shell says 128 plus the signal."""
    known = {-number: said for number, said in _BY_SIGNAL.items()}
    known |= {128 + number: said for number, said in _BY_SIGNAL.items()}
    reason = exceeded or known.get(done.returncode, "")
    if not reason:
        return done
    return replace(done, exceeded=reason, output=done.output + f"\n[stopped: it {reason}]\n".encode())


def _ended(process: Popen[bytes], timeout: float) -> bool:
    try:
        process.wait(timeout)
    except TimeoutExpired:
        return False
    return True
