"""One failing Rust test, or one target that could not be built, as a ``TestFailure``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from ....core.domain import StackFrame, TestFailure
from ..cleaning import clean, line_of
from .cargo_events import Program, Records
from .cargo_places import Places
from .cargo_project import DOC
from .cargo_values import assertion_of, read_panic

LONGEST_OUTPUT = 8_000
WORDLESS = "the test failed without a word"
_DOC_LINE = re.compile(r" ?\(line (\d{1,9})\)$")


@dataclass(frozen=True)
class DocName:
    """What rustdoc's name of a doc test, ``src/lib.rs - item (line 3)``, says."""

    item: str
    file: str
    line: int


def doc_name(name: str) -> DocName | None:
    """The parts of a doc test's name; ``None`` where it has another form."""
    found = _DOC_LINE.search(name, max(0, len(name) - 20))
    item = name[: found.start()] if found else ""
    file, dash, _ = item.partition(" -")
    return DocName(item, file, int(found[1])) if found and dash else None


def test_failure(program: Program, name: str, identifier: str, event: dict[str, Any], places: Places) -> TestFailure:
    """The test ``name`` of ``program``, which ended with ``event``."""
    stdout = event.get("stdout")
    text = "\n".join(stdout) if isinstance(stdout, list) else stdout if isinstance(stdout, str) else ""
    if program.name.endswith(f"::{DOC}") and event["event"] == "failed":
        return _doc_failure(program, name, identifier, clean(text, 40_000), places)
    doc = doc_name(name) if program.name.endswith(f"::{DOC}") else None
    defined = _doc_place(doc, program, places) if doc else places.definition(program, name)
    if event["event"] in ("hung", "lost"):
        said = "it was running when its program ended"
        if event["event"] == "hung":
            late = (
                f"it gave no sign of life for {event['silence']:.3g} s"
                if isinstance(event.get("silence"), (int, float))
                else ""
            )
            said = f"{late or 'it was running when the time was over'} and was ended (--test-timeout)"
        return _at(plain_failure(identifier, said, "timeout" if event["event"] == "hung" else "crash", text), defined)
    if not name:
        said = f"the program ended with status {event.get('status')}"
        failure = _spoken(program, name, identifier, text, "", places, defined)
        return failure if failure.file else replace(failure, message=f"{said}\n{failure.message}".strip())
    message = event.get("message")
    failure = _spoken(program, name, identifier, text, message if isinstance(message, str) else "", places, defined)
    if event["event"] != "crashed":
        return failure
    own = "" if failure.message == WORDLESS else failure.message
    said = f"{own}\nthe test program died: {_death(event.get('status') or 0)}".strip()
    return replace(failure, message=said, assertion_type=failure.assertion_type or "crash")


def ended(event: dict[str, Any]) -> dict[str, Any]:
    """The event of a doc test that our runner ended as one that hangs; rustdoc tells it as failed by a signal."""
    said = event.get("stdout")
    words = ("Test executable failed (signal: 9", "Test executable failed (terminated by signal)")
    killed = isinstance(said, list) and any(line.startswith(words) for line in said[:5])
    hung = killed and isinstance(event.get("silence"), float)
    return {**event, "event": "hung"} if hung else event


def _death(status: int) -> str:
    if status >= 0:
        return f"it exited with status {status}"
    names = {4: "SIGILL", 6: "SIGABRT (abort)", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 7: "SIGBUS"}
    return f"it was killed by {names.get(-status, f'signal {-status}')}"


def plain_failure(identifier: str, message: str, kind: str, output: str) -> TestFailure:
    """A failure without a place."""
    return TestFailure(identifier, message=message, assertion_type=kind, output=clean(output, LONGEST_OUTPUT))


def _at(failure: TestFailure, frame: StackFrame | None) -> TestFailure:
    return replace(failure, file=frame.file, line=frame.line, stack=(frame,)) if frame else failure


def _spoken(
    program: Program, name: str, identifier: str, text: str, message: str, places: Places, defined: StackFrame | None
) -> TestFailure:
    """A failure in the test's own words, at the panic's place where that lies in the project."""
    text = clean(text, 80_000)
    said = read_panic(text, clean(message), name)
    file = places.relative(said.file, program.folder) if said.file else None
    source = places.line(file, said.line) if file and said.line else ""
    frames = [StackFrame(at, line, function) for function, where, line in reversed(said.frames)
              if (at := places.relative(where, program.folder))]  # fmt: skip
    if file and not frames:
        here = StackFrame(file, said.line)
        frames = [defined, here] if defined and (defined.file, name) != (here.file, "") else [here]
        function = (
            defined.function if defined and defined.file == here.file and _inside(places, defined, said.line) else None
        )
        frames = [StackFrame(here.file, here.line, function)] if function else frames
    failure = TestFailure(
        identifier, file, said.line if file else None, clean(said.message) or WORDLESS,
        said.kind or assertion_of(source) or ("panic!" if said.file else None), said.expected, said.actual,
        tuple(frames), text if len(text) <= LONGEST_OUTPUT else clean(text, LONGEST_OUTPUT),
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


def _doc_place(found: DocName, program: Program, places: Places) -> StackFrame | None:
    file = places.relative(found.file, program.folder)
    return StackFrame(file, found.line) if file else None


def _doc_failure(program: Program, name: str, identifier: str, text: str, places: Places) -> TestFailure:
    found = doc_name(name)
    file = places.relative(found.file, program.folder) if found else None
    line = found.line if found else None
    said = read_panic(text, "", name)
    error = re.search(r"^error(?:\[(\w+)\])?: .*?(?:\n\s*--> (?P<file>[^\n:]+):\d+:\d+.*)?", text, re.M | re.S)
    placed = re.search(r"^ *--> (?P<file>[^\n:]+):(?P<line>\d{1,9}):\d+", text, re.M)
    if said.file and said.line and file and line:
        line = _doc_line(places.lines(file), line, said.line, merged="doctest_bundle" in said.file)
    elif placed and places.relative(placed["file"], program.folder) == file:
        line = int(placed["line"])
    kind = said.kind or ("panic!" if said.file else f"error[{error[1]}]" if error and error[1] else "doc test")
    return TestFailure(
        identifier, file, line, clean(said.message, 4_000) or "the doc test failed without a word", kind, said.expected,
        said.actual, (StackFrame(file, line),) if file else (), clean(text, LONGEST_OUTPUT),
    )  # fmt: skip


def _doc_line(lines: list[str], first: int, printed: int, *, merged: bool) -> int:
    """Where a doc test panicked. rustdoc prints the line in the program it made of the block that opens at ``first``:
    so the only line that can panic, or the printed one without what rustdoc puts before the block."""
    block = takewhile(lambda row: "```" not in row[1], enumerate(lines[first:], first + 1))
    able = [number for number, text in block if assertion_of(text)]
    guess = first + printed - (7 if merged else 4)
    return able[0] if len(able) == 1 or (able and guess not in able) else guess if able else first


def build_failures(records: Records, places: Places) -> Iterator[TestFailure]:
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


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _target_id(message: dict[str, Any]) -> str:
    target = message.get("target")
    kinds, name = (target.get("kind"), _string(target.get("name"))) if isinstance(target, dict) else ([], "")
    kinds = kinds if isinstance(kinds, list) else []
    package = _string(message.get("package_id"))
    after = package.rpartition("#")[2] if "#" in package else package.partition(" ")[0]
    owner = (
        after.partition("@")[0]
        if "@" in after
        else package.partition("#")[0].rpartition("/")[2]
        if "#" in package
        else after
    )
    for kind, prefix in (("test", ""), ("bin", "bin/"), ("example", "example/"), ("bench", "bench/")):
        if kind in kinds:
            return f"{owner}::{prefix}{name}"
    return owner


def _primary(said: dict[str, Any], message: dict[str, Any], places: Places) -> tuple[str | None, int | None, str]:
    code = said.get("code")
    kind = f"error[{code['code']}]" if isinstance(code, dict) and isinstance(code.get("code"), str) else "error"
    folder = _string(message.get("manifest_path")).rpartition("/")[0]
    spans = said.get("spans")
    for span in spans if isinstance(spans, list) else ():
        if isinstance(span, dict) and span.get("is_primary"):
            name = span.get("file_name")
            file = places.relative(name, folder) if isinstance(name, str) else None
            return file, line_of(span.get("line_start")), kind
    return None, None, kind


def no_build(message: str, places: Places) -> TestFailure:
    """A build that ended before the compiler was asked: a broken manifest, a crate that is not there."""
    found = re.search(r"^ *--> ([^\n:]+):(\d{1,9}):\d+", message, re.M)
    manifest = re.search(r"failed to parse manifest at `([^`]+)`", message)
    file = places.relative(found[1] if found else manifest[1] if manifest else "Cargo.toml")
    return TestFailure(
        "cargo test", file, int(found[2]) if found else None, message, "build", output=message[:LONGEST_OUTPUT]
    )
