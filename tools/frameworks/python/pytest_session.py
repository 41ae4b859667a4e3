"""What one run is told by its environment, and where it writes its records. Runs in the project's interpreter."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytest_expectation import show

    Record = dict[str, Any]
else:  # the name under which the adapter delivers it
    from aion_r_pytest_expectation import show

VARIABLE = "AION_R_PYTEST_RUN"
_encode = json.JSONEncoder(separators=(",", ":"), default=show).encode


class Log:
    """Appends records to a file, each by one system call. Silent in a forked child and where there is no file."""

    def __init__(self, path: str | None) -> None:
        self.owner = os.getpid()
        self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if path else -1

    def write(self, kind: str, **fields: Any) -> None:
        if self.descriptor >= 0 and os.getpid() == self.owner:
            os.write(self.descriptor, (_encode({"k": kind, **fields}) + "\n").encode("ascii"))


def forced_options() -> Record:
    """Every test runs and no cached state hides one; the text output stays small, for nobody reads it."""
    return {
        "maxfail": 0, "continue_on_collection_errors": True, "usepdb": False,
        "lf": False, "failedfirst": False, "newfirst": False, "stepwise": False, "stepwise_skip": False,
        "color": "no", "verbose": -1, "tbstyle": "no", "durations": None,
    }  # fmt: skip


def take_settings() -> Record | None:
    """The settings that the environment names; it is then as the user had it."""
    path = os.environ.pop(VARIABLE, None)
    if path is None:
        return None
    with Path(path).open(encoding="utf-8") as stream:
        settings: Record = json.load(stream)
    for name in ("PYTEST_PLUGINS", "PYTHONPATH"):
        _restore(name, settings["environment"].get(name))
    return settings


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
