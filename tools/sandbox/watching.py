# ruff: noqa: PTH115, PTH123, PTH208 - pathlib costs a bare interpreter its start-up time
"""What a command and all that it started take together, looked at ten times a second by the process above it.

``setrlimit`` cannot limit this: it counts for one process, and address space where memory is meant.
"""

from __future__ import annotations

import os
import time

from .reaping import descendants

TYPE_CHECKING = False  # typing would double the start-up time of a bare interpreter
if TYPE_CHECKING:
    from typing import Any

TICK_MS = 100
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRECISE_EVERY_S = 0.3
_DISK_EVERY_S = 0.5


class Watch:
    """Looks after the quota of the command below this process."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._quota: dict[str, int] = config.get("watched") or {}
        self._folders: list[bytes] = config.get("disks") or []
        self._all_of_proc = os.readlink("/proc/self") == "1"
        self._free = [_free(folder) for folder in self._folders]
        self._next_precise = self._next_disk = 0.0

    def exceeded(self) -> str:
        """Which limit is exceeded, as a sentence without its subject; empty while none is."""
        if not self._quota:
            return ""
        pids = self._pids()
        if len(pids) > self._quota["processes"]:
            return f"started more than {self._quota['processes']} processes"
        if self._holds_too_much(pids):
            return f"used more than {self._quota['memory'] >> 20} MB of memory"
        if self._fills_disk():
            return f"wrote more than {self._quota['disk'] >> 20} MB to disk"
        return ""

    def _pids(self) -> list[int]:
        if self._all_of_proc:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return descendants(int(os.readlink("/proc/self")))

    def _holds_too_much(self, pids: list[int]) -> bool:
        if sum(map(_resident, pids)) <= self._quota["memory"] or time.monotonic() < self._next_precise:
            return False
        # Pages that forked processes share count in each of them; the exact figure is dear, so it is asked for last.
        self._next_precise = time.monotonic() + _PRECISE_EVERY_S
        return sum(map(_proportional, pids)) > self._quota["memory"]

    def _fills_disk(self) -> bool:
        if time.monotonic() < self._next_disk:
            return False
        self._next_disk = time.monotonic() + _DISK_EVERY_S
        most = self._quota["disk"]
        pairs = zip(self._folders, self._free, strict=True)
        return any(before - _free(folder) > most and size_of(folder, most) > most for folder, before in pairs)


def _free(folder: bytes) -> int:
    known = os.statvfs(folder)
    return known.f_bfree * known.f_frsize


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as stream:
            return int(stream.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as stream:
            for line in stream:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) << 10
    except OSError:
        return _resident(pid)
    return 0


def size_of(folder: bytes, enough: int) -> int:
    """Bytes on disk below ``folder``, counted until they are more than ``enough``."""
    total, pending = 0, [folder]
    while pending and total <= enough:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except OSError:
            continue  # gone again, or too deep for a path
    return total
