"""Requests and tokens a minute: never more than a service allows, counted for all runs that use the same key.

With a folder the counts are kept there, behind a file lock, so that several processes share them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from .registry import LegSpec

MINUTE = 60.0
_LOCK_SECONDS = 2.0

Sent = list[tuple[float, int]]
"""When each request of the last minute was sent, and its tokens."""


@dataclass(frozen=True)
class Rate:
    """Most requests and most tokens in any minute; ``None``: as many as one likes."""

    requests: int | None = None
    tokens: int | None = None

    def wait(self, sent: Sent, tokens: int, now: float) -> float:
        """Seconds until one more request with ``tokens`` keeps within the rate. One too large for any goes alone."""
        times = [at for at, _ in sent]
        ready = now
        if self.requests is not None and len(times) >= self.requests:
            ready = times[-self.requests] + MINUTE
        if self.tokens is not None:
            over = sum(count for _, count in sent) + tokens - self.tokens
            for at, count in sent:
                if over <= 0:
                    break
                over -= count
                ready = max(ready, at + MINUTE)
        return max(0.0, ready - now)


@dataclass
class Pace:
    """The last minute of each service and key. ``clock`` is the wall's, for other processes read it too."""

    folder: Path | None = None
    clock: Callable[[], float] = time.time
    _sent: dict[str, Sent] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, spec: LegSpec, rate: Rate, tokens: int) -> float:
        """Count a request of ``tokens`` now and return 0; or return the seconds to wait, with nothing counted."""
        if rate == Rate():
            return 0.0
        name = _name(spec)
        with self._lock:
            if self.folder is not None:
                try:
                    return self._take_in(self.folder, name, rate, tokens)
                except (OSError, Timeout):
                    pass  # a full or read-only disk: this process counts for itself
            return self._take(self._sent.setdefault(name, []), rate, tokens)

    def _take(self, sent: Sent, rate: Rate, tokens: int) -> float:
        now = self.clock()
        sent[:] = [(at, count) for at, count in sent if now - MINUTE < at <= now + MINUTE]
        wait = rate.wait(sent, tokens, now)
        if not wait:
            sent.append((now, tokens))
        return wait

    def _take_in(self, folder: Path, name: str, rate: Rate, tokens: int) -> float:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{name}.lock", timeout=_LOCK_SECONDS):
            path = folder / f"{name}.json"
            sent = _read(path)
            wait = self._take(sent, rate, tokens)
            path.write_text(json.dumps(sent), encoding="utf-8")
            return wait


def _read(path: Path) -> Sent:
    try:
        return [(float(at), int(count)) for at, count in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):  # none yet, or cut by a kill
        return []


def _name(spec: LegSpec) -> str:
    provider, address, key, _ = spec.identity
    return f"{provider}-{sha256(f'{address} {key}'.encode()).hexdigest()[:16]}"


SHARED = Pace()
"""The rates that all chains of this process share where they have no folder."""
