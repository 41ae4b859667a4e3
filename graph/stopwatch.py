"""The clock of a run. It stands still while the run waits for somebody's answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Called, it tells the seconds since it was made, and those ``spent`` before, without those it was stopped."""

    def __init__(self, spent: float = 0.0) -> None:
        self._began = time.monotonic() - spent
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        return (time.monotonic() if self._stopped_at is None else self._stopped_at) - self._began

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Does not run inside."""
        self._stopped_at = time.monotonic()
        try:
            yield
        finally:
            self._began += time.monotonic() - self._stopped_at
            self._stopped_at = None
