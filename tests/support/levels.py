"""The levels of isolation that are tested here: landlock where the kernel has it, the others everywhere."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from aion_r.core.errors import UsageError
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import Sandbox

_CREATE_RULESET, _VERSION = 444, 1


def _kernel_has_landlock() -> bool:
    """Asked of the kernel itself, so that a mistake of ours in asking it is not taken for its absence."""
    return sys.platform == "linux" and ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _VERSION) > 0


LEVELS = ("overlay", *(["landlock"] if _kernel_has_landlock() else []), "copy")


def opened(project: Path, level: str, scratch: Path, **more: Any) -> Sandbox:
    """The sandbox, or a skip, in CI a failure, where the machine cannot give that level."""
    try:
        return open_sandbox(project, level, scratch=scratch, **more)  # type: ignore[arg-type]
    except UsageError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
