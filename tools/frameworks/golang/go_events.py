"""The JSON stream of ``go test`` read into packages and tests, in one pass and in linear memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST_LINE = 1_000_000
MOST_TEXT = 100_000
"""Characters of one test's or one build's output that are kept."""
_PLAIN = re.compile(
    rb'\{"Time":"[^"]*","Action":"(\w+)","Package":"([^"\\]*)"(?:,"Test":"([^"\\]*)")?(?:,"Elapsed":([0-9.e+-]+))?\}\n?'
)
_HEADING = re.compile(r"# (\S+)(?: \[\S+\])?$")


@dataclass(slots=True)
class Test:
    """One test or subtest. ``state`` is ``pass``, ``fail``, ``skip`` or ``""`` while it runs."""

    state: str = ""
    paused: bool = False
    text: list[str] | None = None
    size: int = 0


@dataclass(slots=True)
class Package:
    """One package's run."""

    tests: dict[str, Test] = field(default_factory=dict)
    output: Test = field(default_factory=Test)
    """What was printed outside any test, and how the package ended."""
    elapsed: float = 0.0
    build: str = ""
    """The import path whose build failed, as ``go test`` names it."""
    silence: float = 0.0
    """Seconds after which our runner ended it for giving no sign of life."""


@dataclass
class Stream:
    """Everything that one run said. ``builds`` maps what was built to the compiler's words."""

    packages: dict[str, Package] = field(default_factory=dict)
    builds: dict[str, Test] = field(default_factory=dict)
    loose: Test = field(default_factory=Test)
    """Lines that are no events: go's own words, and builds before Go 1.24."""

    def add_line(self, line: bytes) -> None:
        """Take in one line of the report."""
        plain = _PLAIN.fullmatch(line)
        if plain:
            action, package, test, elapsed = plain.groups()
            self._event(action.decode(), package.decode("utf-8", "replace"), _text(test), elapsed)
            return
        record = _decoded(line)
        if record is None:
            append(self.loose, line.decode("utf-8", "replace"))
            return
        action, package, test, text = (_string(record.get(key)) for key in ("Action", "Package", "Test", "Output"))
        if action == "build-output":
            append(self.builds.setdefault(_string(record.get("ImportPath")), Test()), text)
        elif action == "output" and package:
            known = self.packages.setdefault(package, Package())
            append(known.tests.setdefault(test, Test()) if test else known.output, text)
        elif action == "hang":
            self.packages.setdefault(package, Package()).silence = _seconds(record.get("Elapsed"))
        elif package:
            self._event(action, package, test, record.get("Elapsed"))
            self.packages[package].build = _string(record.get("FailedBuild")) or self.packages[package].build

    def _event(self, action: str, package: str, name: str, elapsed: object) -> None:
        known = self.packages.get(package) or self.packages.setdefault(package, Package())
        if name:
            test = known.tests.get(name) or known.tests.setdefault(name, Test())
            test.paused = action == "pause"
        else:
            test = known.output
            known.elapsed = _seconds(elapsed)
        if action in ("pass", "fail", "skip"):
            test.state = action
            if action == "pass":
                test.text = None

    def split_loose(self) -> None:
        """Move the compiler's words that stand as text (before Go 1.24, or on stderr) to their builds."""
        current: Test | None = None
        for line in "".join(self.loose.text or ()).splitlines():
            heading = _HEADING.match(line)
            if heading:
                current = self.builds.setdefault(heading[1], Test())
            elif current is not None and not line.startswith(("FAIL", "ok ", "? ", "go: ")):
                append(current, line + "\n")


def append(test: Test, text: str) -> None:
    """Add ``text`` to what ``test`` printed, up to ``MOST_TEXT`` characters."""
    if test.size < MOST_TEXT:
        test.text = test.text if test.text is not None else []
        test.text.append(text[: MOST_TEXT - test.size])
        test.size += len(text)


def read_stream(path: Path) -> Stream:
    """The stream in the file; an empty one where there is no file."""
    stream = Stream()
    for line in _lines(path):
        stream.add_line(line)
    return stream


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line
    except OSError:
        return


def _decoded(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"{"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("Action"), str) else None


def _text(data: bytes | None) -> str:
    return data.decode("utf-8", "replace") if data else ""


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    try:
        return float(value) if isinstance(value, (bytes, int, float)) else 0.0
    except ValueError:
        return 0.0
