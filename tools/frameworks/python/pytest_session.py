"""What one run is told by its environment, and where it writes its records. Runs in the project's interpreter."""

from __future__ import annotations

import json
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Record = dict[str, Any]

VARIABLE = "AION_R_PYTEST_RUN"
VALUE_LIMIT = 4_000


def cap(text: str, limit: int) -> str:
    """``text`` with head and tail kept and the length of what was left out between them."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def show(value: object) -> str:
    """``repr`` of anything, capped; never raises for a hostile ``__repr__``."""
    try:
        return cap(repr(value), VALUE_LIMIT)
    except Exception as error:  # noqa: BLE001 - the project's own code runs here
        return f"<{type(value).__name__} object, repr() raised {type(error).__name__}>"


_encode = json.JSONEncoder(separators=(",", ":"), default=show).encode


_QUICK: dict[type, Any] = {str: json.encoder.encode_basestring_ascii, int: repr}
"""Several times as fast as the general encoder, for what most records consist of."""


class Log:
    """Appends records to a file, each by one system call. Silent in a forked child and where there is no file."""

    def __init__(self, path: str | None) -> None:
        self.owner = os.getpid()
        self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if path else -1

    def write(self, kind: str, **fields: Any) -> None:
        if self.descriptor >= 0 and os.getpid() == self.owner:
            parts = [f'"{key}":{_QUICK.get(type(value), _encode)(value)}' for key, value in fields.items()]
            os.write(self.descriptor, ",".join([f'{{"k":"{kind}"', *parts]).encode("ascii") + b"}\n")


def delivered(name: str) -> Any:
    """The module of ours with that name, by its place: a failing test may have changed ``sys.path``."""
    full = f"aion_r_pytest_{name}"
    if full not in sys.modules:
        path = os.path.join(os.path.dirname(__file__), f"{full}.py")
        loader = SourceFileLoader(full, path)
        sys.modules[full] = module = ModuleType(full)
        module.__file__ = path
        loader.exec_module(module)
    return sys.modules[full]


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
