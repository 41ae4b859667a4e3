"""Where the server was started."""

from __future__ import annotations

from pathlib import Path

from .problems import Problem


def start_folder() -> Path:
    """The folder in which the server was started, whose ``.env`` counts. Raises ``Problem`` (503) where it is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        gone = "the folder in which this server was started is not there any more: start it again."
        raise Problem(503, gone, headers={"Retry-After": "60"}) from None
