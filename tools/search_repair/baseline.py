"""What the suite does before anything is changed, measured in the runner itself: who fails, how, where, how fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...core.domain import TestFailure
from ..localize.coverage import Suspicion, normalised, ochiai, with_frames
from .model import Answer, Evidence, Lines, Opened, Raised, Runner, TestRun, Trial

_MOST_TRACED = 400
_SLOWEST = 10.0
_QUICKEST_LIMIT = 0.06
_TRACED_LIMIT = 0.5
_UNTRACED_LIMIT = 3.0


@dataclass(frozen=True)
class Baseline:
    """The start of a search.

    ``failing`` may hold files that cannot be collected; then ``cold`` says that only a fresh import can tell.

    ``sequence`` holds what has to run to see the failures: the failing tests, or all of their files where one test
    fails because of another.
    """

    failing: tuple[str, ...]
    passing: tuple[str, ...]
    runs: Mapping[str, TestRun]
    evidence: Evidence
    limit: float
    cold: bool = False
    executions: int = 0
    sequence: tuple[str, ...] = ()

    def seconds(self, test: str) -> float:
        """How long ``test`` took; 0 when it was not run."""
        return self.runs[test].seconds if test in self.runs else 0.0

    def limit_of(self, test: str) -> float:
        """Processor seconds for one failing test: by its own time where it ended, else the common limit."""
        if test not in self.runs or self.hangs(test):
            return self.limit
        ended = sorted(run.seconds for run in self.runs.values() if not _hung(run))
        usual = ended[len(ended) // 2] if ended else 0.0
        return min(self.limit, max(_QUICKEST_LIMIT, 8 * self.seconds(test), 8 * usual))

    def hangs(self, test: str) -> bool:
        return test in self.runs and _hung(self.runs[test])


def measure(
    runner: Runner,
    opened: Opened,
    failing: Sequence[TestFailure],
    passed: Sequence[str],
    seconds: float,
    may_edit: Callable[[str], bool],
) -> Baseline:
    """Run the failing tests and those that passed, with coverage; at most about two thirds of ``seconds``."""
    items = set(opened.items)
    wanted = _resolved([failure.test_id for failure in failing], opened)
    cold = any(name not in items for name in wanted)
    runs = _runs(
        runner, Trial(wanted, cover=True, stop=False, limit=_TRACED_LIMIT, hangs=2, total=seconds / 4, cold=cold)
    )
    alone = {name for name in wanted if name not in runs or runs[name].outcome == "failed"}
    sequence: tuple[str, ...] = ()
    if not alone and items:
        sequence = _same_files(opened.items, wanted)
        runs = _runs(runner, Trial(sequence, cover=True, stop=False, limit=_TRACED_LIMIT, total=seconds / 4))
        alone = {name for name in wanted if name not in runs or runs[name].outcome == "failed"}
    failing_ids = tuple(name for name in wanted if name in alone)
    good = [name for name in _resolved(passed, opened) if name in items and name not in alone]
    good += [name for name, run in runs.items() if run.outcome == "passed" and name not in good]
    passing = _passing(runner, _nearest_first(good, wanted), seconds)
    durations = [run.seconds for run in (*runs.values(), *passing.values()) if not _hung(run)]
    durations += _slow_or_endless(runner, [name for name in failing_ids if name in runs and _hung(runs[name])], cold)
    errors = _errors(failing_ids, runs, opened)
    scores = suspicion(
        [runs[name].lines for name in failing_ids if name in runs],
        [run.lines for run in passing.values() if run.outcome == "passed"],
        errors,
        may_edit,
    )
    return Baseline(
        failing=failing_ids,
        passing=tuple(name for name, run in passing.items() if run.outcome == "passed"),
        runs={**passing, **runs},
        evidence=Evidence(errors, scores),
        limit=time_limit(durations),
        cold=cold,
        executions=len(runs) + len(passing),
        sequence=sequence,
    )


def _runs(runner: Runner, trial: Trial) -> dict[str, TestRun]:
    answer = runner.wait(runner.submit(trial)) if trial.tests else Answer("ended")
    return {run.id: run for run in answer.runs}


def _same_files(items: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    files = {name.split("::", 1)[0] for name in names}
    return tuple(item for item in items if item.split("::", 1)[0] in files)


def _slow_or_endless(runner: Runner, hanging: list[str], cold: bool) -> list[float]:
    """Tracing slows a test down: whether one that ran out of time ends without it, and after how long."""
    if not hanging:
        return []
    runs = _runs(runner, Trial((hanging[0],), limit=_UNTRACED_LIMIT, total=3 * _UNTRACED_LIMIT, cold=cold))
    return [run.seconds for run in runs.values() if not _hung(run)]


def time_limit(durations: Sequence[float]) -> float:
    """Processor seconds that one test of a candidate may take, from what tests that ended took."""
    return min(_SLOWEST, max(_QUICKEST_LIMIT, 8 * max(durations, default=0.0)))


def _hung(run: TestRun) -> bool:
    return run.error is not None and run.error.type == "Hang"


def _passing(runner: Runner, names: list[str], seconds: float) -> dict[str, TestRun]:
    """Runs of the tests that passed: the nearest ones with coverage, the rest without."""
    limit = min(_SLOWEST, seconds / 12)
    traced = tuple(names[:_MOST_TRACED])
    runs = _runs(runner, Trial(traced, cover=True, stop=False, limit=limit, total=seconds / 5, hangs=9))
    left = tuple(name for name in names if name not in runs)
    return {**runs, **_runs(runner, Trial(left, stop=False, limit=limit, total=seconds / 5, hangs=9))}


def _nearest_first(names: list[str], failing: Sequence[str]) -> list[str]:
    files = {name.split("::", 1)[0] for name in failing}
    return sorted(names, key=lambda name: name.split("::", 1)[0] not in files)


def _resolved(names: Sequence[str], opened: Opened) -> tuple[str, ...]:
    """Ids as the runner knows them: the framework's own, or those whose end is the same."""
    known = set(opened.items)
    found = []
    for name in names:
        matches = [] if name in known or "::" not in name else _with_the_same_end(name, opened.items)
        found.append(matches[0] if len(matches) == 1 else name)
    return tuple(dict.fromkeys(found))


def _with_the_same_end(name: str, items: Sequence[str]) -> list[str]:
    return [item for item in items if item.endswith("/" + name) or name.endswith("/" + item)]


def _errors(failing: Sequence[str], runs: dict[str, TestRun], opened: Opened) -> tuple[Raised, ...]:
    found = [error for name in failing if name in runs and (error := runs[name].error)]
    found += [error for _, error in opened.errors]
    return tuple({error.signature: error for error in found}.values())


def suspicion(
    failing: Sequence[Lines], passing: Sequence[Lines], errors: Sequence[Raised], may_edit: Callable[[str], bool]
) -> Suspicion:
    """Scores of the lines that may be edited: by coverage, then by the stacks of ``errors``."""
    bad, good = [lines for lines in failing if lines], [lines for lines in passing if lines]
    scores = {file: lines for file, lines in (ochiai(bad, good) if bad else {}).items() if may_edit(file)}
    stacks = [[(file, line) for file, line, _ in error.frames if may_edit(file)] for error in errors]
    return with_frames(normalised(scores), stacks)
