"""A project's test suite as one thing to run: the frameworks' adapters, the sandbox and the store behind one face."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ..core.domain import Patch, RunOutcome, TestReport
from ..core.settings import Settings
from .frameworks.coverage import MEASURED_QUICKLY
from .frameworks.protocol import Detection, TestJob
from .frameworks.registry import detect_used
from .frameworks.several import Frameworks, Used
from .frameworks.together import together
from .named_places import named_places
from .running import Alone, RanTests, RawPart, RawRun, Repeat, Tally
from .runs import RunStore
from .sandbox import open_sandbox
from .sandbox.patching import update
from .sandbox.protocol import Completed, Sandbox, View
from .sandbox.quota import Quota

OUTPUT_FILE, IDS_FILE = "output.bin", "ids.json"
T = TypeVar("T")
_GREEN = (0, 5)
"""Exit statuses of frameworks that found nothing wrong; 5 is pytest's where there are no tests."""


class TestSuite:
    """Runs the tests of one project, always in a fresh view with a given patch."""

    __test__ = False

    def __init__(
        self,
        project: Path,
        frameworks: Frameworks,
        sandbox: Sandbox,
        store: RunStore,
        *,
        test_command: str | None = None,
        timeout: float = 300.0,
        coverage: bool = False,
        on_progress: Callable[[int, int], None] = lambda passed, failed: None,
        on_run: Callable[[RanTests], None] = lambda ran: None,
    ) -> None:
        self.project = project
        self.frameworks = frameworks
        self.sandbox = sandbox
        self._store = store
        self._test_command = test_command
        self._timeout = timeout
        self._coverage = coverage
        self._on_progress = on_progress
        self._on_run = on_run
        self._primed: Future[RawRun] | None = None
        self._measured: Future[Alone] | None = None
        self._threads: list[threading.Thread] = []
        self._views: set[View] = set()
        self._warm: View | None = None
        self._warm_patch = Patch()
        self._warm_lock = threading.Lock()
        self._closed = False

    def prime(self) -> None:
        """Start the run of the project as found now, in a thread; the first ``execute`` of it takes its result."""
        self._primed = self._start(lambda: self._run(Patch(), None))

    @property
    def priming(self) -> bool:
        """Whether the run that ``prime`` started still goes on."""
        return self._primed is not None and not self._primed.done()

    async def execute(self, patch: Patch, ids: Sequence[str] | None = None) -> RawRun:
        """Run all tests, or ``ids``, with ``patch`` applied. Cancelling it kills what it started.

        Raises ``TestsNotRun`` when a toolchain is missing.
        """
        primed, self._primed = self._primed, None
        if primed is None or patch.edits or ids is not None:
            primed = self._start(lambda: self._run(patch, ids))
        try:
            return await asyncio.wrap_future(primed)
        except asyncio.CancelledError:
            self.close()
            raise

    def repeat(self, patch: Patch, ids: Sequence[str], *, lines: bool = False) -> Repeat:
        """Run ``ids``, which failed with ``patch``, again with nothing changed: those that pass are flaky.

        A test that passes alone may still fail behind the others, so it must pass in the whole suite as well. With
        ``lines`` the report of those alone says which lines they ran, where that costs next to nothing.
        """

        def by_themselves() -> Alone:
            raw = self._run(patch, ids, quiet=True, lines=lines)
            return Alone(self.parse(raw), raw.seconds)

        def behind_the_others() -> frozenset[str]:
            passing = frozenset(ids) & frozenset(alone.result().report.passed_ids)
            if not passing:
                return passing
            return passing & frozenset(self.parse(self._run(patch, None, quiet=True)).passed_ids)

        alone = self._start(by_themselves)
        if lines:
            self._measured = alone
        return Repeat(alone, self._start(behind_the_others))

    def lines(self, seconds: float) -> dict[str, Any] | None:
        """The coverage of the failing tests that were repeated for it, if it comes within ``seconds``. Blocks."""
        run = self._measured
        if run is None or not wait([run], seconds).done or run.exception():
            return None
        return run.result().report.coverage

    def close(self) -> None:
        """End whatever still runs, for good."""
        self._closed = True
        for view in list(self._views):
            view.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _start(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it: ``close`` ends its view

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the future
                future.set_exception(error)

        thread = threading.Thread(target=run, name="tests", daemon=True)
        self._threads.append(thread)
        thread.start()
        return future

    def _run(self, patch: Patch, ids: Sequence[str] | None, *, quiet: bool = False, lines: bool = False) -> RawRun:
        """Each framework in a fresh view, one after the other and each with the whole time limit, so that one that
        hangs hides no other. One that builds gets a warm view for all runs, and a fresh one to confirm green.
        """
        if not patch.edits and ids is None:
            self.frameworks.check(self._job(self.project, self._store.folder))
        tally = Tally((lambda passed, failed: None) if quiet else self._on_progress)
        runs = [(one, self._run_part(one, patch, own, tally, lines)) for one, own in self.frameworks.shares(ids)]
        if patch.edits and ids is None and all(part.returncode in _GREEN for _, part in runs):
            runs = [(one, self._confirmed(one, patch, part, tally)) for one, part in runs]
        return RawRun(tuple(part for _, part in runs), ids is not None)

    def _run_part(
        self, one: Used, patch: Patch, ids: Sequence[str] | None, tally: Tally, lines: bool = False
    ) -> RawPart:
        if not one.framework.incremental:
            return self._run_fresh(one, patch, ids, tally, lines)
        with self._warm_lock:
            return self._run_in(self._warm_view(patch), one, ids, tally, lines)

    def _confirmed(self, one: Used, patch: Patch, part: RawPart, tally: Tally) -> RawPart:
        if not one.framework.incremental:
            return part
        shutil.rmtree(part.folder, ignore_errors=True)
        return self._run_fresh(one, patch, None, tally)

    def _run_fresh(
        self, one: Used, patch: Patch, ids: Sequence[str] | None, tally: Tally, lines: bool = False
    ) -> RawPart:
        view = self._open(patch)
        try:
            return self._run_in(view, one, ids, tally, lines)
        finally:
            self._views.discard(view)
            view.close()

    def _open(self, patch: Patch) -> View:
        view = self.sandbox.view(patch)
        self._views.add(view)
        if self._closed:
            view.close()
        return view

    def _warm_view(self, patch: Patch) -> View:
        if self._warm is None:
            self._warm = self._open(patch)
        else:
            update(self._warm, self._warm_patch, patch)
        self._warm_patch = patch
        return self._warm

    def _run_in(self, view: View, one: Used, ids: Sequence[str] | None, tally: Tally, lines: bool) -> RawPart:
        wanted = (lines and one.name in MEASURED_QUICKLY) or (self._coverage and (lines or ids is None))
        job = replace(self._job(view.root, view.out, ids), coverage=wanted)
        command = self.frameworks.command(one, job)
        command = replace(command, readable=(*command.readable, *named_places(self._test_command)))
        completed = view.run(command, self._timeout, lambda: tally.tell(one.framework.progress(job)))
        counts = one.framework.progress(job)
        tally.add(counts)
        self._on_run(RanTests(one.name, ids is not None, *counts, completed.seconds, completed.timed_out))
        folder = self._store.new_raw()
        folder.mkdir()
        for left in view.out.iterdir():
            shutil.move(left, folder / left.name)
        (folder / OUTPUT_FILE).write_bytes(completed.output)
        (folder / IDS_FILE).write_text(json.dumps(None if ids is None else list(ids)), "utf-8")
        return RawPart(
            one.name, str(folder), str(job.root), completed.returncode, completed.seconds, completed.timed_out,
            completed.truncated, completed.exceeded,
        )  # fmt: skip

    def parse(self, raw: RawRun) -> TestReport:
        """The records of ``raw``. Never raises for what a suite printed; the raw files are dropped afterwards."""
        return together([self._parse_part(part) for part in raw.parts])

    def _parse_part(self, part: RawPart) -> TestReport:
        folder, one = Path(part.folder), self.frameworks.named(part.framework)
        output, ids = (folder / OUTPUT_FILE).read_bytes(), json.loads((folder / IDS_FILE).read_bytes())
        completed = Completed(part.returncode, output, part.seconds, part.timed_out, part.truncated, part.exceeded)
        report = _limited(one.framework.parse(self._job(Path(part.root), folder, ids), completed), part.exceeded)
        self.frameworks.note(one, report)
        shutil.rmtree(folder, ignore_errors=True)
        return report

    def why_not_run(self, report: TestReport) -> str | None:
        """Why ``report`` cannot be repaired by an edit (nothing collected, a dependency missing), or ``None``."""
        missing = self.frameworks.missing_dependency(report)
        if missing:
            return missing
        if report.outcome is RunOutcome.NO_TESTS:
            return report.message or "no tests were collected"
        if report.failing == 0 and not report.all_passed:
            return report.message or f"the tests did not run to their end ({report.outcome})"
        return None

    def _job(self, root: Path, out: Path, ids: Sequence[str] | None = None) -> TestJob:
        return TestJob(root=root, out=out, ids=ids, test_command=self._test_command, timeout=self._timeout)


def _limited(report: TestReport, exceeded: str) -> TestReport:
    # What stopped the run says more than what its death looked like; and a run that was stopped did not complete.
    if not exceeded:
        return report
    ended = report.outcome in (RunOutcome.COMPLETED, RunOutcome.NO_TESTS)
    outcome = RunOutcome.CRASHED if ended else report.outcome
    return replace(report, outcome=outcome, message=f"the tests were stopped: they {exceeded}")


def open_suite(
    project: Path,
    settings: Settings,
    store: RunStore,
    on_progress: Callable[[int, int], None] = lambda passed, failed: None,
    on_run: Callable[[RanTests], None] = lambda ran: None,
) -> tuple[TestSuite, Detection]:
    """The suite of ``project`` as ``settings`` want it run, and why these frameworks were chosen. A command of the
    user's own is one framework's.

    Raises ``TestsNotRun`` when no tests are found, ``UsageError`` for a framework or sandbox that is not to be had.
    """
    frameworks, detection = detect_used(project, settings.framework, settings.language, settings.test_command)
    sandbox = open_sandbox(
        project,
        settings.sandbox,
        require=settings.require_sandbox,
        allow_network=settings.allow_network,
        scratch=store.folder / "views",
        hidden=(settings.home,),
        readable=settings.readable,
        quota=Quota(settings.memory_mb, settings.processes, settings.cpu_seconds, settings.disk_mb),
    )
    suite = TestSuite(
        project,
        frameworks,
        sandbox,
        store,
        test_command=settings.test_command,
        timeout=settings.test_timeout,
        coverage=settings.coverage,
        on_progress=on_progress,
        on_run=on_run,
    )
    return suite, detection
