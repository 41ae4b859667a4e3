"""Scratch views: a project with a patch applied, isolated as well as the machine allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ladder import open_sandbox
    from .scratch import sweep

__all__ = ["open_sandbox", "sweep"]


def __getattr__(name: str) -> Any:
    if name == "open_sandbox":
        from .ladder import open_sandbox

        return open_sandbox
    if name == "sweep":
        from .scratch import sweep

        return sweep
    raise AttributeError(name)
