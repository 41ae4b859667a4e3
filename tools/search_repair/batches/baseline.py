"""What the tests do on a bench before anything is changed: which fail there, which pass, how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Answer
from ..variants import Bench

_LONGEST_FIRST = 20.0
_LEAST, _MOST = 0.5, 10.0
_USUAL = 1.5
"""Seconds for tests of which nothing is known, because they hang."""
_TIMES = 12.0
"""How many times as long as before a test may take; the machine may be busy."""


@dataclass(frozen=True)
class Baseline:
    """``failing`` fail on the bench, quickest first, and ``limit`` is what running them may take, in wall seconds."""

    failing: tuple[str, ...]
    limit: float
    executions: int


NOT_MEASURED = Baseline((), 0.0, 0)


@dataclass(frozen=True)
class Suite:
    """The tests that pass on the bench, and what running them all may take, in wall seconds."""

    passing: tuple[str, ...]
    limit: float
    executions: int


def measure(bench: Bench, failing: Sequence[str], seconds: float) -> Baseline:
    """Run the failing tests with nothing changed. Those that the bench cannot run, or that pass there, are left out."""
    answer = bench.run(0, failing, min(_LONGEST_FIRST, seconds / 4))
    taken = {run.id: run.seconds for run in answer.runs}
    fails = [run.id for run in answer.runs if run.outcome not in ("passed", "skipped")]
    if answer.end != "ended":
        fails += [name for name in failing if name not in taken]
    ended = [run.seconds for run in answer.runs if run.outcome != "lost"]
    hangs = answer.end == "timeout"
    limit = max(_USUAL if hangs else _LEAST, min(_MOST, _TIMES * sum(ended)))
    lost = {run.id for run in answer.runs if run.outcome == "lost"}
    fails.sort(key=lambda name: (name in lost or name not in taken, round(taken.get(name, 0.0), 2)))
    return Baseline(tuple(fails), limit, len(answer.runs))


def measure_suite(bench: Bench, passed: Sequence[str], failing: Sequence[str], seconds: float) -> Suite:
    """Run what passed, with nothing changed."""
    own = frozenset(failing)
    answer: Answer = bench.run(0, [name for name in passed if name not in own], min(4 * _LONGEST_FIRST, seconds / 3))
    passing = tuple(run.id for run in answer.runs if run.outcome == "passed")
    taken = sum(run.seconds for run in answer.runs)
    return Suite(passing, max(2.0, min(4 * _MOST, 6 * taken)), len(answer.runs))
