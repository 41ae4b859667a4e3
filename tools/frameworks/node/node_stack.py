"""Stacks and errors as V8, Babel, esbuild and TypeScript print them, read into places in the project."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from ....core.domain import StackFrame
from ..cleaning import inside, line_of
from .node_files import is_file

MOST_FRAMES = 30
_FRAME = re.compile(
    r"^\s*at (?:(?P<function>[^\n(]{1,300}?) \()?(?:async )?(?P<file>[^\n()]{1,1000}?):(?P<line>\d{1,9}):\d{1,9}\)?\s*$"
)
_CODE_FRAME = re.compile(r"^\s*+(?:(?:>\s*+)?\d*+\s*+[|│].*|\^++\s*|[╭╰┌└].*|(?:,-++\[|`-{3}|:\s*+\^).*)$")
_DRAWN = re.compile(r"[|│^╭╰┌└]")
_BLANK_LINES = re.compile(r"\n\s*\n(?:\s*\n)+")
_BESIDE = re.compile(
    r"^(?:file://)?(?P<file>/[^\n:]{1,1000}|[^\s:]{1,1000}\.\w+):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?$"
)
_PLACES = (
    re.compile(r"SyntaxError: (?P<file>/[^\n:]{1,1000}): [^\n]{0,500}?\((?P<line>\d{1,9}):(?P<column>\d{1,9})\)"),
    re.compile(
        r"(?<![^\s:()\[\]])(?P<file>[^\s:()\[\]]{1,1000}\.[cm]?[jt]sx?)"
        r":(?P<line>\d{1,9}):(?P<column>\d{1,9})(?: - |: )error",
        re.I,
    ),
    re.compile(
        r"(?<![^\s:()\[\]])(?P<file>[^\s:()\[\]]{1,1000}\.[cm]?[jt]sx?)"
        r"\((?P<line>\d{1,9}),(?P<column>\d{1,9})\): error"
    ),
    re.compile(r"[╭┌,][─-]++\[ ?(?P<file>[^\n:\]]{1,1000}):(?P<line>\d{1,9}):(?P<column>\d{1,9})"),
)
_SEEN_FROM = re.compile(
    r"(?:Cannot find (?:module|package) '[^'\n]*' (?:imported )?from|Does the file exist\?|imported by) '?"
    r"(?P<file>/?[^\s'\n]+)"
)


@dataclass(frozen=True)
class Places:
    """Turns the paths of a run into project-relative ones. ``folder`` is where a package of the project lies."""

    root: Path
    prefixes: tuple[str, ...]
    named: bool = True
    """Whether the functions' names in stacks are to be trusted: Jest's source maps put those of the callees there."""
    _known: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    _read: dict[str, StackFrame | None] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, root: Path, *, named: bool = True) -> Places:
        """Both the path as given and the real one count: Node prints the real one."""
        return cls(root, tuple(dict.fromkeys(f"{str(path).rstrip('/')}/" for path in (root, root.resolve()))), named)

    def relative(self, path: object) -> str | None:
        """The project-relative path with ``/``, or ``None`` for what lies outside or in ``node_modules``."""
        if not isinstance(path, str) or not path:
            return None
        if path not in self._known:
            self._known[path] = self._relative(path)
        return self._known[path]

    def _relative(self, path: str) -> str | None:
        plain = unquote(path.removeprefix("file://")) if path.startswith("file://") else path
        plain = plain.partition("?")[0].replace("\\", "/")
        for prefix in self.prefixes:
            if plain.startswith(prefix):
                return _own(plain[len(prefix) :])
        if plain.startswith(("/", "node:", "../")) or ":" in plain:
            return None
        inner = _own(plain)
        return inner if inner and is_file(self.root / inner) else None

    def frames(self, stack: str) -> tuple[StackFrame, ...]:
        """The frames in the project, the innermost last."""
        found = [frame for line in stack.split("\n") if "at " in line and (frame := self._frame(line))]
        return tuple(reversed(found[:MOST_FRAMES]))

    def _frame(self, line: str) -> StackFrame | None:
        """The place that a line of a stack names; the tests of one file share most of theirs."""
        if line not in self._read:
            match = _FRAME.match(line) if len(line) < 2_000 and "/node_modules/" not in line else None
            file = self.relative(match["file"]) if match else None
            named = _function(match["function"]) if match and self.named else None
            self._read[line] = StackFrame(file, line_of(int(match["line"])), named) if match and file else None
        return self._read[line]


def _own(path: str) -> str | None:
    """The path if it lies in the project and is not of an installed package."""
    return None if "node_modules" in PurePosixPath(path).parts else inside(path)


def _function(name: str | None) -> str | None:
    """The plain name: no receiver, no ``async``, none for what V8 has no name for."""
    if not name:
        return None
    plain = re.sub(r" \[as [^\]]*\]$", "", name.removeprefix("async ").removeprefix("new ")).rpartition(".")[2]
    return None if plain in ("<anonymous>", "") else plain


def without_stack(text: str) -> str:
    """What stands before the first frame of a stack, code frames left out."""
    kept: list[str] = []
    for line in text.split("\n"):
        if "at " in line and line.lstrip().startswith("at ") and _FRAME.match(line[:2_000]):
            break
        kept.append(line)
    return "\n".join(kept).strip("\n").rstrip()


def without_code_frame(text: str) -> str:
    """The text without the lines that quote source code, and without repeated blank lines."""
    if _DRAWN.search(text):
        text = "\n".join(line for line in text.split("\n") if not _CODE_FRAME.match(line))
    return (_BLANK_LINES.sub("\n\n", text) if "\n\n" in text else text).strip()


@dataclass(frozen=True)
class Place:
    """Where a file could not be loaded."""

    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


def load_place(places: Places, text: str, default: str | None) -> Place:
    """The place in the project that an error of loading points at: what the compiler says, else the innermost frame."""
    for expression in _PLACES:
        for match in expression.finditer(text[:20_000]):
            if file := places.relative(match["file"]):
                return Place(file, line_of(int(match["line"])), int(match["column"]))
    for line in text.split("\n")[:200]:
        beside = _BESIDE.match(line.strip()) if len(line) < 1_200 else None
        if beside and (file := places.relative(beside["file"])):
            return Place(file, line_of(int(beside["line"])), int(beside["column"]) if beside["column"] else None)
    frames = places.frames(text)
    if frames:
        return Place(frames[-1].file, frames[-1].line)
    seen = _SEEN_FROM.search(text[:20_000])
    return Place((places.relative(seen["file"]) if seen else None) or default)
