"""A look at a project's tests without a repair around it, in a scratch view."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.domain import Patch, TestReport
from ..core.errors import UsageError
from ..core.settings import Settings
from ..tools.frameworks.protocol import Detection
from ..tools.runs import RunStore
from ..tools.suite import TestSuite, open_suite
from .tracing.alone import test_watch

Count = Callable[[int, int], None]
"""Takes how many tests have passed and failed so far."""


def uncounted(passed: int, failed: int) -> None:
    """Nobody watches."""


@contextmanager
def opened_suite(project: Path, settings: Settings, count: Count = uncounted) -> Iterator[tuple[TestSuite, Detection]]:
    """The project's tests, ready to run, with a store that is gone afterwards. Raises as ``open_suite`` does."""
    with _scratch(settings.home) as folder, test_watch() as ended:
        suite, detection = open_suite(project, settings, RunStore.create(Path(folder), project), count, ended)
        try:
            yield suite, detection
        finally:
            suite.close()


async def run_once(project: Path, settings: Settings, count: Count = uncounted) -> TestReport:
    """The report of one run. Raises ``TestsNotRun`` and ``UsageError`` as a repair would."""
    with opened_suite(project, settings, count) as (suite, _):
        return suite.parse(await suite.execute(Patch()))


def _scratch(home: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder beside the runs, on the same disk, that no list of runs shows."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix="test-", dir=home, ignore_cleanup_errors=True)
    except OSError as error:
        raise UsageError(f"{home} cannot be written ({error.strerror}): set AION_R_HOME to another folder.") from error
