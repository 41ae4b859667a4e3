"""The framework's own adapter at work in the view of a search: what its commands see, and whole runs of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ...sandbox.protocol import Command, View
from ..job import Cancelled, SearchJob
from ..model import Answer, RunnerGone, TestRun
from ..variants import Variant
from .commands import Commands, under

if TYPE_CHECKING:
    from ....core.domain import TestReport
    from ...frameworks.protocol import Framework, TestJob

_LONGEST = 600.0


def command_like(view: View, job: SearchJob) -> Command:
    """The command with which the adapter would run everything: its environment and folders are those of a search."""
    return _adapter(job).command(_test_job(view, job, None, _LONGEST))


class FrameworkBench:
    """A bench that has the adapter run tests, on plain texts only: for what no quicker bench can run, and to confirm.

    See ``variants.Bench``.
    """

    def __init__(self, view: View, job: SearchJob) -> None:
        self._view, self._job = view, job
        self._written: dict[str, str] = {}
        self._commands: Commands | None = None

    def build(self, sources: Mapping[str, str], variants: Sequence[Variant] = ()) -> frozenset[int]:
        """Write the texts; what they do is seen when tests run. No variant can be switched."""
        if self._commands is None:
            self._commands = Commands(self._view, command_like(self._view, self._job), self._job.cancel)
        fresh = {path: text for path, text in sources.items() if self._written.get(path) != text}
        self._commands.put({under(self._view.root, path): text for path, text in fresh.items()})
        self._written.update(fresh)
        return frozenset({0})

    def run(self, number: int, tests: Sequence[str], limit: float) -> Answer:
        """See ``variants.Bench``."""
        report, late = self._report(tests, limit)
        failed = {failure.test_id for failure in report.failures}
        runs = [TestRun(name, "passed", 0.0) for name in tests if _passes(name, report.passed_ids, failed)]
        runs += [TestRun(name, "failed", 0.0) for name in sorted(failed)]
        return Answer("timeout" if late else "ended", tuple(runs))

    def confirms(self, fixed: Collection[str], passed: Collection[str], limit: float) -> tuple[bool, int]:
        """Whether all of ``fixed`` and ``passed`` pass when everything is run, and how many tests that were."""
        report, _ = self._report(None, limit)
        failed = {failure.test_id for failure in report.failures}
        good = set(report.passed_ids).issuperset(passed)
        return good and all(_passes(name, report.passed_ids, failed) for name in fixed), report.total_tests

    def close(self) -> None:
        """See ``variants.Bench``."""
        if self._commands is not None:
            self._commands.close()

    def _report(self, tests: Sequence[str] | None, limit: float) -> tuple[TestReport, bool]:
        wanted = _test_job(self._view, self._job, tests, limit)
        completed = self._view.run(_adapter(self._job).command(wanted), limit, self._look_up)
        return _adapter(self._job).parse(wanted, completed), completed.timed_out

    def _look_up(self) -> None:
        if self._job.cancel.is_set():
            raise Cancelled


def _test_job(view: View, job: SearchJob, tests: Sequence[str] | None, limit: float) -> TestJob:
    from ...frameworks.protocol import TestJob

    command = job.test_command
    return TestJob(root=view.root, out=view.out, ids=tests, test_command=command, timeout=max(1.0, limit))


def _adapter(job: SearchJob) -> Framework:
    if job.adapter is None:
        raise RunnerGone("the search was given no adapter of the test framework")
    return job.adapter


def _passes(name: str, passed: Collection[str], failed: Collection[str]) -> bool:
    """Whether a test passed; for what could not be built, whether tests in it pass and none fails."""
    below = tuple(name + mark for mark in ".: /")
    return name in passed or (
        any(one.startswith(below) for one in passed) and not any(one == name or one.startswith(below) for one in failed)
    )
