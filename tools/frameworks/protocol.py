"""What a test framework's adapter is. Adding one is one file and one row in ``registry.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ...core.domain import Edit, TestReport
from ..sandbox.protocol import Command, Completed

USED = 0.6


@dataclass(frozen=True)
class Detection:
    """Why a framework was chosen. ``confidence`` in [0, 1] orders several; ``reason`` is shown to the user.

    From ``USED`` on the project's own files say it: a manifest or a configuration, and tests of its own. Below it is a
    guess (a lone file with a test's name, a manifest without tests, an example, a vendored package), good enough only
    where the project has nothing better.
    """

    framework: str
    language: str
    reason: str
    confidence: float


@dataclass(frozen=True)
class TestJob:
    """What to run. ``root`` is the project as the view shows it, ``out`` the folder for results.

    ``ids`` selects tests (``None`` runs all); ``test_command`` is the user's own command, split as a shell splits it;
    ``timeout`` is what the whole run may take, so that an adapter can name a hanging test before the axe falls.
    ``coverage`` asks for the lines that ran, where the framework can tell them: they go into the report.
    """

    __test__ = False

    root: Path
    out: Path
    ids: Sequence[str] | None = None
    test_command: str | None = None
    timeout: float = 300.0
    coverage: bool = False


class Framework(Protocol):
    """One test framework. Methods are pure or read files; only a view runs commands."""

    name: str
    """As the contract names it: pytest, cargo, jest, go, mocha, vitest."""
    languages: tuple[str, ...]
    incremental: bool
    """Whether builds leave outputs that the next run profits from: then one view serves many runs."""

    def detect(self, root: Path) -> Detection | None:
        """Whether ``root`` uses this framework, judged by its own files."""
        ...

    def for_project(self, root: Path) -> Framework:
        """The adapter with the project's own configuration read, so that ``is_test_file`` honours it."""
        ...

    def command(self, job: TestJob) -> Command:
        """The command that runs ``job``. Raises ``TestsNotRun`` for a missing toolchain, saying what installs it."""
        ...

    def parse(self, job: TestJob, completed: Completed) -> TestReport:
        """The records of what ran, from ``job.out`` and the captured output. Never raises for hostile output."""
        ...

    def progress(self, job: TestJob) -> tuple[int, int]:
        """Tests passed and failed so far, from the incremental results in ``job.out``; called ten times a second."""
        ...

    def is_test_file(self, path: str) -> bool:
        """Whether the project-relative ``path`` holds tests or configures them: fixes may not touch it."""
        ...

    def missing_dependency(self, root: Path, report: TestReport) -> str | None:
        """The package whose absence alone explains every failure, or ``None``."""
        ...


@runtime_checkable
class KeepsTestsInSources(Protocol):
    """A framework whose tests live in source files, too: the file may be edited, the tests in it may not."""

    def guarded_region(self, path: str, before: bytes, after: bytes) -> str | None:
        """Why this edit of ``path`` touches test code, or ``None`` where it does not."""
        ...


def touches_tests(framework: Framework, edit: Edit) -> str | None:
    """Why ``edit`` changes tests inside a source file, or ``None``."""
    if isinstance(framework, KeepsTestsInSources):
        return framework.guarded_region(edit.path, edit.before or b"", edit.after or b"")
    return None
