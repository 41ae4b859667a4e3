# ruff: noqa: PTH123, PTH208 - pathlib costs a bare interpreter its start-up time
"""The duties of a process that adopts orphans (Linux: process 1 of a namespace, or a sub-reaper)."""

from __future__ import annotations

import os


def reap_others(child: int) -> None:
    """Bury the orphans that came to us; ``child`` itself is left for its waiter."""
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid not in (0, child):
        os.waitpid(ended.si_pid, 0)


def kill_descendants() -> None:
    """Kill all that descends from this sub-reaper, until nothing does. Orphans come to us, so none is out of reach."""
    while True:
        _kill_all(descendants(os.getpid()))
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def _kill_all(pids: list[int]) -> None:
    # A group is killed at one stroke: processes that fork faster than they can be named one by one do not get away.
    # Only one whose leader is below us, in case a number has found a new owner meanwhile.
    ours, below = os.getpgrp(), set(pids)
    for pid in pids:
        try:
            group = os.getpgid(pid)
            if group != ours and group in below:
                os.killpg(group, 9)
            os.kill(pid, 9)
        except ProcessLookupError:
            continue


def descendants(pid: int) -> list[int]:
    """The processes below ``pid`` that the kernel tells of, in no order that matters."""
    found, pending = [], [pid]
    while pending:
        children = _children(pending.pop())
        found += children
        pending += children
    return found


def _children(pid: int) -> list[int]:
    children = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as stream:
                children += [int(word) for word in stream.read().split()]
    except OSError:
        pass
    return children
