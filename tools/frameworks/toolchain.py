"""What the adapters of compiled languages share: the user's own command, the limit of silence, PATH."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

from ...core.errors import TestsNotRun, UsageError
from .protocol import TestJob


def silence(timeout: float) -> float:
    """Seconds without a sign of life after which a test counts as hanging: one hang does not cost all the time."""
    return min(max(20.0, timeout / 15), timeout * 0.8)


def own_words(job: TestJob) -> list[str] | None:
    """The user's command as arguments, through a shell where it needs one; ``None`` without one.

    Raises ``UsageError`` for a command that cannot be read, ``TestsNotRun`` for a program that is not there.
    """
    if job.test_command is None:
        return None
    text = job.test_command
    if re.search(r"[|&;<>()$`\n=]", text) and os.name == "posix":
        return ["/bin/sh", "-c", text]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--test-command {text!r}: {error}") from error
    if not words:
        raise UsageError("--test-command is empty: give the command that runs the tests")
    if os.sep not in words[0] and shutil.which(words[0]) is None:
        raise TestsNotRun(f"--test-command: {words[0]} is not on PATH. Install it, or give another command.")
    return words


def path_with(program: str) -> str:
    """``PATH`` with the folder of ``program`` on it."""
    path, folder = os.environ.get("PATH", ""), str(Path(program).parent)
    return path if folder in path.split(os.pathsep) else f"{folder}{os.pathsep}{path}"
