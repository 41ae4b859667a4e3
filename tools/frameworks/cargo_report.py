"""From the records of ``cargo test`` to a ``TestReport``.

Counted is what libtest counts: unit, integration and doc tests, each once; an ignored test counts as skipped. A program
without libtest's harness is one test. A program (or library) that could not be built is one error, named as its tests
would be. A test that was started and never ended counts as failed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...core.domain import RunOutcome, StackFrame, TestFailure, TestReport
from ..sandbox.protocol import Completed
from .cargo_events import Program, Records
from .cargo_project import DOC, split_id, test_id
from .cargo_values import assertion_of, read_panic
from .pytest_report import clean

LONGEST_OUTPUT = 8_000
_DOC_NAME = re.compile(r"(?P<item>(?P<file>.*?) -.*?) ?\(line (?P<line>\d+)\)$", re.S)


@dataclass(frozen=True)
class Places:
    """Where files lie: ``root`` as the run saw the project, ``sources`` where it can be read now, ``folders`` those that
    cargo was started in, relative to the project."""

    root: Path
    sources: Path
    folders: tuple[str, ...] = (".",)

    def relative(self, path: str, folder: str = "") -> str | None:
        """A printed path relative to the project; cargo's paths are relative to the workspace, or to the package."""
        prefix = str(self.root).rstrip("/") + "/"
        if path.startswith("/"):
            return path[len(prefix) :] if path.startswith(prefix) else None
        package = folder[len(prefix) :] if folder.startswith(prefix) else ""
        candidates = [_joined(one, path) for one in (*self.folders, package)]
        existing = [one for one in candidates if one and (self.sources / one).is_file()]
        return next(iter(existing), candidates[0] or None)

    def line(self, file: str, number: int) -> str:
        """The text of a line, empty where it cannot be read."""
        lines = self.lines(file)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def lines(self, file: str) -> list[str]:
        """The lines of a file, none where it cannot be read."""
        try:
            with (self.sources / file).open("rb") as stream:
                return stream.read(2_000_000).decode("utf-8", "replace").split("\n")
        except (OSError, ValueError):
            return []

    def definition(self, program: Program, name: str) -> StackFrame | None:
        """The function of a test, sought in the program's own sources: its module's file first."""
        source = self.relative(program.source) if program.source else None
        if source is None or not name:
            return None
        *modules, function = name.split("::")
        pattern = re.compile(rf"^(?!\s*//).*\bfn {re.escape(function)}\s*[(<]")
        folder = source.rpartition("/")[0]
        stems = [f"{folder}/{'/'.join(modules[:depth])}".lstrip("/") for depth in range(len(modules), 0, -1)]
        for file in (*(f"{stem}{end}" for stem in stems for end in (".rs", "/mod.rs")), source):
            for number, line in enumerate(self.lines(file), 1):
                if pattern.match(line):
                    return StackFrame(file, number, function)
        return None


def _joined(folder: str, path: str) -> str:
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


@dataclass
class Tally:
    """What a run adds up to."""

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failures: list[TestFailure] = field(default_factory=list)
    errors: int = 0
    hung: int = 0
    crashed: list[str] = field(default_factory=list)


def build_report(records: Records, completed: Completed, places: Places, ids: Collection[str] | None) -> TestReport:
    """The report of one run; with ``ids``, of the tests that they select."""
    tally = Tally()
    chosen = None if ids is None else set(ids)
    if not records.built:
        tally.failures += _build_failures(records, places)
        tally.errors = len(tally.failures)
    for program in records.programs:
        _count(tally, program, places, chosen, completed)
    outcome, message = _outcome(tally, records, completed)
    if outcome is RunOutcome.BUILD_FAILED and not tally.failures:
        tally.failures.append(_no_build(message, places))
        tally.errors = 1
    return TestReport(
        framework="cargo",
        outcome=outcome,
        total_tests=len(tally.passed) + len(tally.skipped) + len(tally.failures),
        passed_tests=len(tally.passed),
        failed_tests=len(tally.failures) - tally.errors,
        error_tests=tally.errors,
        skipped_tests=len(tally.skipped),
        duration_ms=round(completed.seconds * 1000, 3),
        failures=tuple(tally.failures),
        passed_ids=tuple(tally.passed),
        skipped_ids=tuple(tally.skipped),
        message=message,
    )


def _count(tally: Tally, program: Program, places: Places, chosen: set[str] | None, completed: Completed) -> None:
    before = len(tally.failures)
    for name, identifier in _identifiers(program):
        if chosen is not None and identifier not in chosen and program.name not in chosen:
            continue
        end = program.tests[name]
        if end == "ok":
            tally.passed.append(identifier)
        elif end == "ignored":
            tally.skipped.append(identifier)
        else:
            event = end if isinstance(end, dict) else {"event": "hung" if completed.timed_out else "lost"}
            tally.failures.append(_failure(program, name, identifier, event, places))
            tally.hung += event["event"] == "hung"
            if event["event"] == "crashed" or event["event"] == "lost":
                tally.crashed.append(program.name)
    if program.status and len(tally.failures) == before and (chosen is None or program.name in chosen):
        said = f"the program ended with status {program.status} although none of its tests failed"
        tally.failures.append(_plain(program.name, said, "crash", program.stderr))
        tally.crashed.append(program.name)


def _identifiers(program: Program) -> Iterator[tuple[str, str]]:
    """Each test's printed name and its id."""
    if not program.name.endswith(f"::{DOC}"):
        for name in program.tests:
            yield name, test_id(program.name, clean(name))
        return
    items: dict[str, list[tuple[int, str]]] = {}
    for name in program.tests:
        found = _DOC_NAME.match(name)
        items.setdefault(found["item"] if found else name, []).append((int(found["line"]) if found else 0, name))
    for item, rows in items.items():
        for number, (_, name) in enumerate(sorted(rows), 1):
            yield name, test_id(program.name, clean(item if number == 1 else f"{item} #{number}"))


def _failure(program: Program, name: str, identifier: str, event: dict[str, Any], places: Places) -> TestFailure:
    stdout = event.get("stdout")
    text = "\n".join(stdout) if isinstance(stdout, list) else stdout if isinstance(stdout, str) else ""
    if program.name.endswith(f"::{DOC}"):
        return _doc_failure(program, name, identifier, clean(text, 40_000), places)
    defined = places.definition(program, name)
    if event["event"] in ("hung", "lost"):
        said = "it was running when the time was over (--test-timeout)" if event["event"] == "hung" else (
            "it was running when its program ended"
        )  # fmt: skip
        return _at(_plain(identifier, said, "timeout" if event["event"] == "hung" else "crash", text), defined)
    if not name:
        said = f"the program ended with status {event.get('status')}"
        failure = _spoken(program, name, identifier, text, "", places, defined)
        return failure if failure.file else replace(failure, message=f"{said}\n{failure.message}".strip())
    message = event.get("message")
    failure = _spoken(program, name, identifier, text, message if isinstance(message, str) else "", places, defined)
    if event["event"] != "crashed":
        return failure
    status = event.get("status")
    said = f"{failure.message}\nthe test program died: {_death(status if isinstance(status, int) else 0)}".strip()
    return replace(failure, message=said, assertion_type=failure.assertion_type or "crash")


def _death(status: int) -> str:
    if status >= 0:
        return f"it exited with status {status}"
    names = {4: "SIGILL", 6: "SIGABRT (abort)", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 7: "SIGBUS"}
    return f"it was killed by {names.get(-status, f'signal {-status}')}"


def _plain(identifier: str, message: str, kind: str, output: str) -> TestFailure:
    return TestFailure(identifier, message=message, assertion_type=kind, output=clean(output, LONGEST_OUTPUT))


def _at(failure: TestFailure, frame: StackFrame | None) -> TestFailure:
    return replace(failure, file=frame.file, line=frame.line, stack=(frame,)) if frame else failure


def _spoken(
    program: Program, name: str, identifier: str, text: str, message: str, places: Places, defined: StackFrame | None
) -> TestFailure:
    """A failure in the test's own words, at the panic's place where that lies in the project."""
    said = read_panic(clean(text, 80_000), clean(message), name)
    file = places.relative(said.file, program.folder) if said.file else None
    source = places.line(file, said.line) if file and said.line else ""
    frames = [StackFrame(clean(at), line, clean(function, 300)) for function, where, line in reversed(said.frames)
              if (at := places.relative(where, program.folder))]  # fmt: skip
    if file and not frames:
        here = StackFrame(clean(file), said.line)
        frames = [defined, here] if defined and (defined.file, name) != (here.file, "") else [here]
        function = defined.function if defined and defined.file == here.file and _inside(places, defined, said.line) else None
        frames = [StackFrame(here.file, here.line, function)] if function else frames
    failure = TestFailure(
        identifier, clean(file) if file else None, said.line if file else None,
        clean(said.message, 10_000) or "the test failed without a word",
        said.kind or assertion_of(source) or ("panic!" if said.file else None),
        clean(said.expected) if said.expected is not None else None,
        clean(said.actual) if said.actual is not None else None,
        tuple(frames), clean(text, LONGEST_OUTPUT),
    )  # fmt: skip
    return failure if file else _at(failure, defined)


def _inside(places: Places, defined: StackFrame, line: int | None) -> bool:
    """Whether ``line`` lies in the function that begins at ``defined``, judged by indentation."""
    lines = places.lines(defined.file)
    if defined.line is None or line is None or line < defined.line:
        return False
    depth = len(lines[defined.line - 1]) - len(lines[defined.line - 1].lstrip())
    between = lines[defined.line : line - 1]
    return not any(one.strip() and len(one) - len(one.lstrip()) <= depth and one.strip() != "{" for one in between)


def _doc_failure(program: Program, name: str, identifier: str, text: str, places: Places) -> TestFailure:
    found = _DOC_NAME.match(name)
    file = places.relative(found["file"], program.folder) if found else None
    line = int(found["line"]) if found else None
    said = read_panic(text, "", name)
    error = re.search(r"^error(?:\[(\w+)\])?: .*?(?:\n\s*--> (?P<file>[^\n:]+):(?P<line>\d+):\d+.*)?", text, re.M | re.S)
    placed = re.search(r"^ *--> (?P<file>[^\n:]+):(?P<line>\d+):\d+", text, re.M)
    if said.file and (there := places.relative(said.file, program.folder)) == file and said.line:
        line = said.line
    elif placed and places.relative(placed["file"], program.folder) == file:
        line = int(placed["line"])
    kind = said.kind or ("panic!" if said.file else f"error[{error[1]}]" if error and error[1] else "doc test")
    return TestFailure(
        identifier, file, line, clean(said.message, 4_000) or "the doc test failed without a word", kind, said.expected,
        said.actual, (StackFrame(file, line),) if file else (), clean(text, LONGEST_OUTPUT),
    )  # fmt: skip


def _build_failures(records: Records, places: Places) -> Iterator[TestFailure]:
    """One failure for each target that could not be built; what the library says of itself twice counts once."""
    by_target: dict[str, dict[str, tuple[str | None, int | None, str]]] = {}
    for one in records.diagnostics:
        said = one["message"]
        rendered = clean(said.get("rendered"), 6_000).strip()
        if not rendered or rendered.startswith("error: aborting due to"):
            continue
        by_target.setdefault(_target_id(one), {}).setdefault(rendered, _primary(said, one, places))
    for identifier, rows in by_target.items():
        file, line, kind = next((row for row in rows.values() if row[0]), next(iter(rows.values())))
        text = "\n\n".join(rows)
        frames = tuple(dict.fromkeys(StackFrame(f, n) for f, n, _ in rows.values() if f))
        yield TestFailure(
            identifier, file, line, clean(text, 10_000), kind, stack=frames[:20], output=clean(text, LONGEST_OUTPUT)
        )


def _target_id(message: dict[str, Any]) -> str:
    target = message.get("target")
    kinds, name = (target.get("kind") or [], str(target.get("name", ""))) if isinstance(target, dict) else ([], "")
    package = str(message.get("package_id", ""))
    after = package.rpartition("#")[2] if "#" in package else package.partition(" ")[0]
    owner = after.partition("@")[0] if "@" in after else package.partition("#")[0].rpartition("/")[2] if "#" in package else after
    for kind, prefix in (("test", ""), ("bin", "bin/"), ("example", "example/"), ("bench", "bench/")):
        if kind in kinds:
            return f"{owner}::{prefix}{name}"
    return owner


def _primary(said: dict[str, Any], message: dict[str, Any], places: Places) -> tuple[str | None, int | None, str]:
    code = said.get("code")
    kind = f"error[{code['code']}]" if isinstance(code, dict) and isinstance(code.get("code"), str) else "error"
    folder = str(message.get("manifest_path", "")).rpartition("/")[0]
    spans = said.get("spans")
    for span in spans if isinstance(spans, list) else ():
        if isinstance(span, dict) and span.get("is_primary"):
            file, line = places.relative(str(span.get("file_name", "")), folder), span.get("line_start")
            return file, line if isinstance(line, int) else None, kind
    return None, None, kind


def _no_build(message: str, places: Places) -> TestFailure:
    found = re.search(r"^ *--> ([^\n:]+):(\d+):\d+", message, re.M)
    manifest = re.search(r"failed to parse manifest at `([^`]+)`", message)
    file = places.relative(found[1] if found else manifest[1] if manifest else "Cargo.toml")
    return TestFailure("cargo test", file, int(found[2]) if found else None, message, "build", output=message[:LONGEST_OUTPUT])


def _outcome(tally: Tally, records: Records, completed: Completed) -> tuple[RunOutcome, str]:
    counted = len(tally.passed) + len(tally.skipped) + len(tally.failures)
    if completed.timed_out or tally.hung:
        said = f"{tally.hung} test(s) hang" if tally.hung else f"the tests were ended after {completed.seconds:.3g} s"
        return RunOutcome.TIMED_OUT, f"{said} (--test-timeout)"
    if tally.errors and counted == tally.errors:
        return RunOutcome.BUILD_FAILED, tally.failures[0].message
    if tally.crashed:
        return RunOutcome.CRASHED, f"the test program {tally.crashed[0]} died"
    if counted:
        return RunOutcome.COMPLETED, ""
    errors = re.search(r"^error.*", records.text, re.M | re.S)
    if completed.returncode and (errors or not records.built):
        output = completed.output.decode("utf-8", "replace")
        said = clean(errors.group(0) if errors else records.text or output, 4_000).strip()
        return RunOutcome.BUILD_FAILED, said or f"cargo test ended with status {completed.returncode}"
    return RunOutcome.NO_TESTS, "cargo test ran no tests"


__all__ = ["Places", "build_report", "split_id"]
