"""What the suite does before anything is changed, measured in the runner itself: who fails, how, where, how fast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...core.domain import TestFailure
from ..localize.coverage import Suspicion, normalised, ochiai, with_frames
from .model import Answer, Evidence, Lines, Opened, Raised, Runner, TestRun, Trial

_MOST_TRACED = 400
_SLOWEST = 10.0
_QUICKEST_LIMIT = 0.15
_TRACED_LIMIT = 0.5


@dataclass(frozen=True)
class Baseline:
    """The start of a search. ``failing`` may hold files that cannot be collected; ``cold``: only a fresh import can tell."""

    failing: tuple[str, ...]
    passing: tuple[str, ...]
    runs: tuple[TestRun, ...]
    evidence: Evidence
    limit: float
    cold: bool
    executions: int

    def signature(self, test: str) -> object:
        """How ``test`` fails."""
        return next((run.error.signature for run in self.runs if run.id == test and run.error), None)

    def seconds(self, test: str) -> float:
        return next((run.seconds for run in self.runs if run.id == test), 0.0)


def measure(
    runner: Runner,
    opened: Opened,
    failing: Sequence[TestFailure],
    passed: Sequence[str],
    seconds: float,
    may_edit: Callable[[str], bool],
) -> Baseline:
    """Run the failing tests and those that passed, all with coverage; at most about a third of ``seconds``."""
    wanted = _resolved([failure.test_id for failure in failing], opened)
    cold = not opened.items or any(name not in set(opened.items) for name in wanted)
    trial = Trial(wanted, cover=True, stop=False, limit=_TRACED_LIMIT, hangs=2, total=seconds / 4, cold=cold)
    answer = _ask(runner, trial)
    runs = {run.id: run for run in answer.runs}
    failing_ids = tuple(name for name in wanted if name not in runs or runs[name].outcome == "failed")
    good = [name for name in _resolved(passed, opened) if name in set(opened.items) and name not in failing_ids]
    good += [name for name, run in runs.items() if run.outcome == "passed" and name not in good]
    passing_runs = _passing(runner, _nearest_first(good, wanted), seconds)
    errors = _errors(failing_ids, runs, opened)
    bad = [runs[name].lines for name in failing_ids if name in runs]
    good_lines = [run.lines for run in passing_runs if run.outcome == "passed"]
    evidence = Evidence(errors, suspicion(bad, good_lines, errors, may_edit))
    passing = tuple(run.id for run in passing_runs if run.outcome == "passed")
    every = (*runs.values(), *passing_runs)
    done = [r.seconds for r in every if not _hung(r)]
    return Baseline(failing_ids, passing, every, evidence, time_limit(done), cold, len(every))


def time_limit(durations: Sequence[float]) -> float:
    """Processor seconds that one test of a candidate may take, from what tests that ended took."""
    return min(_SLOWEST, max(_QUICKEST_LIMIT, 8 * max(durations, default=0.0)))


def _hung(run: TestRun) -> bool:
    return run.error is not None and run.error.type == "Hang"


def _ask(runner: Runner, trial: Trial) -> Answer:
    return runner.wait(runner.submit(trial)) if trial.tests else Answer("ended")


def _passing(runner: Runner, names: list[str], seconds: float) -> list[TestRun]:
    """Runs of the tests that passed: the nearest ones with coverage, the rest without."""
    traced, rest = tuple(names[:_MOST_TRACED]), tuple(names[_MOST_TRACED:])
    limit = min(_SLOWEST, seconds / 12)
    runs = list(_ask(runner, Trial(traced, cover=True, stop=False, limit=limit, total=seconds / 5, hangs=9)).runs)
    seen = {run.id for run in runs}
    left = tuple(name for name in (*traced, *rest) if name not in seen)
    return runs + list(_ask(runner, Trial(left, stop=False, limit=limit, total=seconds / 5, hangs=9)).runs)


def _nearest_first(names: list[str], failing: Sequence[str]) -> list[str]:
    files = {name.split("::", 1)[0] for name in failing}
    return sorted(names, key=lambda name: name.split("::", 1)[0] not in files)


def _resolved(names: Sequence[str], opened: Opened) -> tuple[str, ...]:
    """Ids as the runner knows them: the framework's own, or those whose end is the same."""
    known = set(opened.items)
    by_end: Callable[[str], list[str]] = lambda name: [i for i in opened.items if i.endswith("/" + name) or name.endswith("/" + i)]
    found = []
    for name in names:
        matches = [] if name in known or "::" not in name else by_end(name)
        found.append(matches[0] if len(matches) == 1 else name)
    return tuple(dict.fromkeys(found))


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
