"""A project's test suite as one thing to run: the framework's adapter, the sandbox and the store behind one face."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..core.domain import Patch, RunOutcome, TestReport
from ..core.settings import Settings
from .frameworks.installing import how_to_install
from .frameworks.protocol import Detection, Framework, TestJob
from .frameworks.registry import detect
from .runs import RunStore
from .sandbox import open_sandbox
from .sandbox.patching import update
from .sandbox.protocol import Completed, Sandbox, View

OUTPUT_FILE = "output.bin"
T = TypeVar("T")


@dataclass(frozen=True)
class RawRun:
    """What a finished test run left in the store: ``folder`` has the framework's own results and the output."""

    folder: str
    root: str
    returncode: int
    seconds: float
    timed_out: bool
    truncated: bool
    ids: tuple[str, ...] | None = None


class TestSuite:
    """Runs the tests of one project, always in a fresh view with a given patch."""

    __test__ = False

    def __init__(
        self,
        project: Path,
        framework: Framework,
        sandbox: Sandbox,
        store: RunStore,
        *,
        test_command: str | None = None,
        timeout: float = 300.0,
        on_progress: Callable[[int, int], None] = lambda passed, failed: None,
    ) -> None:
        self.project = project
        self.framework = framework
        self.sandbox = sandbox
        self._store = store
        self._test_command = test_command
        self._timeout = timeout
        self._on_progress = on_progress
        self._primed: Future[RawRun] | None = None
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

    async def execute(self, patch: Patch) -> RawRun:
        """Run all tests with ``patch`` applied. Cancelling it kills what it started.

        Raises ``TestsNotRun`` when the toolchain is missing.
        """
        primed, self._primed = self._primed, None
        if primed is None or patch.edits:
            primed = self._start(lambda: self._run(patch, None))
        try:
            return await asyncio.wrap_future(primed)
        except asyncio.CancelledError:
            self.close()
            raise

    def repeat(self, patch: Patch, ids: Sequence[str]) -> Future[frozenset[str]]:
        """Those of ``ids``, which failed with ``patch``, that pass when run again with nothing changed: flaky ones.

        A test that passes alone may still fail behind the others, so it must pass in the whole suite as well.
        """

        def work() -> frozenset[str]:
            alone = frozenset(ids) & frozenset(self.parse(self._run(patch, ids, quiet=True)).passed_ids)
            return alone & frozenset(self.parse(self._run(patch, None, quiet=True)).passed_ids) if alone else alone

        return self._start(work)

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

    def _run(self, patch: Patch, ids: Sequence[str] | None, *, quiet: bool = False) -> RawRun:
        """In a fresh view. A framework that builds gets a warm one for all runs, and a fresh one to confirm green."""
        if self.framework.incremental:
            with self._warm_lock:
                raw = self._run_in(self._warm_view(patch), ids, quiet)
            if raw.returncode != 0 or not patch.edits or ids is not None:
                return raw
            shutil.rmtree(raw.folder, ignore_errors=True)
        view = self._open(patch)
        try:
            return self._run_in(view, ids, quiet)
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

    def _run_in(self, view: View, ids: Sequence[str] | None, quiet: bool) -> RawRun:
        job = self._job(view.root, view.out, ids)

        def tell() -> None:
            self._on_progress(*self.framework.progress(job))

        completed = view.run(self.framework.command(job), self._timeout, None if quiet else tell)
        folder = self._store.new_raw()
        folder.mkdir()
        for left in view.out.iterdir():
            shutil.move(left, folder / left.name)
        (folder / OUTPUT_FILE).write_bytes(completed.output)
        chosen = tuple(ids) if ids is not None else None
        return RawRun(
            str(folder), str(job.root), completed.returncode, completed.seconds, completed.timed_out,
            completed.truncated, chosen,
        )  # fmt: skip

    def parse(self, raw: RawRun) -> TestReport:
        """The records of ``raw``. Never raises for what a suite printed; the raw files are dropped afterwards."""
        folder = Path(raw.folder)
        output = (folder / OUTPUT_FILE).read_bytes()
        completed = Completed(raw.returncode, output, raw.seconds, raw.timed_out, raw.truncated)
        report = self.framework.parse(self._job(Path(raw.root), folder, raw.ids), completed)
        shutil.rmtree(folder, ignore_errors=True)
        return report

    def why_not_run(self, report: TestReport) -> str | None:
        """Why ``report`` cannot be repaired by an edit (nothing collected, a dependency missing), or ``None``."""
        missing = self.framework.missing_dependency(self.project, report)
        if missing:
            return f"the package {missing} is missing. {how_to_install(self.framework, self.project, report)}"
        if report.outcome is RunOutcome.NO_TESTS:
            return report.message or "no tests were collected"
        if report.failing == 0 and not report.all_passed:
            return report.message or f"the tests did not run to their end ({report.outcome})"
        return None

    def _job(self, root: Path, out: Path, ids: Sequence[str] | None) -> TestJob:
        return TestJob(root=root, out=out, ids=ids, test_command=self._test_command, timeout=self._timeout)


def open_suite(
    project: Path,
    settings: Settings,
    store: RunStore,
    on_progress: Callable[[int, int], None] = lambda passed, failed: None,
) -> tuple[TestSuite, Detection]:
    """The suite of ``project`` as ``settings`` want it run, and why that framework was chosen.

    Raises ``TestsNotRun`` when no tests are found, ``UsageError`` for a framework or sandbox that is not to be had.
    """
    framework, detection = detect(project, settings.framework, settings.language)
    sandbox = open_sandbox(
        project,
        settings.sandbox,
        require=settings.require_sandbox,
        allow_network=settings.allow_network,
        scratch=store.folder / "views",
    )
    suite = TestSuite(
        project,
        framework,
        sandbox,
        store,
        test_command=settings.test_command,
        timeout=settings.test_timeout,
        on_progress=on_progress,
    )
    return suite, detection
