"""Limits of what a view's processes may take, as ``setrlimit`` knows them."""

from __future__ import annotations

DEFAULT: dict[str, int] = {
    "RLIMIT_CORE": 0,
    "RLIMIT_FSIZE": 4 << 30,
    "RLIMIT_NOFILE": 8192,
    "RLIMIT_NPROC": 2048,
}
"""Address space is not among them: race detectors and sanitizers reserve terabytes of it and use little."""


def apply(wanted: dict[str, int]) -> None:
    """Lower this process's limits to ``wanted``; a limit that is stricter already stays."""
    import resource

    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
