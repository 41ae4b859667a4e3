"""What runs of a suite leave: raw results that wait to be parsed, failing tests run again, counts while they come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from ..core.domain import TestReport


@dataclass(frozen=True)
class RawPart:
    """What one framework's run left in the store: ``folder`` has its own results, the output, and the chosen ids."""

    framework: str
    folder: str
    root: str
    returncode: int
    seconds: float
    timed_out: bool
    truncated: bool
    exceeded: str = ""


@dataclass(frozen=True)
class RawRun:
    """A finished test run: one part for each framework that took part. ``chosen`` says that not all tests were run."""

    parts: tuple[RawPart, ...]
    chosen: bool = False

    @property
    def seconds(self) -> float:
        """Wall time of the tests themselves."""
        return sum(part.seconds for part in self.parts)


@dataclass(frozen=True)
class RanTests:
    """One framework's tests have just ended, whatever came of them: ``chosen`` says that not all were run, and
    ``passed`` and ``failed`` are what was counted while they ran."""

    framework: str
    chosen: bool
    passed: int
    failed: int
    seconds: float
    timed_out: bool


@dataclass(frozen=True)
class Alone:
    """Failing tests run again by themselves: what they said now, and the wall seconds that it cost."""

    report: TestReport
    seconds: float


@dataclass(frozen=True)
class Repeat:
    """Failing tests that are run again: first ``alone``, then, if some pass, behind the others. ``flaky`` pass both."""

    alone: Future[Alone]
    flaky: Future[frozenset[str]]


class Tally:
    """Tests passed and failed so far in one run: those of the framework that runs, and of those before it."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell = tell
        self._before = (0, 0)

    def tell(self, now: tuple[int, int]) -> None:
        """``now`` is what the framework that runs says."""
        self._tell(self._before[0] + now[0], self._before[1] + now[1])

    def add(self, now: tuple[int, int]) -> None:
        """The framework that runs has ended."""
        self._before = (self._before[0] + now[0], self._before[1] + now[1])
