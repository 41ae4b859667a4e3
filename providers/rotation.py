"""The services as the environment configures them now: a key that was changed is seen at the next question."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..core.settings import Environment, read_environment
from .registry import PROVIDERS, LegSpec

Choose = Callable[[Environment], tuple[LegSpec, ...]]

_NAMES = tuple(
    name
    for row in PROVIDERS.values()
    for name in (*row.key_names, row.model_name, row.base_url_name, row.account_name)
    if name
)


class Configuration:
    """What ``choose`` makes of ``environment``, or of the process's and the ``.env`` files of ``folder`` as they are.

    Those are read again only when a variable or a file has changed. Raises ``UsageError`` for what ``choose`` refuses.
    """

    def __init__(self, choose: Choose, environment: Environment | None, folder: Path) -> None:
        self._choose = choose
        self._folder = folder
        self._live = environment is None
        self._seen = self._state() if self._live else None
        self.environment = environment or read_environment(folder)
        self.specs = choose(self.environment)

    def refresh(self) -> bool:
        """Read again what has changed; whether anything has."""
        if not self._live or (state := self._state()) == self._seen:
            return False
        environment = read_environment(self._folder)
        specs = self._choose(environment)
        self._seen, self.environment, self.specs = state, environment, specs
        return True

    def _state(self) -> tuple[object, ...]:
        stage = os.environ.get("AION_R_ENV", "").strip()
        files = [self._folder / ".env", *([self._folder / f".env.{stage}"] if stage else [])]
        return (stage, *(os.environ.get(name) for name in _NAMES), *(_stamp(file) for file in files))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
