"""``fix --ci``: what still fails as annotations of the build, and the job's summary, as the CI service takes them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.documents import RepairResult
from ...core.domain import Outcome, TestFailure
from ..screen.report import markdown
from ..screen.terminal import Terminal, clean, first_line

ANNOTATIONS_SHOWN = 50
SUMMARY_BYTES = 1_000_000
"""GitHub takes a megabyte (2**20 bytes) a step."""
_MESSAGE_LINES = 20


@dataclass(frozen=True)
class Annotations:
    """Says the end of a run so that a CI service shows it beside the code.

    ``github`` decides between GitHub's workflow commands (``GITHUB_ACTIONS``, or a ``GITHUB_STEP_SUMMARY`` to write)
    and plain lines of the form ``file:line: error: …``, which other services' problem matchers read.
    """

    project: Path
    terminal: Terminal
    github: bool
    summary_file: str = ""
    workspace: str = ""
    token: str = ""
    """Ends the stop of workflow commands; nobody who does not know it can."""

    @classmethod
    def of(cls, project: Path, terminal: Terminal, environ: Mapping[str, str] = os.environ) -> Annotations:
        """As the service's own variables say."""
        summary = environ.get("GITHUB_STEP_SUMMARY", "")
        github = environ.get("GITHUB_ACTIONS") == "true" or bool(summary)
        return cls(project, terminal, github, summary, environ.get("GITHUB_WORKSPACE", ""), secrets.token_hex(16))

    def mute(self) -> None:
        """From here on a line that reads as a workflow command is none: tests and diffs print what they like."""
        if self.github:
            self.terminal.line((f"::stop-commands::{self.token}", ""))

    def unmute(self) -> None:
        """The end of ``mute``."""
        if self.github:
            self.terminal.line((f"::{self.token}::", ""))

    def write(self, result: RepairResult) -> None:
        """One annotation a test that still fails, and the job's summary."""
        for line in self._lines(result):
            self.terminal.line((line, ""))
        if self.summary_file:
            self._append(_page(result, self.terminal.hide))

    def _lines(self, result: RepairResult) -> Iterator[str]:
        error = _command if self.github else _plain
        failures = still_failing(result)
        for failure in failures[:ANNOTATIONS_SHOWN]:
            yield error(self._place(failure.file), failure.line, clean(failure.test_id), failure.message)
        if len(failures) > ANNOTATIONS_SHOWN:
            yield error("", None, "", f"{len(failures) - ANNOTATIONS_SHOWN} more tests fail")
        if not failures and not result.success:
            yield error("", None, "", result.message or result.stop_reason.replace("_", " "))

    def _place(self, file: str | None) -> str:
        """``file`` as the service's checkout names it."""
        if not file or not self.workspace:
            return file or ""
        path, workspace = self.project / file, Path(self.workspace).resolve()
        return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else file

    def _append(self, page: str) -> None:
        try:
            with Path(self.summary_file).open("a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(page)
        except OSError as error:
            said = f"the job summary {self.summary_file} cannot be written: {error.strerror}"
            self.terminal.line((said, "warn"))


def still_failing(result: RepairResult) -> tuple[TestFailure, ...]:
    """What fails in the project as the run leaves it."""
    left_alone = not result.applied and result.outcome is not Outcome.REPAIRED
    report = result.initial_test_results if left_alone else result.final_test_results
    return report.failures


def _page(result: RepairResult, hide: Callable[[str], str]) -> str:
    page = hide(markdown(result))
    if len(page.encode("utf-8", "backslashreplace")) <= SUMMARY_BYTES:
        return page
    return hide(markdown(replace(result, patch=""))) + "\nThe patch is too long to be shown here.\n"


def _command(file: str, line: int | None, title: str, message: str) -> str:
    """A workflow command ``::error …::…``."""
    named = {"file": file, "line": line or "", "title": title}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in named.items() if value)
    said = "\n".join(clean(message).splitlines()[:_MESSAGE_LINES]) or "failed"
    return f"::error {properties}::{_data(said)}" if properties else f"::error::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _plain(file: str, line: int | None, title: str, message: str) -> str:
    place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
    return f"{place}error: {f'{title}: ' if title else ''}{first_line(message, 300) or 'failed'}"
