"""From the reporters' JSON lines to a ``TestReport``, the same for Jest, Vitest and Mocha.

Counts are the framework's own: an expected failure (``test.failing``, ``fails``) that fails counts as passed, a test
that passes when it is run again counts as passed, todo and skipped count as skipped. What the frameworks leave out of
their number of tests is counted as an error, and in the total: a file that cannot be loaded, a ``describe`` whose hook
fails (Mocha itself counts a hook's failure as a failure, so here too), an error outside of any test. A test that was
started and never ended is counted as failed.
"""

from __future__ import annotations

import re

from ....core.domain import RunOutcome, TestFailure, TestReport
from ...sandbox.protocol import Completed
from ..cleaning import clean, inside, line_of
from ..sound import sound
from .node_failures import CLASS, HEADINGS, Record, bare
from .node_names import split_id, titles_of
from .node_records import NodeRun
from .node_stack import load_place, without_code_frame, without_stack
from .node_titles import line_of_titles


def build_report(run: NodeRun, completed: Completed) -> TestReport:
    """The report of one run, culprits of hangs and crashes named."""
    run.settle()
    outcome, message = _outcome(run, completed)
    named = run.by_status()
    failures = [run.failure(name, run.tests[name]) for name in named["failed"]]
    failed, errors = len(failures), 0
    if run.framework == "mocha":
        failed += len(run.hooks)
    else:
        errors += len(run.hooks)
    failures += run.hooks
    errors += len(run.broken)
    failures += run.broken
    if run.died or outcome in (RunOutcome.TIMED_OUT, RunOutcome.CRASHED):
        culprits = _culprits(run, completed, outcome)
        failures += culprits
        failed += len(culprits)
    elif outcome is RunOutcome.BUILD_FAILED and not failures:
        failures += _printed_failures(run, completed, message)
        errors += len(failures)
    passed, skipped = named["passed"], (*named["skipped"], *named["todo"])
    bad = {failure.test_id for failure in failures}
    report = TestReport(
        framework=run.framework,
        outcome=outcome,
        total_tests=len(passed) + failed + errors + len(skipped),
        passed_tests=len(passed),
        failed_tests=failed,
        error_tests=errors,
        skipped_tests=len(skipped),
        duration_ms=round(completed.seconds * 1000, 3),
        failures=tuple(failures),
        passed_ids=tuple(name for name in passed if name not in bad),
        skipped_ids=skipped,
        message=message,
    )
    return sound(report)


def _outcome(run: NodeRun, completed: Completed) -> tuple[RunOutcome, str]:
    whole = run.sessions > 0 and run.finished >= run.sessions and not run.interrupted
    if completed.timed_out and not whole:
        return RunOutcome.TIMED_OUT, f"the tests were ended after {completed.seconds:.3g} s (--test-timeout)"
    if run.sessions and not whole:
        return RunOutcome.CRASHED, f"{run.framework} did not reach its end: {_death(completed.returncode)}"
    if not run.sessions:
        return RunOutcome.BUILD_FAILED, _reason(run, completed)
    if not run.tests and run.broken:
        return RunOutcome.BUILD_FAILED, "no test file could be loaded"
    if not run.tests and not run.hooks:
        return RunOutcome.NO_TESTS, f"{run.framework} found no tests"
    return RunOutcome.COMPLETED, f"passed only when run again: {', '.join(run.flaky[:5])}" if run.flaky else ""


def _death(returncode: int) -> str:
    number = -returncode if returncode < 0 else returncode - 128
    if returncode < 0 or 128 < returncode < 160:
        return f"it was killed by signal {number}" + (" (out of memory?)" if number in (6, 9) else "")
    return f"the process ended with status {returncode} (process.exit or the like)"


def _reason(run: NodeRun, completed: Completed) -> str:
    lines = [line for line in clean(_text(completed), 20_000).splitlines() if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith("at ")]  # the frames are in the failure's stack
    said = "\n".join(line for line in lines[-12:])
    return f"the command ended with status {completed.returncode} before {run.framework} ran a test: {said}"


def _text(completed: Completed) -> str:
    return completed.output.decode("utf-8", "replace")


def _culprits(run: NodeRun, completed: Completed, outcome: RunOutcome) -> list[TestFailure]:
    """Tests that were under way when the run ended; where none was, the files that were."""
    timed_out = outcome is RunOutcome.TIMED_OUT
    said = "it was running when the time for the whole run was over" if timed_out else _death(completed.returncode)
    running = {} if outcome is RunOutcome.COMPLETED else run.running()
    started = {**running, **run.died}
    told = [*((name, "its worker process died", "crash") for name in run.died)]
    told += [(name, said, "timeout" if timed_out else "crash") for name in running]
    if not told and outcome is not RunOutcome.COMPLETED:
        told = [(file, said, "timeout" if timed_out else "crash") for file in run.loading]
    known = frozenset(name for name, record in run.tests.items() if record.get("s") == "failed")
    output = clean(_text(completed), 4_000)
    return [
        _culprit(run, started.get(name, {}), name, said, kind, output) for name, said, kind in told if name not in known
    ]


def _culprit(run: NodeRun, record: Record, name: str, said: str, kind: str, output: str) -> TestFailure:
    hook = clean(record.get("hook"), 300)
    file, rest = split_id(run.places.root, name)
    place = inside(file)
    line = line_of(record.get("line"))
    if place and line is None:
        line = line_of_titles(run.places.root / place, titles_of(rest))
    return TestFailure(name, place, line, f"{hook}: {said}" if hook else said, kind, output=output)


def _printed_failures(run: NodeRun, completed: Completed, message: str) -> list[TestFailure]:
    """What the command printed before any reporter was called: a file that Mocha cannot load, a broken configuration,
    the compiler's errors."""
    text = HEADINGS.sub("", clean(_text(completed), 60_000))
    compiled = _compiler_failures(run, text)
    if compiled:
        return compiled
    culprit = next(reversed(run.loading), None)
    place = load_place(run.places, text, inside(culprit))
    told = bare(without_code_frame(without_stack(text[_error_start(text) :]))) or message
    kind = CLASS.search(told[:200]) or re.search(r"\b([A-Z]\w*Error|Error(?=:))", text)
    where = f"{place}: " if place.line else ""
    return [
        TestFailure(
            culprit or place.file or run.framework, place.file, place.line, where + clean(told, 6_000),
            kind[1] if kind else "load error", stack=run.places.frames(text), output=clean(text, 4_000),
        )
    ]  # fmt: skip


def _error_start(text: str) -> int:
    found = re.search(r"^(?:\S.*)?\b[A-Z]\w*Error\b", text, re.M)
    return found.start() if found else 0


_COMPILER = re.compile(
    r"^(?P<file>[^\s():]+\.[cm]?tsx?)(?:\((?P<l1>\d{1,9}),(?P<c1>\d{1,9})\):|:(?P<l2>\d{1,9}):(?P<c2>\d{1,9}) -) error "
    r"(?P<code>TS\d+): (?P<text>.*)$",
    re.M,
)


def _compiler_failures(run: NodeRun, text: str) -> list[TestFailure]:
    found = []
    for match in list(_COMPILER.finditer(text))[:200]:
        file = run.places.relative(match["file"]) or match["file"]
        line, column = match["l1"] or match["l2"], match["c1"] or match["c2"]
        message = f"{file}:{line}:{column}: error {match['code']}: {match['text']}"
        found.append(TestFailure(f"{file}:{line}:{column}", file, int(line), message, match["code"]))
    return found
