"""From the plugin's JSON lines, and pytest's text where there are none, to a ``TestReport``.

Counts are those of pytest's own summary: an expected failure counts as skipped, an unexpected pass as passed (as
failed where ``xfail_strict`` is set), a failure in setup, teardown or collection as an error. A test that passes and
then fails in teardown is counted by pytest twice, and so it is here. A test that was started and never ended is
counted as failed.
"""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from ..sandbox.protocol import Completed

LONGEST_LINE = 200_000
"""Bytes of a record; longer ones are not ours."""
LONGEST_TEXT = 10_000
_COUNTED = {"passed": "passed", "xpassed": "passed", "failed": "failed", "error": "error",
            "skipped": "skipped", "xfailed": "skipped"}  # fmt: skip
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_FRAME = re.compile(r'File "(?P<file>[^"\n]{1,500})", line (?P<line>\d{1,9}) in (?P<function>\S{1,200})')
_USAGE = re.compile(r"^(?:ERROR: (?!usage:)|\S*error: |E {3}|\w+Error: )(.*)", re.M)


def clean(text: object, limit: int = LONGEST_TEXT) -> str:
    """Text without escape sequences and invisible characters, its line ends made one kind, capped head and tail."""
    if not isinstance(text, str):
        return ""
    plain = _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    if len(plain) <= limit:
        return plain
    half = limit // 2
    return f"{plain[:half]}\n... {len(plain) - 2 * half} characters left out ...\n{plain[-half:]}"


@dataclass
class Events:
    """What the records of one run add up to."""

    counts: Counter[str] = field(default_factory=Counter)
    passed: dict[str, None] = field(default_factory=dict)
    skipped: dict[str, None] = field(default_factory=dict)
    failures: list[TestFailure] = field(default_factory=list)
    broken: list[TestFailure] = field(default_factory=list)
    under_way: dict[str, int] = field(default_factory=dict)
    """Started and not ended, with the line of the definition."""
    interrupted: list[TestFailure] = field(default_factory=list)
    """The test that ended the whole session (``KeyboardInterrupt``, ``pytest.exit``)."""
    uncollected: int = 0
    hung: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    collected: int = 0
    sessions: int = 0
    status: int | None = None

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record; an unknown kind is ignored."""
        kind, name = record.get("k"), clean(record.get("id"))
        if kind == "report":
            self._report(name, record)
        elif kind == "start":
            self.under_way[name] = int(_number(record.get("line")))
        elif kind == "end":
            self.under_way.pop(name, None)
        elif kind == "hang":
            self.hung[name] = _number(record.get("s"))
        elif kind == "broken":
            self.broken.append(failure_of(name, record))
        elif kind == "ended":
            self.interrupted.append(failure_of(name, record))
        elif kind == "session":
            self.sessions += 1
        elif kind == "collected":
            self.collected += int(_number(record.get("n")))
        elif kind == "finish":
            self.status = int(_number(record.get("status")))
            self.seconds += _number(record.get("s"))

    def _report(self, name: str, record: dict[str, Any]) -> None:
        category = _COUNTED.get(str(record.get("c")))
        if category is None:  # a plugin's own word, such as a rerun: pytest does not count it
            return
        self.counts[category] += 1
        if category == "passed":
            self.passed[name] = None
        elif category == "skipped":
            self.skipped[name] = None
        else:
            self.failures.append(failure_of(name, record))
            self.uncollected += record.get("w") == "collect"


def failure_of(name: str, record: dict[str, Any]) -> TestFailure:
    """One record as a failure; missing or odd fields are left empty."""
    stack = record.get("stack")
    frames = tuple(_frame(item) for item in stack if isinstance(item, list)) if isinstance(stack, list) else ()
    line = record.get("line")
    return TestFailure(
        test_id=name,
        file=clean(record.get("file")) or None,
        line=line if isinstance(line, int) and line > 0 else None,
        message=clean(record.get("message")),
        assertion_type=clean(record.get("type"), 200) or None,
        expected=_optional(record.get("expected")),
        actual=_optional(record.get("actual")),
        stack=frames,
        output=clean(record.get("output")),
    )


def _frame(item: list[Any]) -> StackFrame:
    file, line, function = (*item, None, None, None)[:3]
    return StackFrame(clean(file), line if isinstance(line, int) else None, clean(function, 300) or None)


def _optional(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file; lines that are cut off, overlong or not ours are left out."""
    try:
        stream = path.open("rb")
    except OSError:
        return
    with stream:
        while line := stream.readline(LONGEST_LINE):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record


def build_report(events: Events, completed: Completed, stacks: str, root: Path) -> TestReport:
    """The report of one run, culprits of hangs and crashes named. ``stacks`` is what faulthandler wrote."""
    output = completed.output.decode("utf-8", "replace")
    outcome, message = _outcome(events, completed, output)
    failures, errors = list(events.failures), 0
    if outcome in (RunOutcome.TIMED_OUT, RunOutcome.CRASHED):
        failures += _culprits(events, completed, outcome, stacks or output, root)
    elif outcome is RunOutcome.BUILD_FAILED and not events.failures:
        failures += events.broken or _usage_failures(output, message, root)
        errors = len(failures)
    failed = events.counts["failed"] + len(failures) - len(events.failures) - errors
    counts = events.counts
    bad = {failure.test_id for failure in failures}
    return TestReport(
        framework="pytest",
        outcome=outcome,
        total_tests=counts["passed"] + failed + counts["error"] + errors + counts["skipped"],
        passed_tests=counts["passed"],
        failed_tests=failed,
        error_tests=counts["error"] + errors,
        skipped_tests=counts["skipped"],
        duration_ms=round((events.seconds or completed.seconds) * 1000, 3),
        failures=tuple(failures),
        passed_ids=tuple(name for name in events.passed if name not in bad),
        skipped_ids=tuple(events.skipped),
        message=message,
    )


def _outcome(events: Events, completed: Completed, output: str) -> tuple[RunOutcome, str]:
    ran = sum(events.counts.values()) - events.uncollected
    if completed.timed_out:
        return RunOutcome.TIMED_OUT, f"the tests were ended after {completed.seconds:.3g} s (--test-timeout)"
    if events.hung:
        return RunOutcome.TIMED_OUT, f"{len(events.hung)} test(s) were ended because they hang"
    if events.status is None and events.sessions:
        return RunOutcome.CRASHED, f"pytest did not reach its end: {_death(completed.returncode)}"
    if events.interrupted:
        return RunOutcome.CRASHED, f"the session was ended: {events.interrupted[0].message}"
    if events.status == 3:
        return RunOutcome.CRASHED, f"pytest had an internal error: {_reason(events, output, completed)}"
    if events.broken or not events.sessions:
        return RunOutcome.BUILD_FAILED, _reason(events, output, completed)
    if ran == 0 and events.uncollected:
        return RunOutcome.BUILD_FAILED, "no test could be collected"
    if ran == 0:
        return RunOutcome.NO_TESTS, "pytest collected no tests"
    return RunOutcome.COMPLETED, ""


def _reason(events: Events, output: str, completed: Completed) -> str:
    if events.broken:
        return events.broken[0].message
    lines = [line for line in clean(output, 4_000).splitlines() if line.strip()]
    stated = [match.group(0) for match in _USAGE.finditer(clean(output, 100_000))]
    said = "\n".join(stated[:3] or lines[-3:])
    return f"the command ended with status {completed.returncode} before pytest ran a test: {said}"


def _usage_failures(output: str, message: str, root: Path) -> list[TestFailure]:
    """What pytest said before any hook of ours was called: wrong options, missing plugins, a broken configuration."""
    stated = re.search(r"inifile: (.+)|^ERROR: (/[^:\n]+):\d+:", output, re.M)
    path = Path((stated[1] or stated[2]).strip()) if stated else None
    file = path.relative_to(root).as_posix() if path and path.is_relative_to(root) else None
    return [TestFailure(file or "pytest", file, message=message, assertion_type="UsageError", output=clean(output, 4_000))]


def _death(returncode: int) -> str:
    if returncode < 0 or returncode > 128:
        number = -returncode if returncode < 0 else returncode - 128
        try:
            return f"it was killed by {signal.Signals(number).name}"
        except ValueError:
            return f"it was killed by signal {number}"
    return f"the interpreter exited with status {returncode} (os._exit, sys.exit while importing, or the like)"


def _culprits(
    events: Events, completed: Completed, outcome: RunOutcome, dumped: str, root: Path
) -> Iterator[TestFailure]:
    """The tests that were under way when the run ended, and what is known to have ended it."""
    frames = dumped_stack(dumped, root)
    told = [*events.interrupted, *events.broken]
    yield from told
    known = {failure.test_id for failure in (*events.failures, *told)}
    for name, defined in events.under_way.items():
        if name in known:
            continue
        file = name.partition("::")[0]
        here = next((frame.line for frame in reversed(frames) if frame.file == file), defined or None)
        timed_out = outcome is RunOutcome.TIMED_OUT
        said = "it was running when the time for the whole run was over" if timed_out else _death(completed.returncode)
        yield TestFailure(
            name, file, here, said, "timeout" if timed_out else "crash", stack=frames,
            output=clean(completed.output.decode("utf-8", "replace"), 4_000),
        )  # fmt: skip


def dumped_stack(text: str, root: Path) -> tuple[StackFrame, ...]:
    """The project's frames of the main thread in what ``faulthandler`` wrote, outermost first."""
    prefix = str(root).rstrip("/") + "/"
    blocks = re.split(r"^(?:Current thread|Thread) ", text[-200_000:], flags=re.M)
    best: list[StackFrame] = []
    for block in blocks[1:]:
        frames = [
            StackFrame(m["file"][len(prefix) :], int(m["line"]), m["function"])
            for m in _FRAME.finditer(block)
            if m["file"].startswith(prefix) and "site-packages" not in m["file"]
        ]
        best = max(best, frames, key=len)
    return tuple(reversed(best[:30]))
