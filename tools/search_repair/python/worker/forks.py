"""Forked children: one a request, each with limits, its own process group, and a pipe of JSON lines back."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Tuple

from .frames import Message, write_all

Emit = Callable[[Message], None]

_MEMORY_HEADROOM = 1536 << 20
_PR_SET_PDEATHSIG = 1


class Child:
    """One running child: who asked, when it must be over, what it said so far."""

    def __init__(self, pid: int, fd: int, request: Message, deadline: float) -> None:
        self.pid = pid
        self.fd = fd
        self.request = request
        self.deadline = deadline
        self.data = bytearray()

    def lines(self) -> List[Message]:
        """Every complete line; a line cut off by a kill is dropped."""
        return [json.loads(line) for line in bytes(self.data).split(b"\n")[:-1] if line]


class Children:
    """The children of one process, multiplexed."""

    def __init__(self) -> None:
        self._running: Dict[int, Child] = {}

    def fork(self, request: Message, seconds: float, work: Callable[[Emit], None], private: Tuple[int, ...]) -> None:
        """Run ``work(emit)`` in a child for at most ``seconds``; ``private`` descriptors are closed in it."""
        receive, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_child(send, (receive, *private, *self._running), seconds, work)
        os.close(send)
        self._running[receive] = Child(pid, receive, request, time.monotonic() + seconds)

    def descriptors(self) -> List[int]:
        return list(self._running)

    def wait(self, others: List[int]) -> Tuple[List[int], List[Tuple[Child, str]]]:
        """Block until one of ``others`` is readable or a child ended: ready ones, and (child, how it ended)."""
        now = time.monotonic()
        soonest = min((child.deadline for child in self._running.values()), default=now + 3600)
        ready, _, _ = select.select([*others, *self._running], [], [], max(0.0, soonest - now))
        ended = [(self._running[fd], "ended") for fd in ready if fd in self._running and self._drained(fd)]
        now = time.monotonic()
        late = [c for c in self._running.values() if now >= c.deadline and all(c is not e for e, _ in ended)]
        ended += [(child, "timeout") for child in late]
        return [fd for fd in ready if fd in others], [(child, self._reap(child, how)) for child, how in ended]

    def kill_all(self) -> None:
        for child in list(self._running.values()):
            self._reap(child, "timeout")

    def _drained(self, fd: int) -> bool:
        part = os.read(fd, 1 << 16)
        self._running[fd].data += part
        return not part

    def _reap(self, child: Child, how: str) -> str:
        del self._running[child.fd]
        os.close(child.fd)
        for kill in (os.killpg, os.kill):
            try:
                kill(child.pid, signal.SIGKILL)
            except OSError:
                pass  # already gone, or it never got as far as its own group
        _, status = os.waitpid(child.pid, 0)
        return how if how == "timeout" or status == 0 else "died"


def die_with_parent() -> None:
    """Ask the kernel for a kill when the parent dies (Linux); elsewhere closed pipes have to do."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _be_child(send: int, private: Tuple[int, ...], seconds: float, work: Callable[[Emit], None]) -> None:
    status = 1
    try:
        os.setpgid(0, 0)
        die_with_parent()
        for fd in private:
            os.close(fd)
        _limit(seconds)
        work(lambda message: write_all(send, json.dumps(message).encode("ascii") + b"\n"))
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may escape into the parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


def _limit(seconds: float) -> None:
    _lower(resource.RLIMIT_CPU, int(seconds) + 2)
    _lower(resource.RLIMIT_CORE, 0)
    size = _address_space()
    if size is not None:
        _lower(resource.RLIMIT_AS, size + _MEMORY_HEADROOM)


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(which, (value, hard))
    except (ValueError, OSError):
        pass  # some systems know the limit and refuse to set it


def _address_space() -> Optional[int]:
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def settle() -> None:
    """Make what lives now cheap to fork: garbage is collected once, the rest never looked at again."""
    gc.collect()
    gc.freeze()


def _load_libc() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None


_LIBC = _load_libc()
