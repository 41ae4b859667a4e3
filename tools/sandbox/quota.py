"""How much of the machine the commands of a view may take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_LEAST_MEMORY_MB = 1024
_FEWEST_IDS = 301  # the kernel's own floor for pid_max
_THREADS_A_PROCESS = 4


@dataclass(frozen=True)
class Quota:
    """Limits of one command and all that it starts. ``memory_mb`` is half of the machine's where it is ``None``.

    ``processes`` counts processes at one time, ``cpu_seconds`` is each process's own, ``disk_mb`` is what a view may
    hold on disk and what one file may grow to.
    """

    memory_mb: int | None = None
    processes: int = 1024
    cpu_seconds: int = 3600
    disk_mb: int = 4096

    @property
    def memory_bytes(self) -> int:
        """Most bytes that the processes may hold together."""
        return (self.memory_mb << 20) if self.memory_mb else max(_LEAST_MEMORY_MB << 20, machine_memory() // 2)

    def rlimits(self, beside: int = 0) -> dict[str, int]:
        """What ``setrlimit`` is told. Address space is not limited: race detectors reserve terabytes and use little.

        ``beside`` are the user's own processes and threads, which count, too, where the view has no user namespace.
        """
        return {
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": self.disk_mb << 20,
            "RLIMIT_NOFILE": 8192,
            "RLIMIT_NPROC": self.ids + beside,
            "RLIMIT_CPU": self.cpu_seconds,
        }

    @property
    def ids(self) -> int:
        """Most processes and threads: what the kernel itself refuses to exceed."""
        return max(_FEWEST_IDS, self.processes * _THREADS_A_PROCESS)

    def watched(self) -> dict[str, int]:
        """What the process above a command looks after, in bytes and numbers."""
        return {"memory": self.memory_bytes, "processes": self.processes, "disk": self.disk_mb << 20}


def running() -> int:
    """Processes and threads on this machine, whoever's they are; 0 where it does not say."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[1])
    except (OSError, IndexError, ValueError):
        return 0


def machine_memory() -> int:
    """Bytes of memory that this machine has; 8 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 << 30
