"""All test frameworks of one project behind one face: whose test an id is, and what each of them says of a report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ...core.domain import Edit, TestReport
from ...core.errors import TestsNotRun
from ..sandbox.protocol import Command
from .installing import how_to_install, install_command
from .protocol import Framework, TestJob, touches_tests

_BY_SUFFIX = {".py": "python", ".rst": "python", ".txt": "python", ".md": "python"} | dict.fromkeys(
    (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), "javascript"
)
_GO = re.compile(r"\S*\.(?:Test|Fuzz|Example|Benchmark)(?![a-z])|\S+\.\w+/\S+$")


@dataclass(frozen=True)
class Used:
    """One framework that the project uses, and the language of what it tests there."""

    framework: Framework
    language: str

    @property
    def name(self) -> str:
        """The framework's."""
        return self.framework.name


class Frameworks:
    """Those that a project uses, at least one, in the order in which they are run."""

    def __init__(self, root: Path, used: Sequence[Used]) -> None:
        self._root = root
        self.used = tuple(used)
        self._owners: dict[str, Used] = {}

    @property
    def name(self) -> str:
        """All names: ``pytest``, or ``pytest, vitest``."""
        return ", ".join(one.name for one in self.used)

    def named(self, name: str) -> Used:
        """The one of that name, else the first."""
        return next((one for one in self.used if one.name == name), self.used[0])

    def is_test_file(self, path: str) -> bool:
        """Whether ``path`` holds or configures the tests of any of them."""
        return any(one.framework.is_test_file(path) for one in self.used)

    def touches_tests(self, edit: Edit) -> str | None:
        """Why ``edit`` changes tests inside a source file, or ``None``."""
        return next((why for one in self.used if (why := touches_tests(one.framework, edit))), None)

    def note(self, one: Used, report: TestReport) -> None:
        """Remember that the tests of ``report`` are ``one``'s."""
        if len(self.used) > 1:
            ids = (*report.passed_ids, *report.skipped_ids, *(failure.test_id for failure in report.failures))
            self._owners.update(dict.fromkeys(ids, one))

    def owner(self, test_id: str) -> Used:
        """Whose test it is: as it was run, else (a run of another process) as the id is written."""
        if len(self.used) == 1:
            return self.used[0]
        known = self._owners.get(test_id)
        return known or next((one for one in self.used if _written_as(test_id, one)), self.used[0])

    def shares(self, ids: Sequence[str] | None) -> list[tuple[Used, list[str] | None]]:
        """Those that have a part in a run of ``ids``, each with its own; all of them where all tests are wanted."""
        if ids is None:
            return [(one, None) for one in self.used]
        owners = [self.owner(test) for test in ids]
        shares = [(one, [test for test, owner in zip(ids, owners, strict=True) if owner is one]) for one in self.used]
        return [(one, own) for one, own in shares if own]

    def failing_in(self, report: TestReport) -> list[str]:
        """The names of those whose tests fail in ``report``, in order."""
        failing = {self.owner(failure.test_id).name for failure in report.failures}
        return [one.name for one in self.used if one.name in failing]

    def part(self, one: Used, report: TestReport) -> TestReport:
        """What of ``report`` is ``one``'s."""
        if len(self.used) == 1:
            return report
        failures = tuple(failure for failure in report.failures if self.owner(failure.test_id) is one)
        passed = tuple(test for test in report.passed_ids if self.owner(test) is one)
        skipped = tuple(test for test in report.skipped_ids if self.owner(test) is one)
        return replace(
            report,
            framework=one.name,
            total_tests=len(failures) + len(passed) + len(skipped),
            passed_tests=len(passed),
            failed_tests=len(failures),
            error_tests=0,
            skipped_tests=len(skipped),
            failures=failures,
            passed_ids=passed,
            skipped_ids=skipped,
        )

    def check(self, job: TestJob) -> None:
        """Whether all of several can be started, before the first is run. Raises ``TestsNotRun``."""
        if len(self.used) > 1:
            for one in self.used:
                self.command(one, job)

    def command(self, one: Used, job: TestJob) -> Command:
        """See ``Framework.command``; why it cannot be started says how the others are run without it."""
        try:
            return one.framework.command(job)
        except TestsNotRun as error:
            raise TestsNotRun(self._without(one, str(error))) from error

    def _without(self, one: Used, why: str) -> str:
        others = [f"--framework {other.name}" for other in self.used if other is not one]
        return f"{why.rstrip('.')}. To run the tests without {one.name}: {' or '.join(others)}" if others else why

    def missing_dependency(self, report: TestReport) -> str | None:
        """In words: the package whose absence explains all failures of one of them, and what installs it."""
        for one in self.used:
            part = self.part(one, report)
            package = one.framework.missing_dependency(self._root, part)
            if package:
                how = how_to_install(one.framework, self._root, part)
                return self._without(one, f"the package {package} is missing. {how}")
        return None

    def install_commands(self, report: TestReport) -> list[tuple[str, ...]]:
        """What installs all that their tests lack. Raises ``TestsNotRun`` as ``installing.Installing`` does."""
        commands = (install_command(one.framework, self._root, self.part(one, report)) for one in self.used)
        return [command for command in commands if command is not None]


def _written_as(test_id: str, one: Used) -> bool:
    """Whether ``test_id`` is written as this framework writes ids: by its file, its package or its program."""
    file = re.split(r"::| > ", test_id, maxsplit=1)[0]
    language = _BY_SUFFIX.get(PurePosixPath(file).suffix.lower())
    if language or " > " in test_id:
        return (language or "javascript") in one.framework.languages
    return ("go" if _GO.match(test_id) else "rust") in one.framework.languages
