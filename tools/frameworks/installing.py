"""What would install a project's missing dependencies: shown to the user, and run only where they asked for it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from ...core.domain import TestReport
from ...core.errors import TestsNotRun
from .protocol import Framework


@runtime_checkable
class Installing(Protocol):
    """An adapter that knows how its projects' dependencies are installed. Optional: not every framework has one."""

    def install_command(self, root: Path, report: TestReport) -> tuple[str, ...] | None:
        """The command, to be run in ``root``, after which the tests that ``report`` could not run may run.

        ``None`` when nothing is missing that a command could install. Raises ``TestsNotRun`` with what to do where
        something is missing and must not be installed (there is no environment of the project's own, say).
        """
        ...


def install_command(framework: Framework, root: Path, report: TestReport) -> tuple[str, ...] | None:
    """``framework``'s own answer, or ``None`` where it has none. Raises ``TestsNotRun`` as that does."""
    return framework.install_command(root, report) if isinstance(framework, Installing) else None


def in_folders(commands: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Pairs of a folder of the project and the command to be run there, as one command for the project's root."""
    if [folder for folder, _ in commands] == ["."]:
        return tuple(shlex.split(commands[0][1]))
    each = (f"(cd {shlex.quote(folder)} && {command})" for folder, command in commands)
    return "/bin/sh", "-c", " && ".join(each)


def how_to_install(framework: Framework, root: Path, report: TestReport) -> str:
    """The same in words, for a user whose tests lack something."""
    try:
        command = install_command(framework, root, report)
    except TestsNotRun as error:
        return str(error)
    if command is None:
        return "Install it in the project's environment and run again."
    return f"Install it, or let --install do so: {shlex.join(command)}"
