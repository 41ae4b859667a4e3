"""Limits of what one process may take, as ``setrlimit`` knows them. A bare interpreter imports this."""

from __future__ import annotations

_GRACE_S = 5  # at the soft limit comes the signal that says why, at the hard one the kill that says nothing


def apply(wanted: dict[str, int]) -> None:
    """Lower this process's limits to ``wanted``; a limit that is stricter already stays."""
    import resource

    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        soft, firm = value, value + _GRACE_S if name == "RLIMIT_CPU" else value
        if hard != resource.RLIM_INFINITY:
            soft, firm = min(soft, hard), min(firm, hard)
        resource.setrlimit(kind, (soft, firm))
