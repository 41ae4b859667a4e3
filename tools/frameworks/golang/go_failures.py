"""One failing Go test, package or build as a ``TestFailure``: its place, its message, its stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ....core.domain import StackFrame, TestFailure
from ..python.pytest_records import clean
from .go_events import Package, Stream, Test
from .go_project import GoProject, test_id
from .go_values import Told, read_message

LONGEST_OUTPUT = 8_000
_FRAMING = re.compile(r"^\s*(?:=== (?:RUN|PAUSE|CONT|NAME|ATTR)\s|--- (?:FAIL|PASS|SKIP): |FAIL\t|FAIL$|exit status )")
_ENTRY = re.compile(r"^ {4,}([^\s:/\\][^:/\\\n]{0,200}\.go):(\d{1,7}): ?(.*)$")
_SILENT = re.compile(r"\.(?:Logf?|Skipf?|SkipNow|Helper)\(")
_PLACE = re.compile(r"^(?:vet: )?(?P<file>[^\s:][^:\n]{0,500}?\.(?:go|s|c|h|mod)):(?P<line>\d{1,9})(?::\d{1,9})?: ")
_DEATH = re.compile(
    r"^(?:panic: |fatal error: |runtime: goroutine stack exceeds|SIG[A-Z]+: |signal: |unexpected fault address)", re.M
)
_FRAME = re.compile(r"^(?P<function>\S[^\n]{0,2000})\n\t(?P<file>[^\n]{1,1000}?):(?P<line>\d{1,9})(?: |$)", re.M)
_VALUES = re.compile(r"\((?:[^()]|\([^()]*\))*\)$")


@dataclass(frozen=True)
class Places:
    """Where the project's files lie: ``root`` as the run saw it, ``sources`` where its text can be read now."""

    root: Path
    sources: Path
    project: GoProject = field(default_factory=GoProject)
    read: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    """Files that were read before."""

    def file(self, package: str, name: str) -> str:
        """The project-relative path of a file of ``package`` that the test printed by its bare name."""
        folder = self.project.folder_of(package)
        return f"{folder}/{name}" if folder else name

    def relative(self, path: str) -> str | None:
        """``path`` relative to the project, ``None`` where it lies outside."""
        prefix = str(self.root).rstrip("/") + "/"
        if path.startswith(prefix):
            return path[len(prefix) :]
        folder, _, name = path.rpartition("/")
        known = self.project.folder_of(folder) if folder and not path.startswith("/") else None
        return f"{known}/{name}".lstrip("/") if known is not None else None

    def line(self, file: str, number: int) -> str:
        """The text of a line, empty where it cannot be read."""
        lines = self._lines(file)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def definition(self, package: str, test: str) -> tuple[str | None, int | None]:
        """Where the top-level function of ``test`` is defined."""
        folder = self.project.folder_of(package)
        pattern = re.compile(rf"^func {re.escape(test.partition('/')[0])}\(")
        for path in sorted((self.sources / (folder or "")).glob("*_test.go")) if folder is not None else ():
            file = f"{folder}/{path.name}" if folder else path.name
            for number, line in enumerate(self._lines(file), 1):
                if pattern.match(line):
                    return file, number
        return None, None

    def _lines(self, file: str) -> list[str]:
        if file not in self.read:
            self.read[file] = _read_lines(self.sources / file)
        return self.read[file]


def _read_lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            return stream.read(2_000_000).decode("utf-8", "replace").split("\n")
    except (OSError, ValueError):
        return []


def text_of(test: Test) -> str:
    """All that a test or a package printed."""
    return "".join(test.text or ())


def test_failure(package: str, name: str, text: str, places: Places) -> TestFailure:
    """A test that failed by itself: its first complaint is the message, the rest is output."""
    if _DEATH.search(text):
        return death_failure(package, name, text, places)
    entries = list(_entries(text))
    file, line, message = _complaint(package, entries, places)
    told = read_message(message if entries else _unframed(text))
    if told.trace and (traced := places.relative(told.trace[0])):
        file, line = traced, told.trace[1]
    if file is None:
        file, line = places.definition(package, name)
    return TestFailure(
        test_id(package, name), file, line, clean(told.message) or "the test failed without a word",
        told.kind or _assertion(places.line(file, line) if file and line else ""), _value(told.expected),
        _value(told.actual), (StackFrame(file, line),) if file else (), clean(_unframed(text), LONGEST_OUTPUT),
    )  # fmt: skip


def _value(value: str | None) -> str | None:
    return clean(value) if value is not None else None


def _unframed(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not _FRAMING.match(line))


def _entries(text: str) -> Iterator[tuple[str, int, str]]:
    """What ``t.Log`` and its kin printed: file, line, message with its further lines."""
    file, number, lines = "", 0, [""]
    for line in text.split("\n"):
        found = _ENTRY.match(line)
        if found or _FRAMING.match(line):
            if file:
                yield file, number, "\n".join(lines)
            file, number, lines = (found[1], int(found[2]), [found[3]]) if found else ("", 0, [""])
        elif line.startswith("        ") or not line:
            lines.append(line[8:])
        else:
            lines.append(line)
    if file:
        yield file, number, "\n".join(lines)


def _complaint(
    package: str, entries: Sequence[tuple[str, int, str]], places: Places
) -> tuple[str | None, int | None, str]:
    """The first entry that its source line does not show to be a mere log; without sources, one that has values."""
    rows = [(places.file(package, file), line, text) for file, line, text in entries if file != "testing.go"]
    loud = [row for row in rows if not _SILENT.search(places.line(row[0], row[1]))]
    if not loud:
        return (*rows[-1],) if rows else (None, None, entries[-1][2] if entries else "")
    readable = any(places.line(row[0], row[1]) for row in loud)
    return next((row for row in loud if readable or read_message(row[2]).expected is not None), loud[-1])


def _assertion(source: str) -> str | None:
    found = re.search(
        r"\b(\w+\.(?:Errorf?|Fatalf?|FailNow|Fail))\(|\b((?:assert|require|is|qt|c|td|must)\.\w+)\(", source
    )
    return (found[1] or found[2]) if found else None


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
    text = text_of(_build_of(package, run, stream)) or text_of(stream.loose)
    complaints = [found for line in text.splitlines() if (found := _PLACE.match(line))]
    file = line = None
    message = clean(text.strip(), 4_000) or clean(text_of(run.output), 2_000)
    if complaints:
        module = places.project.module_of(package)
        file, line = (
            _built_file(complaints[0]["file"], module.folder if module else ".", places),
            int(complaints[0]["line"]),
        )
        message = clean("\n".join(line for line in text.splitlines() if not line.startswith("#")), 6_000).strip()
    return TestFailure(test_id(package, ""), file, line, message, "build", output=clean(text, LONGEST_OUTPUT))


def _build_of(package: str, run: Package, stream: Stream) -> Test:
    named = (run.build, package, f"{package} [{package}.test]", f"{package}_test [{package}.test]")
    exact = next((stream.builds[name] for name in named if name in stream.builds), None)
    return exact or next((test for name, test in stream.builds.items() if name.partition(" ")[0] == package), Test())


def _built_file(path: str, folder: str, places: Places) -> str:
    """The compiler prints paths relative to the folder it was started in, the module's."""
    if path.startswith("/"):
        return places.relative(path) or path
    parts: list[str] = (
        [part for part in folder.split("/") if part not in ("", ".")] if not places.project.workspace else []
    )
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


__all__ = ["Places", "Told", "build_failure", "death_failure", "test_failure", "text_of"]
