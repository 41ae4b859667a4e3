"""The reports of many runs in one file of a warm process, taken apart."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ....core.domain import TestReport
from ...frameworks.node.node_framework import REPORT, NodeFramework
from ...frameworks.protocol import TestJob
from ...sandbox.protocol import Completed

_DESCRIBES = b'["d",'
"""How the records begin that later ones refer to, as long as a process lives."""
_FRAME = (b'{"k":"session', b'{"k":"finish')
"""How the records begin that stand around all others: there the process's own, here each run's."""


class Reports:
    """Gives each run's part of the report to the adapter that reads it."""

    def __init__(self, framework: NodeFramework, job: TestJob) -> None:
        self._framework, self._job = framework, job
        self._folder = tempfile.TemporaryDirectory(prefix="aion-r-")
        self._offset = 0
        self._describes = b""

    def begin(self, anew: bool) -> None:
        """A run begins; ``anew``, in a process that has not run any yet. What others wrote meanwhile is not its own."""
        if anew:
            self._describes = b""
        self._fresh()

    def take(self, tests: Sequence[str], completed: Completed, ended: bool) -> TestReport:
        """What was written since the run began, as the report of a run of ``tests`` that ``ended`` or was lost."""
        fresh = self._fresh()
        own = [line for line in fresh.splitlines(True) if not line.startswith(_FRAME)]
        parts = [self._describes, _FRAME[0], b'"}\n', *own, *([_FRAME[1], b'"}\n'] if ended else [])]
        out = Path(self._folder.name)
        (out / REPORT).write_bytes(b"".join(parts))
        self._describes += b"".join(line for line in own if line.startswith(_DESCRIBES))
        return self._framework.parse(replace(self._job, out=out, ids=tuple(tests)), completed)

    def unstarted(self, tests: Sequence[str], completed: Completed) -> TestReport:
        """The report of a run of ``tests`` that did not come to them: what was to be built before was not."""
        out = Path(self._folder.name)
        (out / REPORT).write_bytes(b"")
        return self._framework.parse(replace(self._job, out=out, ids=tuple(tests)), completed)

    def _fresh(self) -> bytes:
        try:
            fd = os.open(self._job.out / REPORT, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return b""
        with open(fd, "rb") as stream:  # noqa: PTH123 - a descriptor
            stream.seek(self._offset)
            data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole

    def close(self) -> None:
        """Remove what was written here."""
        self._folder.cleanup()
