"""From the cases of JUnit's XML to a ``TestReport``. A case counts once, whatever its suite's attributes say."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ....core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from ...sandbox.protocol import Completed
from ..cleaning import clean, inside
from ..sound import sound
from .junit_values import values
from .junit_xml import Case

MOST_FILES = 20_000
_PLACE = re.compile(
    r"(?<![\w@./\\+-])(?P<file>(?:[A-Za-z]:)?[\w@./\\+-]{1,400}\.[A-Za-z]\w{0,9})"
    r"(?::(?P<line>\d{1,7})|\((?P<l2>\d{1,7})[,)]|:line (?P<l3>\d{1,7}))"
)
_JAVA = re.compile(
    r"^[^\S\n]*+at (?:[\w.-]+/{1,2})?(?P<class>[\w.$]+)\.(?P<function>[\w$<>]+)"
    r"\((?P<file>[\w$]+\.\w+):(?P<line>\d{1,7})\)",
    re.M,
)


@dataclass
class JUnitRun:
    """What the XML files of one run add up to."""

    root: Path
    ids: frozenset[str] | None = None
    counts: Counter[str] = field(default_factory=Counter)
    passed: dict[str, None] = field(default_factory=dict)
    skipped: dict[str, None] = field(default_factory=dict)
    failures: list[TestFailure] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)
    files: int = 0
    broken: bool = False
    _seen: dict[str, int] = field(default_factory=dict)
    _sources: dict[str, list[str]] | None = None
    _files: dict[str, bool] = field(default_factory=dict)
    _prefixes: tuple[str, ...] = ()

    def add(self, case: Case) -> None:
        """Take in one case."""
        plain = case_id(case)
        self._seen[plain] = number = self._seen.get(plain, 0) + 1
        name = plain if number == 1 else f"{plain} #{number}"
        if self.ids is not None and name not in self.ids:
            return
        self.counts[case.status] += 1
        if case.status == "passed":
            self.passed[name] = None
            self.flaky += [name] * case.flaky
        elif case.status == "skipped":
            self.skipped[name] = None
        else:
            self.failures.append(self._failure(name, case))

    def _failure(self, name: str, case: Case) -> TestFailure:
        said, text = clean(case.message), clean(case.text)
        frames = self._frames(text or said)
        file, line = self._stated(case)
        if file is None and frames:
            file, line = frames[0].file, frames[0].line
        elif line is None:
            line = next((frame.line for frame in frames if frame.file == file), None)
        expected, actual = values(f"{said}\n{text}")
        message = said if len(said) >= 3 and not text.startswith(said) else text
        return TestFailure(
            name, file, line, clean(message, 8_000), clean(case.kind, 200) or None, expected, actual, frames,
            clean(case.output, 4_000),
        )  # fmt: skip

    def _stated(self, case: Case) -> tuple[str | None, int | None]:
        file = case.attributes.get("file") or case.attributes.get("filepath")
        line = case.attributes.get("line") or case.attributes.get("lineno") or ""
        found = self._relative(clean(file, 500)) if file else None
        return found, int(line) if line.isdecimal() and found and len(line) < 9 else None

    def _frames(self, text: str) -> tuple[StackFrame, ...]:
        """The places in the project that the text names, the first one last: stacks are printed innermost first."""
        found: dict[StackFrame, None] = {}
        for match in _JAVA.finditer(text[:50_000]):
            file = self._source(match["class"], match["file"])
            if file:
                found[StackFrame(file, int(match["line"]), match["function"])] = None
        if not found:
            for match in _PLACE.finditer(text[:50_000]):
                file = self._relative(match["file"])
                if file:
                    found[StackFrame(file, int(match["line"] or match["l2"] or match["l3"]))] = None
        return tuple(reversed(list(found)[:30]))

    def _relative(self, path: str) -> str | None:
        plain = path.replace("\\", "/")
        if not self._prefixes:
            self._prefixes = tuple(dict.fromkeys(f"{root}/" for root in (self.root, self.root.resolve())))
        for prefix in self._prefixes:
            if plain.startswith(prefix):
                return inside(plain[len(prefix) :])
        relative = inside(plain)
        return relative if relative and self._is_file(relative) else None

    def _is_file(self, path: str) -> bool:
        """Whether the project has it. A runner names few files, often; a name may be longer than any file's."""
        if path not in self._files:
            try:
                self._files[path] = (self.root / path).is_file()
            except OSError:
                self._files[path] = False
        return self._files[path]

    def _source(self, owner: str, file: str) -> str | None:
        """The file of a Java class: stacks name it without its folder."""
        if self._sources is None:
            self._sources = {}
            for number, path in enumerate(self.root.rglob("*.*")):
                if number > MOST_FILES:
                    break
                self._sources.setdefault(path.name, []).append(path.relative_to(self.root).as_posix())
        package = "/".join(owner.split(".")[:-1])
        return next(
            (path for path in self._sources.get(file, ()) if path.endswith(f"{package}/{file}".lstrip("/"))), None
        )


def case_id(case: Case) -> str:
    """``classname::name``, or what of it there is."""
    owner, name = case.attributes.get("classname") or case.suite, case.attributes.get("name", "")
    return clean(f"{owner}::{name}" if owner and name else owner or name, 1_000) or "unnamed"


def build_report(run: JUnitRun, completed: Completed, timeout: float) -> TestReport:
    """The report of one run."""
    outcome, message = _outcome(run, completed, timeout)
    errors = run.counts["error"]
    failures = list(run.failures)
    if outcome is RunOutcome.BUILD_FAILED:
        failures.append(TestFailure("command", message=message, assertion_type="build", output=_tail(completed, 4_000)))
        errors += 1
    report = TestReport(
        framework="junit",
        outcome=outcome,
        total_tests=sum(run.counts.values()) + errors - run.counts["error"],
        passed_tests=run.counts["passed"],
        failed_tests=run.counts["failed"],
        error_tests=errors,
        skipped_tests=run.counts["skipped"],
        duration_ms=round(completed.seconds * 1000, 3),
        failures=tuple(failures),
        passed_ids=tuple(run.passed),
        skipped_ids=tuple(run.skipped),
        message=message,
    )
    return sound(report)


def _outcome(run: JUnitRun, completed: Completed, timeout: float) -> tuple[RunOutcome, str]:
    if completed.timed_out or (completed.returncode in (124, 137) and completed.seconds > 0.75 * timeout):
        return RunOutcome.TIMED_OUT, f"the command was ended after {completed.seconds:.3g} s (--test-timeout)"
    if run.broken:
        return RunOutcome.CRASHED, "a JUnit file is cut off or broken: the runner did not reach its end"
    if not run.counts and completed.returncode:
        return (
            RunOutcome.BUILD_FAILED,
            f"the command ended with status {completed.returncode}: {_tail(completed, 2_000)}",
        )
    if not run.counts:
        said = "no tests" if run.files else "no JUnit XML below the project"
        return RunOutcome.NO_TESTS, f"the command ended with status 0 and wrote {said}"
    if completed.returncode and not run.failures and run.ids is None:
        return (
            RunOutcome.CRASHED,
            f"no test failed, and yet the command ended with status {completed.returncode}: {_tail(completed, 1_000)}",
        )
    return RunOutcome.COMPLETED, f"passed only when run again: {', '.join(run.flaky[:5])}" if run.flaky else ""


def _tail(completed: Completed, limit: int) -> str:
    return clean(completed.output[-20_000:].decode("utf-8", "replace"))[-limit:].strip()
