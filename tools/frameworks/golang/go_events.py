"""The report that ``go_sink`` wrote, read into packages and tests, in one pass and in linear memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST_LINE = 4_000_000
LONGEST_PACKAGE = 500
"""Characters of an import path; every id repeats it."""
MOST_TEXT = 100_000
"""Characters of one test's or one build's output that are kept."""
_HEADING = re.compile(r"# (\S+)(?: \[\S+\])?$")
_BROKEN = re.compile(r"FAIL\t(\S+) \[(?:build|setup) failed\]$")


@dataclass(slots=True)
class Test:
    """One test or subtest that did not simply pass; ``state`` is ``fail``, ``skip`` or ``""`` while it runs."""

    state: str = ""
    paused: bool = False
    text: list[str] | None = None
    size: int = 0


@dataclass(slots=True)
class Package:
    """One package's run."""

    passed: dict[str, None] = field(default_factory=dict)
    """The names of the tests that passed."""
    tests: dict[str, Test] = field(default_factory=dict)
    """All others."""
    parents: set[str] = field(default_factory=set)
    """The names of the tests of which subtests began while they ran."""
    output: Test = field(default_factory=Test)
    """What was printed outside any test, and how the package ended."""
    elapsed: float = 0.0
    build: str = ""
    """The import path whose build failed, as ``go test`` names it."""
    silence: float = 0.0
    """Seconds after which our runner ended it for giving no sign of life."""

    def test(self, name: str) -> Test:
        """The test ``name``, which is under way again if it had passed."""
        found = self.tests.get(name)
        if found is None:
            self.passed.pop(name, None)
            found = self.tests[name] = Test()
        return found

    def passes(self, names: list[str]) -> None:
        """These tests have passed, whatever they did before."""
        for name in self.tests.keys() & names:
            del self.tests[name]
        self.passed.update(dict.fromkeys(names))


@dataclass
class Stream:
    """Everything that one run said. ``builds`` maps what was built to the compiler's words."""

    packages: dict[str, Package] = field(default_factory=dict)
    builds: dict[str, Test] = field(default_factory=dict)
    by_package: dict[str, Test] = field(default_factory=dict)
    """The first of ``builds`` for each package, whatever it was built for; known after ``split_loose``."""
    loose: Test = field(default_factory=Test)
    """Lines that are no events: go's own words, and builds before Go 1.24."""

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record of the report."""
        action, name, text = record.get("Action"), _string(record.get("Test")), _string(record.get("Output"))
        if action == "build-output":
            append(self.builds.setdefault(_string(record.get("ImportPath")), Test()), text)
            return
        path = _string(record.get("Package"))[:LONGEST_PACKAGE]
        if not path or not isinstance(action, str):
            return
        package = self.packages.get(path) or self.packages.setdefault(path, Package())
        names = record.get("Tests")
        if action == "passed":
            package.passes(names if isinstance(names, list) and set(map(type, names)) == {str} else [])
        elif action == "parent":
            package.parents.add(name)
        elif action == "hang":
            package.silence = _seconds(record.get("Elapsed"))
        elif action == "pass" and name:
            package.passes([name])
        else:
            _take(package, package.test(name) if name else package.output, action, text)
            if not name and action != "output":
                package.elapsed = _seconds(record.get("Elapsed")) or package.elapsed
                package.build = _string(record.get("FailedBuild")) or package.build

    def split_loose(self) -> None:
        """Move the compiler's words that stand as text (before Go 1.24, or on stderr) to their builds, and note the
        packages that go names as broken in words alone."""
        current: Test | None = None
        for line in "".join(self.loose.text or ()).splitlines():
            heading, broken = _HEADING.match(line), _BROKEN.match(line)
            if heading:
                current = self.builds.setdefault(heading[1], Test())
            elif broken:
                package = self.packages.setdefault(broken[1], Package())
                package.build = package.build or broken[1]
            elif current is not None and not line.startswith(("FAIL", "ok ", "? ", "go: ")):
                append(current, line + "\n")
        for name, test in self.builds.items():
            self.by_package.setdefault(name.partition(" ")[0], test)


def _take(package: Package, test: Test, action: str, text: str) -> None:
    test.paused = action == "pause"
    if text:
        append(test, text)
    if action in ("pass", "fail", "skip", "inherited"):
        test.state = "fail" if action == "inherited" else action


def append(test: Test, text: str) -> None:
    """Add ``text`` to what ``test`` printed, up to ``MOST_TEXT`` characters."""
    if test.size < MOST_TEXT:
        test.text = test.text if test.text is not None else []
        test.text.append(text[: MOST_TEXT - test.size])
        test.size += len(text)


def read_stream(path: Path) -> Stream:
    """The stream in the file; an empty one where there is no file."""
    from pydantic_core import from_json

    stream = Stream()
    for line in _lines(path):
        record = _decoded(line, from_json) if line.startswith(b"{") else None
        if record is not None:
            stream.add(record)
        else:
            append(stream.loose, line.decode("utf-8", "replace"))
    return stream


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line
    except OSError:
        return


def _decoded(line: bytes, decode: Callable[[bytes], Any]) -> dict[str, Any] | None:
    try:
        record = decode(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "Action" in record else None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e9 else 0.0
