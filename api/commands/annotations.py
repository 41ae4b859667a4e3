"""``fix --ci``: what still fails as annotations of the build, and the job's summary, as the CI service takes them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.documents import RepairResult
from ..report.checkout import folder_in_checkout
from ..report.markdown import markdown_summary
from ..report.remaining import still_failing
from ..report.writing import without_keys
from ..screen.terminal import Terminal, clean, first_line

ANNOTATIONS_SHOWN = 50
SUMMARY_CHARACTERS = 160_000
"""GitHub takes a megabyte (2**20 bytes) a step, and a character may become six bytes."""
_MESSAGE_LINES = 20
_INLINE_COMMAND = re.compile(r"##(?=\w*\[)")


@dataclass(frozen=True)
class BuildLog(Terminal):
    """A log in which services look for commands anywhere (``##[…]``, ``##vso[…]``, ``##teamcity[…]``): it has none."""

    def text(self, text: str) -> str:
        return _INLINE_COMMAND.sub("# #", super().text(text))

    @classmethod
    def instead_of(cls, terminal: Terminal) -> BuildLog:
        """The same stream, without anything that moves."""
        return cls(**vars(replace(terminal, live=False)))


def without_commands(document: str) -> str:
    """A JSON document, the same one, in which no service finds a command."""
    return _INLINE_COMMAND.sub(r"#\\u0023", document)


@dataclass(frozen=True)
class Annotations:
    """Says the end of a run so that a CI service shows it beside the code.

    ``github`` decides between GitHub's workflow commands (``GITHUB_ACTIONS``, or a ``GITHUB_STEP_SUMMARY`` to write)
    and plain lines of the form ``file:line: error: …``, which other services' problem matchers read.
    """

    folder: str
    """The project's, in the checkout."""
    terminal: Terminal
    github: bool
    summary_file: str = ""
    token: str = ""
    """Ends the stop of workflow commands; nobody who does not know it can."""

    @classmethod
    def of(cls, project: Path, terminal: Terminal, environ: Mapping[str, str] = os.environ) -> Annotations:
        """As the service's own variables say."""
        summary = environ.get("GITHUB_STEP_SUMMARY", "")
        github = environ.get("GITHUB_ACTIONS") == "true" or bool(summary)
        return cls(folder_in_checkout(project, environ), terminal, github, summary, secrets.token_hex(16))

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
            self._sum_up(result)

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
        return f"{self.folder}/{file}" if file and self.folder and not file.startswith("/") else file or ""

    def _sum_up(self, result: RepairResult) -> None:
        page = markdown_summary(without_keys(result, self.terminal.hide), limit=SUMMARY_CHARACTERS)
        try:
            with Path(self.summary_file).open("a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(page)
        except OSError as error:
            said = f"the job summary {self.summary_file} cannot be written: {error.strerror}"
            self.terminal.line((said, "warn"))


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
