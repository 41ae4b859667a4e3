"""A few tests that tell whether the project still loads: those that pass as it is, beside the ones that fail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ....core.domain import TestFailure, TestReport
from ...frameworks.node.node_names import split_id
from ..job import SearchJob
from ..variants import Switched
from .node_answers import answer_of

_MOST_PASSING = 20
"""In one file."""
_BROKEN = re.compile(r"SyntaxError|Transform failed|Unexpected token|error TS\d+|Failed to parse")


class Probes:
    """What is known of the tests in the files of the failing ones, by file."""

    def __init__(self, root: Path, job: SearchJob) -> None:
        self._failing = {failure.test_id: failure for failure in job.failing}
        self._known = " ".join(failure.message for failure in job.failing)
        passing: dict[str, list[str]] = {}
        for test in job.passed_ids:
            passing.setdefault(split_id(root, test)[0], []).append(test)
        files = dict.fromkeys(split_id(root, test)[0] for test in self._failing)
        self.by_file = {file: passing.get(file, [])[:_MOST_PASSING] for file in files}
        for file in files:
            self.by_file[file] = self.by_file[file] or [t for t in self._failing if split_id(root, t)[0] == file][:1]

    def keep(self, report: TestReport) -> None:
        """Forget those that do not pass by themselves, though they did with all the others."""
        failed = {run.id for part in self.by_file.values() for run in answer_of(report, part).runs if run.error}
        for file, tests in self.by_file.items():
            self.by_file[file] = [test for test in tests if test in self._failing or test not in failed]

    def complaints(self, report: TestReport, tests: Sequence[str]) -> list[TestFailure] | None:
        """The failures of a run that should have gone as it does without any change; ``None`` where it went so."""
        runs = {run.id: run for run in answer_of(report, tests).runs}
        for test in tests:
            run = runs.get(test)
            if test not in self._failing and (run is None or run.outcome != "passed"):
                return list(report.failures)
            if run and run.error and _BROKEN.search(run.error.message) and not _BROKEN.search(self._known):
                return list(report.failures)
            if test in self._failing and run is None and report.failures:
                return list(report.failures)
        return None


def named(failures: Sequence[TestFailure], switched: Sequence[Switched]) -> frozenset[int]:
    """The variants in whose lines the failures point."""
    found = set()
    for one in switched:
        for line in _lines(failures, one.path):
            found |= {number for number, lines in one.lines.items() if line in lines}
    return frozenset(found)


def _lines(failures: Sequence[TestFailure], path: str) -> set[int]:
    """The lines of a file that failures name in any way."""
    name = re.escape(path.rpartition("/")[2])
    said = re.compile(rf"{name}[:(](\d{{1,7}})\b|{name}: [^\n]*?\((\d{{1,7}}):\d+\)")
    found = set()
    for failure in failures:
        if failure.file == path and failure.line:
            found.add(failure.line)
        found |= {frame.line for frame in failure.stack if frame.file == path and frame.line}
        text = f"{failure.message}\n{failure.output}"
        found |= {int(match[1] or match[2]) for match in said.finditer(text)}
    return found
