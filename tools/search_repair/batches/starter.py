"""Starts commands inside a view, at some milliseconds each. A program of its own: standard library only.

Requests come as lines of JSON on stdin, answers go as lines of JSON to stdout, each with the request's ``id``, in the
order in which they are done. ``{"put": {path: text}}`` writes files. ``{"argv", "cwd", "env", "limit"}`` runs a command
for at most ``limit`` wall seconds; its whole process group is killed at its end. ``{"kill": true}`` ends all that runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

KEPT_HEAD, KEPT_TAIL = 2_000_000, 2_000_000
"""Bytes of a command's output that are kept."""
_LINGER = 0.5
"""Seconds that are waited for output which processes of a killed group still hold."""
_lock = threading.Lock()
_running: dict[int, subprocess.Popen[bytes]] = {}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """One command: its status (negative for a signal), its output, and whether it was too slow."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            request["argv"], cwd=request["cwd"], env={**os.environ, **request["env"]}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return {"status": 127, "output": str(error), "seconds": 0.0, "late": False}
    with _lock:
        _running[request["id"]] = process
    _cap_memory(process.pid, request.get("memory"))
    kept, late = _read(process, started + request["limit"])
    with _lock:
        _running.pop(request["id"], None)
    seconds = time.monotonic() - started
    output = kept.decode("utf-8", "replace")
    return {"status": process.returncode, "output": output, "seconds": seconds, "late": late}


def _cap_memory(pid: int, most: int | None) -> None:
    """One greedy process must not end the whole view, which has a limit for all of them together."""
    if most and sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bool]:
    """Its output up to its end or ``deadline``; nothing of its group is left afterwards."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    head, tail = bytearray(), bytearray()
    ended = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else -1
    late = False
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        if ended >= 0:
            selector.register(ended, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
            if pipe in ready and _take(pipe, head, tail):
                break
            if ended in ready and pipe not in ready:
                break
            if not ready:
                late = True
                break
    _kill(process)
    process.wait()
    _drain(pipe, head, tail)
    process.stdout.close()
    if ended >= 0:
        os.close(ended)
    return bytes(head + tail), late


def _take(pipe: int, head: bytearray, tail: bytearray) -> bool:
    """Read a piece; whether the output is over."""
    try:
        data = os.read(pipe, 1 << 16)
    except BlockingIOError:
        return False
    room = max(0, KEPT_HEAD - len(head))
    head += data[:room]
    tail += data[room:]
    if len(tail) > 2 * KEPT_TAIL:
        del tail[:-KEPT_TAIL]
    return not data


def _drain(pipe: int, head: bytearray, tail: bytearray) -> None:
    until = time.monotonic() + _LINGER
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while selector.select(max(0.0, until - time.monotonic())):
            if _take(pipe, head, tail):
                return


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)


def put(files: dict[str, str]) -> None:
    """Write texts as they are, line ends and all; a fresh time stamp tells builders that they have changed."""
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))


def _serve(request: dict[str, Any]) -> None:
    answer: dict[str, Any] = {}
    try:
        if "put" in request:
            put(request["put"])
        else:
            answer = run(request)
    except OSError as error:
        answer = {"error": str(error)}
    line = json.dumps({**answer, "id": request["id"]}) + "\n"
    with _lock:
        sys.stdout.write(line)
        sys.stdout.flush()


def main() -> None:
    """Serve requests until stdin ends."""
    for line in sys.stdin:
        request = json.loads(line)
        if "kill" in request:
            with _lock:
                for process in _running.values():
                    _kill(process)
        else:
            threading.Thread(target=_serve, args=(request,), daemon=True).start()
    for process in list(_running.values()):
        _kill(process)


if __name__ == "__main__":
    main()
