"""From the plugin's JSON lines, and pytest's text where there are none, to a ``TestReport``.

Counts are those of pytest's own summary: an expected failure counts as skipped, an unexpected pass as passed (as
failed where ``xfail_strict`` is set), a failure in setup, teardown or collection as an error. A test that passes and
then fails in teardown is counted by pytest twice, and so it is here. A test that was started and never ended is
counted as failed.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

from ....core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from ...sandbox.protocol import Completed
from ..cleaning import clean, inside
from ..sound import sound
from .pytest_records import Events

_FRAME = re.compile(r'File "(?P<file>[^"\n]{1,500})", line (?P<line>\d{1,9}) in (?P<function>\S{1,200})')
_USAGE = re.compile(r"^(?:ERROR: (?!usage:)|\S*error: |E {3}|\w+Error: )(.*)", re.M)


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
    if outcome in (RunOutcome.TIMED_OUT, RunOutcome.CRASHED) and events.collected > sum(counts.values()) + failed:
        message += f"; of {events.collected} tests collected some did not run"
    report = TestReport(
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
    return sound(report)


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
    file = inside(path.relative_to(root).as_posix()) if path and path.is_relative_to(root) else None
    return [
        TestFailure(file or "pytest", file, message=message, assertion_type="UsageError", output=clean(output, 4_000))
    ]


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
        file = inside(name.partition("::")[0])
        here = next((frame.line for frame in reversed(frames) if frame.file == file), defined)
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
            StackFrame(file, int(m["line"]), clean(m["function"]))
            for m in _FRAME.finditer(block)
            if m["file"].startswith(prefix)
            and (file := inside(m["file"][len(prefix) :]))
            and "site-packages" not in file
        ]
        best = max(best, frames, key=len)
    return tuple(reversed(best[:30]))
