"""Test files that share one warm process, and what to do when it is lost or of no use."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ....core.domain import TestReport
from ...frameworks.node.node_framework import REPORT, NodeFramework
from ...frameworks.node.node_names import pattern, split_id
from ...frameworks.protocol import TestJob
from ...sandbox.protocol import Completed, View
from ..job import Cancelled, SearchJob
from .node_process import Gone, TooLong, WarmProcess
from .node_reports import Reports
from .node_start import builds, cold_command, warm_command

_START_SECONDS = 60.0
_MOST_MEMORY = 900_000_000
"""Bytes from which on a process is replaced: module registries leak."""
_SLOW = 0.5
"""The part of its limit after which a run is so likely to be lost that the next process is started."""


class Unknown(Exception):
    """The process does not run these test files: they are another project's, or need another environment."""


class Home:
    """Runs tests of ``files`` in a process that stays, or, where it is ``cold``, in one for each run; no later than
    ``until`` by the clock, which is ``Cancelled``."""

    def __init__(self, view: View, work: TestJob, job: SearchJob, files: Sequence[str], until: float) -> None:
        framework = job.adapter
        assert isinstance(framework, NodeFramework)
        self._view, self._framework, self._work, self._job, self._until = view, framework, work, job, until
        self._command = warm_command(framework, work, list(files))
        self.cold = self._command is None
        self._reports = Reports(framework, work)
        self._process: WarmProcess | None = None
        self._next: WarmProcess | None = None
        self._before: WarmProcess | None = None
        self._cold_start = _START_SECONDS

    def run(self, number: int, tests: Sequence[str], limit: float) -> TestReport:
        """The report of ``tests`` with one variant in force. Raises ``Unknown``."""
        return self._run_cold(number, tests, limit) if self.cold else self._run_warm(number, tests, limit)

    def changed(self, files: Sequence[str]) -> None:
        """Files have another text now."""
        self._drop_next()
        if self._process is None or self._command is None:
            return
        if builds(self._command):
            self._drop()
            return
        try:
            self._process.ask({"changed": list(files)})
            self._process.answer(_START_SECONDS)
        except (Gone, TooLong):
            self._drop()

    def _run_cold(self, number: int, tests: Sequence[str], limit: float) -> TestReport:
        self.close_processes()
        whole = min(limit + self._cold_start, self._until - time.monotonic())
        if whole <= 0 or self._job.cancel.is_set():
            raise Cancelled
        work = replace(self._work, ids=tuple(tests), timeout=whole)
        done = self._view.run(cold_command(self._framework, work, number), whole)
        if self._cold_start == _START_SECONDS:
            self._cold_start = min(_START_SECONDS, 2 * done.seconds)
        return self._framework.parse(work, done)

    def _run_warm(self, number: int, tests: Sequence[str], limit: float) -> TestReport:
        try:
            process = self._warmed()
        except Gone as gone:
            self._drop()
            if self._command is None or not builds(self._command):
                raise
            return self._reports.unstarted(tests, Completed(gone.returncode or 1, gone.text, 0.0))
        request, started = self._request(number, tests), time.monotonic()
        answer: dict[str, Any] = {}
        self._reports.begin(anew=process is not self._before)
        self._before = process
        try:
            answer = self._asked(process, request, limit)
            done = Completed(0, process.printed, time.monotonic() - started)
        except (Gone, TooLong) as lost:
            self._drop()
            seconds = time.monotonic() - started
            done = Completed(-9, process.printed, seconds, timed_out=isinstance(lost, TooLong))
        if answer.get("unknown"):
            raise Unknown
        report = self._reports.take(tests, done, bool(answer))
        if answer.get("spent") or answer.get("memory", 0) > _MOST_MEMORY:
            self._drop()
        return report

    def _request(self, number: int, tests: Sequence[str]) -> dict[str, Any]:
        pairs = [split_id(self._work.root, test) for test in tests]
        files = dict.fromkeys(str(self._work.root / file) for file, _ in pairs)
        return {"number": number, "files": list(files), "names": pattern([rest for _, rest in pairs])}

    def _asked(self, process: WarmProcess, request: dict[str, Any], limit: float) -> dict[str, Any]:
        process.ask(request)
        try:
            return process.answer(limit * _SLOW)
        except TooLong:
            self._next = self._next or self._spawn()
            return process.answer(limit * (1 - _SLOW))

    def _warmed(self) -> WarmProcess:
        """The process, ready. Raises ``Gone`` and ``TooLong`` when it cannot be started."""
        if self._process is None:
            self._process, self._next = self._next or self._spawn(), None
        self._process.warm(_START_SECONDS)
        return self._process

    def _spawn(self) -> WarmProcess:
        assert self._command is not None
        files = dict(self._command.files)
        if (self._work.out / REPORT).exists():  # others write to it
            files.pop(REPORT)
        return WarmProcess(self._view, replace(self._command, files=files), self._job.cancel, self._until)

    def _drop(self) -> None:
        if self._process:
            self._process.end()
        self._process = None

    def _drop_next(self) -> None:
        if self._next:
            self._next.end()
        self._next = None

    def close_processes(self) -> None:
        """End what runs."""
        self._drop()
        self._drop_next()

    def close(self) -> None:
        """End what runs, for good."""
        self.close_processes()
        self._reports.close()
