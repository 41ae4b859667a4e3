"""One failing Go test, package or build as a ``TestFailure``: its place, its message, its stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ....core.domain import StackFrame, TestFailure
from ..cleaning import clean, inside
from .go_events import Package, Stream, Test
from .go_places import Places
from .go_project import test_id
from .go_values import Told, read_message

LONGEST_OUTPUT = 8_000
_FRAMING = re.compile(r"^\s*(?:=== (?:RUN|PAUSE|CONT|NAME|ATTR)\s|--- (?:FAIL|PASS|SKIP): |FAIL\t|FAIL$|exit status )")
_FRAMES = ("=== ", "--- ", "FAIL", "exit status ")
_ENTRY = re.compile(r"^ {4,}([^\s:/\\][^:/\\\n]{0,200}\.go):(\d{1,7}): ?(.*)$")
_PLACE = re.compile(r"^(?:vet: )?(?P<file>[^\s:][^:\n]{0,500}?\.(?:go|s|c|h|mod)):(?P<line>\d{1,9})(?::\d{1,9})?: ")
_DEATH = re.compile(
    r"^(?:panic: |fatal error: |runtime: goroutine stack exceeds|SIG[A-Z]+: |signal: |unexpected fault address)", re.M
)
_FRAME = re.compile(r"^(?P<function>\S[^\n]{0,2000})\n\t(?P<file>[^\n]{1,1000}?):(?P<line>\d{1,9})(?: |$)", re.M)
_VALUES = re.compile(r"\((?:[^()]|\([^()]*\))*\)$")


def text_of(test: Test) -> str:
    """All that a test or a package printed."""
    return "".join(test.text or ())


def test_failure(package: str, name: str, text: str, places: Places) -> TestFailure:
    """A test that failed by itself: its first complaint is the message, the rest is output."""
    if _DEATH.search(text):
        return death_failure(package, name, text, places)
    lines = [None if _framed(line) else line for line in text.split("\n")]
    said = "\n".join([line for line in lines if line is not None])
    entries = _entries(lines)
    file, line, told = _complaint(package, entries, places) if entries else (None, None, read_message(said))
    if told.trace and (traced := places.relative(told.trace[0])):
        file, line = traced, told.trace[1]
    if file is None:
        file, line = places.definition(package, name)
    failure = TestFailure(
        test_id(package, name), file, line, told.message or "the test failed without a word",
        told.kind or (places.line(file, line).assertion if file and line else None), told.expected,
        told.actual, (StackFrame(file, line),) if file else (), said,
    )  # fmt: skip
    return failure if len(text) <= LONGEST_OUTPUT else _shortened(failure)


def _shortened(failure: TestFailure) -> TestFailure:
    expected, actual = (clean(one) if one is not None else None for one in (failure.expected, failure.actual))
    message, output = clean(failure.message), clean(failure.output, LONGEST_OUTPUT)
    return replace(failure, message=message, expected=expected, actual=actual, output=output)


def _framed(line: str) -> bool:
    return line.lstrip().startswith(_FRAMES) and _FRAMING.match(line) is not None


def _unframed(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not _framed(line))


def _entries(lines: Sequence[str | None]) -> list[tuple[str, int, str]]:
    """What ``t.Log`` and its kin printed: file, line, message with its further lines; ``None`` ends an entry."""
    entries: list[tuple[str, int, list[str]]] = []
    inside = False
    for line in lines:
        found = _ENTRY.match(line) if line and line.startswith("    ") else None
        if found:
            entries.append((found[1], int(found[2]), [found[3]]))
            inside = True
        elif line is None:
            inside = False
        elif inside:
            entries[-1][2].append(line[8:] if line.startswith("        ") else line)
    return [(file, number, "\n".join(text)) for file, number, text in entries]


def _complaint(
    package: str, entries: Sequence[tuple[str, int, str]], places: Places
) -> tuple[str | None, int | None, Told]:
    """The first entry that its source line does not show to be a mere log; without sources, one that has values."""
    rows = [(places.file(package, file), line, text) for file, line, text in entries if file != "testing.go"]
    if len(rows) <= 1:
        file, line, text = rows[0] if rows else (None, None, entries[-1][2])
        return file, line, read_message(text)
    loud = [row for row in rows if not places.line(row[0], row[1]).silent] or rows[-1:]
    readable = any(places.line(row[0], row[1]).text for row in loud)
    for file, line, text in loud[:1] if readable else loud:
        told = read_message(text)
        if readable or told.expected is not None:
            return file, line, told
    return loud[-1][0], loud[-1][1], read_message(loud[-1][2])


def death_failure(package: str, name: str, text: str, places: Places, *, timed_out: bool = False) -> TestFailure:
    """A test that ended its whole program: the panic's message, its stack from the test inwards."""
    found = _DEATH.search(text)
    dump = text[found.start() :] if found else text
    frames = _stack(dump, name, places)
    here = next((frame for frame in reversed(frames) if frame.file.endswith("_test.go")), None) or next(
        iter(frames[-1:]), None
    )
    file, line = (here.file, here.line) if here else places.definition(package, name)
    said = (
        _unframed(dump).strip()
        if not found
        else re.split(r"\n(?:goroutine \d|runtime stack:|PC=)", dump, maxsplit=1)[0].strip()
    )
    return TestFailure(
        test_id(package, name), file, line, clean(said, 4_000), "timeout" if timed_out else _kind(said),
        stack=frames, output=clean(_unframed(text), LONGEST_OUTPUT),
    )  # fmt: skip


def _kind(said: str) -> str:
    return next((kind for kind in ("panic", "fatal error") if said.startswith(kind) or f"\n{kind}: " in said), "crash")


def _stack(dump: str, name: str, places: Places) -> tuple[StackFrame, ...]:
    """The project's frames of the goroutine that died, or of the one that runs ``name``, the innermost last."""
    blocks = re.split(r"\n(?=goroutine \d+ )", dump[:200_000])[1:]
    top = name.partition("/")[0]
    stacks = [frames for block in blocks[:200] if (frames := tuple(_frames(block, places)))]
    running = [frames for frames in stacks if any((f.function or "").partition(".")[0] == top for f in frames)]
    first = tuple(_frames(blocks[0], places)) if blocks else ()
    chosen = first or max(running, key=len, default=()) or (stacks[0] if stacks else ())
    if "test timed out after" in dump or dump.startswith("SIGQUIT"):
        chosen = next((frames for frames in reversed(running)), chosen)
    distinct = [frame for frame, before in zip(chosen, (None, *chosen), strict=False) if frame != before]
    return tuple(reversed(distinct[:40]))


def _frames(block: str, places: Places) -> Iterator[StackFrame]:
    for found in _FRAME.finditer(block):
        file = places.relative(found["file"])
        if file and not file.startswith("_testmain"):
            yield StackFrame(clean(file), int(found["line"]), _function(found["function"]))


def _function(text: str) -> str:
    """``example.com/m/pkg.(*T).Do(0x1, …)`` is ``(*T).Do``."""
    plain = re.sub(r"^created by | in goroutine \d+$", "", text)
    plain = _VALUES.sub("", plain) if not plain.endswith(")...") else plain
    return clean(plain.rpartition("/")[2].partition(".")[2] or plain, 300)


def build_failure(package: str, run: Package, stream: Stream, places: Places) -> TestFailure:
    """A package that could not be built or vetted: the first of the compiler's complaints is its place."""
    words = _compiler_words(text_of(_build_of(package, run, stream)) or text_of(stream.loose))
    file = line = None
    if words.file:
        module = places.project.module_of(package)
        file, line = _built_file(words.file, module.folder if module else ".", places), words.line
    message = words.message or clean(text_of(run.output), 2_000)
    return TestFailure(test_id(package, ""), file, line, message, "build", output=words.output)


@dataclass(frozen=True)
class CompilerWords:
    """What a build printed, and the place of its first complaint as the compiler names it."""

    message: str
    output: str
    file: str | None = None
    line: int | None = None


@lru_cache(maxsize=4)
def _compiler_words(text: str) -> CompilerWords:
    """Read once where many packages share it: before Go 1.24 it may be all that is known of each of them."""
    lines = text.splitlines()
    found = next((found for line in lines if (found := _PLACE.match(line))), None)
    output = clean(text, LONGEST_OUTPUT)
    if found is None:
        return CompilerWords(clean(text.strip(), 4_000), output)
    message = clean("\n".join(line for line in lines if not line.startswith("#")), 6_000).strip()
    return CompilerWords(message, output, found["file"], int(found["line"]))


def _build_of(package: str, run: Package, stream: Stream) -> Test:
    named = (run.build, package, f"{package} [{package}.test]", f"{package}_test [{package}.test]")
    exact = next((stream.builds[name] for name in named if name in stream.builds), None)
    return exact or stream.by_package.get(package) or Test()


def _built_file(path: str, folder: str, places: Places) -> str | None:
    """The compiler prints paths relative to the folder it was started in, the module's."""
    if path.startswith("/"):
        return places.relative(path)
    parts: list[str] = (
        [part for part in folder.split("/") if part not in ("", ".")] if not places.project.workspace else []
    )
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return inside("/".join(parts))
