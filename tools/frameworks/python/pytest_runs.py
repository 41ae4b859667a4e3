"""The runs of pytest that make one run of a suite: one for each Python project that has a part in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ....core.domain import TestReport
from ...sandbox.protocol import Command, Completed
from ..protocol import TestJob
from ..sound import sound
from ..together import together
from .pytest_records import Events, read_records
from .pytest_report import build_report
from .python_projects import PythonProject, by_home

PROGRAM, FOLDERS, RUNS = "aion_r_pytest_folders.py", "aion_r_pytest_folders.json", "aion_r_pytest_runs.jsonl"

LONGEST = 1e6
"""Seconds of a run; who claims more did not measure it."""


@dataclass(frozen=True)
class Part:
    """One run of pytest: the how manyeth, in which project, for which tests (``None`` for all of them)."""

    number: int
    project: PythonProject
    ids: Sequence[str] | None

    def named(self, stem: str) -> str:
        """The name of its own file of results; the first run's is plain."""
        name, dot, suffix = stem.rpartition(".")
        return f"{name}_{self.number}{dot}{suffix}" if self.number else stem

    @property
    def report(self) -> str:
        """The file of its records."""
        return self.named("aion_r_pytest.jsonl")

    @property
    def stacks(self) -> str:
        """The file of the stacks of a hang."""
        return self.named("aion_r_pytest_stacks.txt")

    @property
    def settings(self) -> str:
        """The file that tells the plugin what to do."""
        return self.named("aion_r_pytest_run.json")

    @property
    def title(self) -> str:
        """The line that begins its output where there are several."""
        return f"--- pytest in {self.project.folder} ---"


def parts_of(projects: Sequence[PythonProject], job: TestJob) -> list[Part]:
    """The runs that ``job`` takes; a command of the user's own is one."""
    whole = projects or (PythonProject(),)
    if job.test_command is not None:
        return [Part(0, PythonProject(), job.ids)]
    if job.ids is None or len(whole) == 1:
        return [Part(number, project, job.ids) for number, project in enumerate(whole)]
    shares = list(by_home(whole, job.ids)) or [(whole[0], [])]
    return [Part(number, project, own) for number, (project, own) in enumerate(shares)]


def one_after_the_other(job: TestJob, runs: Sequence[tuple[Part, Command]]) -> Command:
    """One command for several: the interpreter of the first runs ``pytest_folders``, which runs them all."""
    if len(runs) == 1:
        return runs[0][1]
    settings = {
        "parts": [_told(job, part, command) for part, command in runs],
        "timeout": job.timeout,
        "runs": str(job.out / RUNS),
    }
    files: dict[str, bytes] = {PROGRAM: _program(), FOLDERS: json.dumps(settings).encode(), RUNS: b""}
    for _, command in runs:
        files |= command.files
    return Command(
        argv=(runs[0][1].argv[0], "-I", "-S", str(job.out / PROGRAM), str(job.out / FOLDERS)),
        files=files,
        readable=tuple(dict.fromkeys(path for _, command in runs for path in command.readable)),
    )


def _told(job: TestJob, part: Part, command: Command) -> Mapping[str, object]:
    return {
        "argv": list(command.argv),
        "cwd": str(job.root / command.cwd),
        "env": dict(command.env),
        "settings": str(job.out / part.settings),
        "title": part.title,
    }


@cache
def _program() -> bytes:
    return Path(__file__).with_name("pytest_folders.py").read_bytes()


def read_report(job: TestJob, parts: Sequence[Part], completed: Completed) -> TestReport:
    """What all of them said. One that was not even started, for the time was over, is told of in the message."""
    if len(parts) == 1:
        return _report(job, parts[0], completed)
    runs = list(_completed(job, parts, completed))
    named = [replace(_report(job, part, one), framework=part.title.strip("- ")) for part, one in runs if one]
    if not named:  # the program itself could not be started
        return _report(job, parts[0], completed)
    left = [f"{part.title.strip('- ')} was not run" for part, one in runs if one is None]
    report = together(named)
    return sound(replace(report, framework="pytest", message="; ".join([*filter(None, [report.message]), *left])))


def _report(job: TestJob, part: Part, completed: Completed) -> TestReport:
    events = Events()
    for record in read_records(job.out / part.report):
        events.add(record)
    return build_report(events, completed, _read_text(job.out / part.stacks), job.root)


def _completed(job: TestJob, parts: Sequence[Part], completed: Completed) -> Iterator[tuple[Part, Completed | None]]:
    """Each run as it ended; ``None`` for one that was never started."""
    told = {str(record.get("n")): record for record in read_records(job.out / RUNS)}
    texts = _outputs(completed.output, parts)
    for part in parts:
        known = told.get(str(part.number))
        if known is None:
            yield part, None
            continue
        status, seconds = known.get("status"), known.get("s")
        one = replace(completed, output=texts[part.number])
        if isinstance(status, int) and isinstance(seconds, (int, float)) and 0 <= seconds < LONGEST:
            one = replace(one, returncode=status, seconds=float(seconds), timed_out=False)
        yield part, one


def _outputs(output: bytes, parts: Sequence[Part]) -> dict[int, bytes]:
    """The output of each run; where the line that begins it was cut out, nothing."""
    found, rest = {}, output
    for part in reversed(parts):
        before, title, after = rest.rpartition(f"{part.title}\n".encode())
        found[part.number] = after if title else b""
        rest = before if title else rest
    return found


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes()[:400_000].decode("utf-8", "replace")
    except OSError:
        return ""
