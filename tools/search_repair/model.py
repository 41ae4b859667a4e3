"""The words between the parts of a search: a *generator* makes candidates, a *runner* tries them, a *strategy* chooses.

A further language is a further generator and runner; strategy and ranking stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Lines = Mapping[str, frozenset[int]]
"""Executed lines (1-based) by project-relative file."""


@dataclass(frozen=True)
class Splice:
    """Characters ``start`` up to ``end`` of a file's text become ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Candidate:
    """Splices in one file, in order and apart. ``score`` orders candidates, highest first; ``risk`` is what tells
    against a plausible one (0 none): it deletes, returns constants, is a tautology."""

    path: str
    splices: tuple[Splice, ...]
    operator: str
    line: int
    score: float
    risk: float = 0.0


@dataclass(frozen=True)
class Raised:
    """What a failing test raised. ``frames`` are (file, line, function) in the project, innermost last; ``names`` are
    what the object at hand does have, for errors that miss a name."""

    type: str
    message: str
    frames: tuple[tuple[str, int, str], ...] = ()
    names: tuple[str, ...] = ()
    syntax: bool = False

    @property
    def signature(self) -> tuple[str, str, tuple[str, int, str] | None]:
        """Equal for errors that look the same from outside."""
        return self.type, self.message, self.frames[-1] if self.frames else None


@dataclass(frozen=True)
class TestRun:
    """What one test did. ``lines`` is filled when coverage was asked for."""

    __test__ = False

    id: str
    outcome: str
    seconds: float
    error: Raised | None = None
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A candidate as a runner takes it: a whole file's new text, and the one top-level statement that differs.

    ``old`` and ``new`` are that statement's text and ``line`` its first line; ``None`` where more than that differs.
    """

    path: str
    source: str
    old: str | None = None
    new: str | None = None
    line: int = 1


@dataclass(frozen=True)
class Trial:
    """A request to run ``tests`` with ``changes``: the first ``probes`` of them always, the rest when those pass.

    ``limit`` is processor seconds a test (``limits``, where given, those of each), ``total`` wall seconds for all;
    after ``hangs`` tests that ran out of time the rest is left. ``cold`` asks for a fresh
    import, ``whole`` for a collection of everything, not of the files at hand.
    """

    tests: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    probes: int = 0
    stop: bool = True
    limit: float = 1.0
    total: float = 10.0
    hangs: int = 1
    limits: tuple[float, ...] = ()
    cover: bool = False
    cold: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Answer:
    """How a trial went: ``end`` is ``ended``, ``timeout`` or ``died``."""

    end: str
    runs: tuple[TestRun, ...] = ()


@dataclass(frozen=True)
class Opened:
    """What collecting the suite found: the ids of its tests and what could not be collected."""

    items: tuple[str, ...] = ()
    errors: tuple[tuple[str, Raised], ...] = ()
    files: tuple[str, ...] = ()


class Runner(Protocol):
    """Runs candidates on a project that stays loaded."""

    def open(self, overlay: Mapping[str, str]) -> Opened:
        """Load the project, with ``overlay`` (path to text) over its files."""
        ...

    def submit(self, trial: Trial) -> int:
        """Start a trial; its number."""
        ...

    def wait(self, number: int) -> Answer:
        """The answer to trial ``number``. Raises ``RunnerGone`` when the process is lost for good."""
        ...


class RunnerGone(Exception):
    """The runner's process cannot be started or kept alive; the message says what it printed last."""


@dataclass(frozen=True)
class Evidence:
    """What the failing tests showed: errors, and a suspiciousness in [0, 1] for lines of files."""

    errors: tuple[Raised, ...]
    suspicion: Mapping[str, Mapping[int, float]]


class Generator(Protocol):
    """Makes candidates for one language."""

    def candidates(self, sources: Mapping[str, str], evidence: Evidence) -> Iterator[Candidate]:
        """Distinct candidates that compile, most promising first. ``sources``: path to text."""
        ...

    def changes(self, path: str, text: str, base: str, candidate: Candidate | None = None) -> tuple[Change, ...]:
        """What shows ``text`` to a runner that has ``base`` loaded; ``candidate`` made it out of ``base``, if given."""
        ...


def apply(text: str, splices: Sequence[Splice]) -> str:
    """``text`` with all ``splices`` applied."""
    parts, position = [], 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*parts, text[position:]])
