"""From the reporters' JSON lines to a ``TestReport``, the same for Jest, Vitest and Mocha.

Counts are the framework's own: an expected failure (``test.failing``, ``fails``) that fails counts as passed, a test
that passes when it is run again counts as passed, todo and skipped count as skipped. What the frameworks leave out of
their number of tests is counted as an error, and in the total: a file that cannot be loaded, a ``describe`` whose hook
fails (Mocha itself counts a hook's failure as a failure, so here too), an error outside of any test. A test that was
started and never ended is counted as failed.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.domain import RunOutcome, TestFailure, TestReport
from ..sandbox.protocol import Completed
from .node_names import test_id
from .node_stack import Place, Places, load_place, without_code_frame, without_stack
from .pytest_records import clean

Record = dict[str, Any]
_EXPECTED = re.compile(r"^\s*Expected(?: [a-z]+)*: +(.+)$", re.M)
_RECEIVED = re.compile(r"^\s*Received(?: [a-z]+)*: +(.+)$", re.M)
_NODE_ASSERT = re.compile(
    r"^assert(?:\.(?P<kind>\w+))?\([^\n]*\)\n(?:\nExpected value [^\n]*:\n(?P<expected>(?: {2}.*\n)+)Received:\n(?P<actual>(?: {2}.*(?:\n|$))+))?"
)
"""Jest's own words for an error of Node's ``assert`` or of chai."""
_MATCHER = re.compile(r"expect\((?:received|jest\.fn\(\)|[^()\n]{0,80})\)(?:\.\w+)*?\.(to\w+)\(")
_CLASS = re.compile(r"^(?:Uncaught )?((?:[A-Za-z_$][\w$.]*)?(?:Error|Exception))\b")
_HEADINGS = re.compile(r"^(?:\s*● Test suite failed to run\s*\n|\s*(?:Exception during run|✖ ERROR): )")


@dataclass
class NodeRun:
    """What the records of one run add up to. ``places`` makes paths project-relative."""

    framework: str
    places: Places
    ids: frozenset[str] | None = None
    tests: dict[str, Record] = field(default_factory=dict)
    broken: list[TestFailure] = field(default_factory=list)
    hooks: list[TestFailure] = field(default_factory=list)
    loading: dict[str, None] = field(default_factory=dict)
    under_way: dict[str, Record] = field(default_factory=dict)
    provisional: dict[str, dict[str, Record]] = field(default_factory=dict)
    sessions: int = 0
    finished: int = 0
    interrupted: bool = False
    flaky: list[str] = field(default_factory=list)
    died: dict[str, Record] = field(default_factory=dict)
    """Tests in a worker that died, while the run went on."""
    seconds: float = 0.0
    _seen: Counter[str] = field(default_factory=Counter)

    def add(self, record: Record) -> None:
        """Take in one record; an unknown kind is ignored."""
        kind = record.get("k")
        take = getattr(self, f"_on_{kind}", None) if isinstance(kind, str) and kind in KINDS else None
        if take is not None:
            take(record, self.file_of(record))

    def file_of(self, record: Record) -> str:
        given = record.get("file")
        return self.places.relative(given) or (clean(given, 500) if isinstance(given, str) else "")

    def _on_session(self, record: Record, file: str) -> None:
        self.sessions += 1

    def _on_load(self, record: Record, file: str) -> None:
        self.loading[file] = None

    def _on_loaded(self, record: Record, file: str) -> None:
        self.loading.pop(file, None)

    def _on_start(self, record: Record, file: str) -> None:
        self.under_way[_name(record, file)] = record

    def _on_end(self, record: Record, file: str) -> None:
        self.under_way.pop(_name(record, file), None)

    def _on_retry(self, record: Record, file: str) -> None:
        self.under_way.pop(_name(record, file), None)

    def _on_case(self, record: Record, file: str) -> None:
        name = _name(record, file)
        self.under_way.pop(name, None)
        self.provisional.setdefault(file, {})[name] = record

    def _on_test(self, record: Record, file: str) -> None:
        plain = _name(record, file)
        if record.get("s") == "skipped":  # which it also is when the worker died before it told more
            record = self.provisional.get(file, {}).get(plain, record)
            if plain in self.under_way:
                self.died[plain] = self.under_way.pop(plain)
                return
        self.under_way.pop(plain, None)
        self._seen[plain] += 1
        number = self._seen[plain]
        self.tests[plain if number == 1 else f"{plain} #{number}"] = record
        self.seconds += _number(record.get("ms")) / 1000

    def _on_file(self, record: Record, file: str) -> None:
        self.loading.pop(file, None)
        cases = self.provisional.pop(file, {})
        here = {name: self.under_way.pop(name) for name in [n for n in self.under_way if n.startswith(file + " > ")]}
        if record.get("failed"):
            self.died |= here
            self.tests |= {name: one for name, one in cases.items() if name not in self.tests}
            self.broken.append(self.load_failure(record, file))

    def _on_suite(self, record: Record, file: str) -> None:
        name = test_id(file, _names(record), suite=not record.get("test"))
        self.under_way.pop(_name(record, file), None)
        self.hooks.append(self.failure(name, record, clean(record.get("hook"), 300)))

    def _on_error(self, record: Record, file: str) -> None:
        failure = self.failure("", record, "")
        place = failure.stack[-1] if failure.stack else None
        home = failure.stack[0].file if failure.stack else self.framework
        self.broken.append(_replaced(failure, home, place.file if place else None, place.line if place else None))

    def _on_finish(self, record: Record, file: str) -> None:
        self.finished += 1
        self.interrupted |= bool(record.get("interrupted"))

    def load_failure(self, record: Record, file: str) -> TestFailure:
        """A file that could not be loaded, named by its path, placed where the error says."""
        said, stack = clean(record.get("message")), clean(record.get("stack"))
        place = self._told_place(record) or load_place(self.places, f"{said}\n{stack}", file)
        message = _bare(without_code_frame(without_stack(said))) or "the file could not be loaded"
        name = clean(record.get("name"), 100)
        if name and name not in message and not _CLASS.match(message):
            message = f"{name}: {message}"
        kind = _CLASS.search(message) or re.search(r"\b([A-Z]\w*Error|Error(?=:))", message)
        where = f"{place}: " if place.line else ""
        return TestFailure(
            file, place.file or file, place.line, where + message, kind[1] if kind else "load error",
            stack=self.places.frames(stack or said), output=clean(record.get("output"), 4_000),
        )  # fmt: skip

    def _told_place(self, record: Record) -> Place | None:
        file, line, column = (
            self.places.relative(record.get("errorFile")),
            record.get("errorLine"),
            record.get("errorColumn"),
        )
        if not file or not isinstance(line, int):
            return None
        return Place(file, line, column if isinstance(column, int) else None)

    def failure(self, name: str, record: Record, hook: str = "") -> TestFailure:
        """One record as a failure; missing or odd fields are left empty."""
        said, stack = clean(record.get("message")), clean(record.get("stack"))
        frames = self.places.frames(stack or said)
        file = self.file_of(record) or None
        line = next((frame.line for frame in reversed(frames) if frame.file == file), None)
        message = without_code_frame(without_stack(said))
        if "matcher" in record:
            message = message.removeprefix("Error: ")
        kind = _kind(record, message)
        thrown = clean(record.get("name"), 100)
        if thrown and not message.startswith(thrown) and "AssertionError" not in thrown:
            message = f"{thrown}: {message}"
        expected, actual = _values(record, message)
        return TestFailure(
            name, file, line or _line(record.get("line")), f"{hook}: {message}" if hook else message, kind,
            expected, actual, frames, clean(record.get("output"), 4_000),
        )  # fmt: skip

    def settle(self) -> None:
        """What was only said while files ran stands for the files that never came to their end."""
        for file, cases in self.provisional.items():
            for name, record in cases.items():
                self.tests.setdefault(name, {**record, "file": record.get("file", file)})
        if self.ids is not None:
            self.tests = {name: self.tests[name] for name in self.tests if chosen(name, self.ids)}
        self.flaky = [n for n, r in self.tests.items() if r.get("s") == "passed" and _number(r.get("tries")) > 1]

    def named(self, status: Iterable[str]) -> tuple[str, ...]:
        """The ids of the tests with one of these statuses, in the order they ran."""
        wanted = frozenset(status)
        return tuple(name for name, record in self.tests.items() if record.get("s") in wanted)


KINDS = frozenset("session load loaded start end retry case test file suite error finish".split())


def chosen(name: str, ids: frozenset[str]) -> bool:
    """Whether an id was asked for: itself, a ``describe`` that it lies in, or its file."""
    if name in ids or name.partition(" > ")[0] in ids:
        return True
    at = name.find(" > ")
    while at >= 0:
        if name[: at + 2] in ids:
            return True
        at = name.find(" > ", at + 1)
    return False


def _replaced(failure: TestFailure, name: str, file: str | None, line: int | None) -> TestFailure:
    return TestFailure(
        name, file, line, failure.message, failure.assertion_type, failure.expected, failure.actual, failure.stack,
        failure.output,
    )  # fmt: skip


def _name(record: Record, file: str) -> str:
    return test_id(file, _names(record))


def _names(record: Record) -> Sequence[Any]:
    names = record.get("names")
    return names if isinstance(names, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _line(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _kind(record: Record, message: str) -> str | None:
    matcher, operator = clean(record.get("matcher"), 100), clean(record.get("operator"), 100)
    named = _MATCHER.search(message)
    if named:
        return named[1]
    asserted = _NODE_ASSERT.match(message)
    if asserted:
        return asserted["kind"] or "assert"
    thrown = clean(record.get("name"), 100) or (found[1] if (found := _CLASS.match(message)) else "")
    return (matcher if matcher != "expect" else "") or operator or thrown or None


def _values(record: Record, message: str) -> tuple[str | None, str | None]:
    """Expected and actual: as the message shows them where it does so in one line, else as the record has them."""
    asserted = _NODE_ASSERT.match(message)
    if asserted and asserted["expected"]:
        return textwrap.dedent(asserted["expected"]).strip(), textwrap.dedent(asserted["actual"]).strip()
    expected, actual = _EXPECTED.search(message), _RECEIVED.search(message)
    if expected and actual:
        return expected[1].strip(), actual[1].strip()
    told = (_optional(record.get("expected")), _optional(record.get("actual")))
    if told != (None, None):
        return told
    return (expected[1].strip() if expected else None), (actual[1].strip() if actual else None)


def _optional(value: object) -> str | None:
    return clean(value, 3_000) if isinstance(value, str) else None


def build_report(run: NodeRun, completed: Completed, job_root: Path) -> TestReport:
    """The report of one run, culprits of hangs and crashes named."""
    run.settle()
    outcome, message = _outcome(run, completed)
    failures = [run.failure(name, run.tests[name]) for name in run.named(("failed",))]
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
    passed, skipped = run.named(("passed",)), run.named(("skipped", "todo"))
    bad = {failure.test_id for failure in failures}
    return TestReport(
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
    said = "\n".join(line for line in lines[-12:])
    return f"the command ended with status {completed.returncode} before {run.framework} ran a test: {said}"


def _text(completed: Completed) -> str:
    return completed.output.decode("utf-8", "replace")


def _culprits(run: NodeRun, completed: Completed, outcome: RunOutcome) -> list[TestFailure]:
    """Tests that were under way when the run ended; where none was, the files that were."""
    timed_out = outcome is RunOutcome.TIMED_OUT
    said = "it was running when the time for the whole run was over" if timed_out else _death(completed.returncode)
    running = {} if outcome is RunOutcome.COMPLETED else run.under_way
    told = [*((name, "its worker process died", "crash") for name in run.died)]
    told += [(name, said, "timeout" if timed_out else "crash") for name in running]
    if not told and outcome is not RunOutcome.COMPLETED:
        told = [(file, said, "timeout" if timed_out else "crash") for file in run.loading]
    known = frozenset(name for name, record in run.tests.items() if record.get("s") == "failed")
    return [_culprit(run, completed, *one) for one in told if one[0] not in known]


def _culprit(run: NodeRun, completed: Completed, name: str, said: str, kind: str) -> TestFailure:
    record = run.died.get(name) or run.under_way.get(name) or {}
    hook = clean(record.get("hook"), 300)
    file = run.file_of(record) or name.partition(" > ")[0]
    output = clean(_text(completed), 4_000)
    return TestFailure(name, file, _line(record.get("line")), f"{hook}: {said}" if hook else said, kind, output=output)


def _bare(message: str) -> str:
    """Without the heading that a framework puts over it, its lines as far left as the first."""
    plain = textwrap.dedent(_HEADINGS.sub("", message)).strip()
    advice, details, told = plain.partition("Details:\n")
    return told.strip() if details and advice.startswith("Jest encountered an unexpected token") else plain


def _printed_failures(run: NodeRun, completed: Completed, message: str) -> list[TestFailure]:
    """What the command printed before any reporter was called: a file that Mocha cannot load, a broken configuration,
    the compiler's errors."""
    text = _HEADINGS.sub("", clean(_text(completed), 60_000))
    compiled = _compiler_failures(run, text)
    if compiled:
        return compiled
    culprit = next(reversed(run.loading), None)
    place = load_place(run.places, text, culprit)
    told = _bare(without_code_frame(without_stack(text[_error_start(text) :]))) or message
    kind = _CLASS.search(told[:200]) or re.search(r"\b([A-Z]\w*Error|Error(?=:))", text)
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
    r"^(?P<file>[^\s():]+\.[cm]?tsx?)(?:\((?P<l1>\d+),(?P<c1>\d+)\):|:(?P<l2>\d+):(?P<c2>\d+) -) error (?P<code>TS\d+): (?P<text>.*)$",
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
