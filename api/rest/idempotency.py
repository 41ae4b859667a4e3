"""``Idempotency-Key``: the same request again is the same run, after a restart too. Keys are kept hashed."""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from .problems import Problem

MOST = 10_000
LIFETIME = 24 * 3600.0
"""Seconds that a key counts."""


def hashed(key: str | None) -> str:
    """What is kept of a key; empty for none."""
    return sha256(key.encode("utf-8", "replace")).hexdigest() if key else ""


class Keys:
    """Key → the request that it came with, and its run."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[str, str, float]] = OrderedDict()
        self._under_way: set[str] = set()

    def find(self, key: str, fingerprint: str) -> str | None:
        """The run of that key. Raises ``Problem`` (409) where it came with another request."""
        request, run_id, at = self._known.get(key, ("", "", 0.0))
        if not key or not run_id or time.time() - at > LIFETIME:
            return None
        if request != fingerprint:
            raise Problem(409, "this Idempotency-Key was given with another request: take a new one.")
        return run_id

    @contextlib.contextmanager
    def under_way(self, key: str) -> Iterator[None]:
        """While the run of ``key`` is being made. Raises ``Problem`` (409) for the same key at the same time."""
        if key and key in self._under_way:
            raise Problem(409, "a request with this Idempotency-Key is being taken: ask again.")
        self._under_way.add(key)
        try:
            yield
        finally:
            self._under_way.discard(key)

    def remember(self, key: str, fingerprint: str, run_id: str, at: float | None = None) -> None:
        """The run of ``key``. The oldest ones go where there are too many."""
        if key:
            self._known[key] = (fingerprint, run_id, time.time() if at is None else at)
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def recall(self, facts: Mapping[str, Any]) -> None:
        """From what a run's folder holds."""
        key, fingerprint = facts.get("idempotency", ("", ""))
        if key:
            self.remember(key, fingerprint, facts["run_id"], datetime.fromisoformat(facts["queued_at"]).timestamp())
