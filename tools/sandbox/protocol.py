"""What a scratch view of a project is, whatever isolates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Protocol

from ...core.domain import Patch


@dataclass(frozen=True)
class Command:
    """What to run in a view. ``env`` is added to the scrubbed environment; ``cwd`` is relative to the view's root.

    ``files`` (name → bytes) are put into the view's ``out`` folder first; ``readable`` are further folders outside the
    project that the command must be able to read.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "."
    files: Mapping[str, bytes] = field(default_factory=dict)
    readable: Sequence[Path] = ()


@dataclass(frozen=True)
class Completed:
    """How a command ended. ``output`` is stdout and stderr together, as bytes, capped with head and tail kept.

    ``returncode`` is negative for a signal, as in ``subprocess``; ``seconds`` is wall time. ``exceeded`` says for which
    limit the command was killed ("used more than 2048 MB of memory"), and is empty otherwise.
    """

    returncode: int
    output: bytes
    seconds: float
    timed_out: bool = False
    truncated: bool = False
    exceeded: str = ""


class View(Protocol):
    """The project with a patch applied, private to us. Leaving its context ends its processes and its files."""

    root: Path
    """Where commands see the project (its own path in an overlay, the copy's path otherwise)."""
    out: Path
    """A writable folder outside the project, same path inside and outside, for reports and sockets."""

    def run(self, command: Command, timeout: float, on_tick: Callable[[], None] | None = None) -> Completed:
        """Run to the end or to ``timeout`` seconds, then kill everything it started. Blocking; call it in a thread.

        ``on_tick`` is called about ten times a second while it runs.
        """
        ...

    def spawn(self, command: Command) -> Popen[bytes]:
        """Start a process with its stdin and stdout piped (stderr to ``out/stderr.txt``); it dies with the view."""
        ...

    def close(self) -> None:
        """End every process of the view and remove what it left."""
        ...

    def __enter__(self) -> View: ...
    def __exit__(self, *_: object) -> None: ...


class Sandbox(Protocol):
    """Makes views of one project at one level of isolation."""

    level: str
    """``overlay``, ``landlock``, ``copy`` or ``none``: what the report says."""

    def view(self, patch: Patch) -> View:
        """A fresh view of the project as the user has it now, with ``patch`` applied."""
        ...
